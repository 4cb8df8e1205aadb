import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { CASE_MEANING, CASES, classify, type PairCase } from "./case.ts";
import type { VerdictVector } from "./turn.ts";

const [t, f, na] = [true, false, null];
const pairOfVectors = fc.nat({ max: 7 }).chain((n) => fc.tuple(vector(n), vector(n)));
function vector(n: number): fc.Arbitrary<VerdictVector> {
  return fc.array(fc.constantFrom(true, false, null), { minLength: n, maxLength: n });
}

/** The table of spec/method.md word for word, with sets; every condition is tried, so that overlaps show. */
function casesBySets(first: VerdictVector, second: VerdictVector): PairCase[] {
  const judged = new Set([...first.keys()].filter((index) => first[index] !== null && second[index] !== null));
  const satisfied = (v: VerdictVector): Set<number> => new Set([...judged].filter((index) => v[index] === true));
  let [A, B] = [satisfied(first), satisfied(second)];
  if (A.size < B.size) [A, B] = [B, A];
  const disjoint = A.isDisjointFrom(B);
  const equal = A.size === B.size && A.isSubsetOf(B);
  const conditions: Record<PairCase, boolean> = {
    identical: equal,
    1: A.size === B.size && disjoint && !equal,
    2: A.size === B.size && !equal && !disjoint,
    3: A.size > B.size && B.size > 0 && disjoint,
    4: A.size > B.size && !disjoint && !B.isSubsetOf(A),
    5: A.size > B.size && B.isSubsetOf(A) && A.size < judged.size,
    6: A.size > B.size && B.isSubsetOf(A) && A.size === judged.size,
  };
  return (["identical", ...CASES] as const).filter((name) => conditions[name]);
}

describe("classify", () => {
  it.each<[VerdictVector, VerdictVector, PairCase]>([
    [[t, f], [t, f], "identical"],
    [[f, f], [f, f], "identical"],
    [[t, f], [f, t], 1],
    [[t, t, f], [t, f, t], 2],
    [[t, t, f], [f, f, t], 3],
    [[t, t, t, f], [t, f, f, t], 4],
    [[t, t, f], [t, f, f], 5],
    [[t, f], [f, f], 5],
    [[t, t], [t, f], 6],
    [[t, t], [f, f], 6],
    [[], [], "identical"],
  ])("puts %j and %j in case %s", (first, second, expected) => {
    expect(classify(first, second)).toBe(expected);
  });

  it("leaves out constraints that are null in either", () => {
    expect(classify([t, na, t], [f, t, na])).toBe(6);
    expect(classify([na, t], [f, na])).toBe("identical");
  });

  it("agrees with the definitions by sets, which put every pair in exactly one case", () => {
    fc.assert(
      fc.property(pairOfVectors, ([first, second]) => {
        expect(casesBySets(first, second)).toEqual([classify(first, second)]);
      }),
      { numRuns: 20_000 },
    );
  });

  it("is symmetric", () => {
    fc.assert(
      fc.property(pairOfVectors, ([first, second]) => {
        expect(classify(second, first)).toBe(classify(first, second));
      }),
    );
  });

  it("refuses vectors of different lengths", () => {
    expect(() => classify([t], [t, f])).toThrow("verdict vectors of 1 and 2 constraints");
  });

  it("has a meaning for every case", () => {
    expect(Object.keys(CASE_MEANING).sort()).toEqual([...CASES.map(String), "identical"].sort());
  });
});

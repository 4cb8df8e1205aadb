import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { classify } from "./case.ts";
import { differing, gap } from "./gap.ts";

const verdict = fc.constantFrom(true, false, null);
const pairOfVectors = fc.array(fc.tuple(verdict, verdict), { maxLength: 8 }).map((cells) => ({
  first: cells.map(([a]) => a),
  second: cells.map(([, b]) => b),
}));

describe("gap", () => {
  it("counts what only one of the two satisfies, and names it", () => {
    expect(gap([true, true, false, false], [true, false, true, false])).toBe(2);
    expect(differing([true, true, false, false], [true, false, true, false])).toEqual([1, 2]);
  });

  it("leaves out constraints that are null in either", () => {
    expect(gap([true, null, false], [null, false, true])).toBe(1);
  });

  it("is the size of the symmetric difference of the satisfied sets over the constraints judged in both", () => {
    fc.assert(
      fc.property(pairOfVectors, ({ first, second }) => {
        const judged = [...first.keys()].filter((index) => first[index] !== null && second[index] !== null);
        const A = new Set(judged.filter((index) => first[index]));
        const B = new Set(judged.filter((index) => second[index]));
        expect(gap(first, second)).toBe(A.symmetricDifference(B).size);
        expect(new Set(differing(first, second))).toEqual(A.symmetricDifference(B));
      }),
      { numRuns: 5000 },
    );
  });

  it("is symmetric, and 0 exactly for identical pairs", () => {
    fc.assert(
      fc.property(pairOfVectors, ({ first, second }) => {
        expect(gap(second, first)).toBe(gap(first, second));
        expect(gap(first, second) === 0).toBe(classify(first, second) === "identical");
      }),
    );
  });
});

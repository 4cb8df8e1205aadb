import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { classify } from "./case.ts";
import { countTurn, emptyCensus } from "./census.ts";
import { gap } from "./gap.ts";

const [t, f, na] = [true, false, null];

describe("census", () => {
  it("counts every pair of a turn once, in its case and gap", () => {
    const census = emptyCensus();
    countTurn(census, [
      [t, t],
      [t, f],
      [f, t],
      [t, t],
    ]);
    countTurn(census, [
      [t, na, t],
      [f, f, f],
    ]);
    expect(census).toEqual({
      pairs: 7,
      identical: 1,
      cases: { 1: 1, 2: 0, 3: 0, 4: 0, 5: 0, 6: 5 },
      gaps: { 1: 4, 2: 2 },
    });
  });

  it("has no pair in a turn of one response, and all six cases in an empty census", () => {
    const census = emptyCensus();
    countTurn(census, [[t]]);
    expect(census).toEqual({ pairs: 0, identical: 0, cases: { 1: 0, 2: 0, 3: 0, 4: 0, 5: 0, 6: 0 }, gaps: {} });
  });

  it("adds up", () => {
    const row = fc.array(fc.constantFrom(t, f, na), { minLength: 4, maxLength: 4 });
    fc.assert(
      fc.property(fc.array(row, { maxLength: 6 }), (vectors) => {
        const census = emptyCensus();
        countTurn(census, vectors);
        const sum = (counts: Record<string, number>): number => Object.values(counts).reduce((a, b) => a + b, 0);
        expect(census.pairs).toBe(vectors.flatMap((_, index) => vectors.slice(index + 1)).length);
        expect(census.identical + sum(census.cases)).toBe(census.pairs);
        expect(sum(census.gaps)).toBe(census.pairs - census.identical);
        const pairs = vectors.flatMap((a, i) =>
          vectors.slice(i + 1).map((b) => ({ name: classify(a, b), gap: gap(a, b) })),
        );
        expect(census.cases[3]).toBe(pairs.filter(({ name }) => name === 3).length);
        expect(census.gaps[2] ?? 0).toBe(pairs.filter((pair) => pair.gap === 2).length);
      }),
    );
  });
});

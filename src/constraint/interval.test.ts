import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { complementOf, contains, type Interval, intersection, normalise } from "./interval.ts";

const interval = fc
  .tuple(fc.nat(30), fc.option(fc.nat(12)))
  .map(([low, width]): Interval => [low, width === null ? null : low + width]);
const intervals = fc.array(interval, { maxLength: 6 });

describe("interval sets", () => {
  it("keep their members in normal form, which no two spellings share", () => {
    fc.assert(
      fc.property(intervals, fc.nat(60), (list, n) => {
        const set = normalise(list);
        expect(contains(set, n)).toBe(contains(list, n));
        for (let i = 1; i < set.length; i++) expect(set[i]![0]).toBeGreaterThan(set[i - 1]![1]! + 1);
      }),
      { numRuns: 20_000 },
    );
  });

  it("hold a number or leave it to the complement, never both, and complementing twice changes nothing", () => {
    fc.assert(
      fc.property(intervals, fc.nat(60), (list, n) => {
        const set = normalise(list);
        expect(contains(complementOf(set), n)).toBe(!contains(set, n));
        expect(complementOf(complementOf(set))).toEqual(set);
      }),
      { numRuns: 20_000 },
    );
  });

  it("intersect as sets do", () => {
    fc.assert(
      fc.property(intervals, intervals, fc.nat(60), (a, b, n) => {
        const both = intersection(normalise(a), normalise(b));
        expect(contains(both, n)).toBe(contains(a, n) && contains(b, n));
      }),
    );
  });

  it("turn exactly three into at most two or at least four", () => {
    expect(complementOf([[3, 3]])).toEqual([
      [0, 2],
      [4, null],
    ]);
  });

  it("refuse what is no interval of natural numbers", () => {
    expect(() => normalise([[3, 2]])).toThrow(RangeError);
    expect(() => normalise([[-1, 2]])).toThrow(RangeError);
    expect(() => normalise([[0.5, null]])).toThrow(RangeError);
  });
});

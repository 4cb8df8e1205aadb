import fc from "fast-check";
import { describe, expect, it } from "vitest";
import type { Verdict } from "../constraint/verdict.ts";
import { agreement, wilson } from "./agreement.ts";

const times = (count: number, pair: readonly [Verdict, Verdict]) => Array.from({ length: count }, () => pair);
const pair = fc.tuple(fc.constantFrom<Verdict>("pass", "fail", "na"), fc.constantFrom<Verdict>("pass", "fail", "na"));

describe("wilson", () => {
  it("is the published interval", () => {
    // The values of Newcombe 1998 (Statistics in Medicine 17), table I, method 3.
    const ends = (count: number, of: number) => {
      const { low, high } = wilson(count, of);
      return [low!.toFixed(4), high!.toFixed(4)];
    };
    expect(ends(81, 263)).toEqual(["0.2553", "0.3662"]);
    expect(ends(15, 148)).toEqual(["0.0624", "0.1605"]);
    expect(ends(0, 20)).toEqual(["0.0000", "0.1611"]);
    expect(ends(1, 29)).toEqual(["0.0061", "0.1718"]);
  });

  it("says nothing of nothing, and refuses more than all", () => {
    expect(wilson(0, 0)).toEqual({ count: 0, of: 0, share: null, low: null, high: null });
    expect(() => wilson(2, 1)).toThrow(RangeError);
  });
});

describe("agreement", () => {
  it("is Cohen's kappa of a known table", () => {
    // 20 both pass, 15 both fail, 5 and 10 apart: 0.70 observed, 0.50 by chance.
    const { share, kappa, confusion } = agreement([
      ...times(20, ["pass", "pass"]),
      ...times(5, ["pass", "fail"]),
      ...times(10, ["fail", "pass"]),
      ...times(15, ["fail", "fail"]),
    ]);
    expect(share).toBeCloseTo(0.7, 12);
    expect(kappa).toBeCloseTo(0.4, 12);
    expect(confusion.fail.pass).toBe(10);
  });

  it("has no kappa where chance explains all, or there is nothing", () => {
    expect(agreement(times(9, ["pass", "pass"]))).toMatchObject({ share: 1, kappa: null });
    expect(agreement([])).toMatchObject({ of: 0, share: null, kappa: null });
  });

  it("is the same whichever is called the first, and whatever the order", () => {
    fc.assert(
      fc.property(fc.array(pair, { minLength: 1, maxLength: 40 }), (pairs) => {
        const { share, kappa } = agreement(pairs);
        const turned = agreement(pairs.map(([first, second]) => [second, first] as const).reverse());
        expect(turned.share).toBe(share);
        if (kappa === null) expect(turned.kappa).toBeNull();
        else expect(turned.kappa).toBeCloseTo(kappa, 10);
        expect(share! >= 0 && share! <= 1 && (kappa ?? 0) <= 1 + 1e-12).toBe(true);
      }),
    );
  });
});

import fc from "fast-check";
import { describe, expect, it } from "vitest";
import type { Verdict } from "../constraint/verdict.ts";
import { majority, type Vote } from "./votes.ts";

const verdict = fc.constantFrom<Verdict>("pass", "fail", "na");
const votes = fc
  .array(verdict, { minLength: 1, maxLength: 9 })
  .filter((list) => list.length % 2 === 1)
  .map((list) => list.map((given, i): Vote => ({ verdict: given, reason: `${given} ${i}` })));

describe("majority", () => {
  it("is what more than half say, whatever their order; else na", () => {
    fc.assert(
      fc.property(votes, fc.nat(), (list, turn) => {
        const by = turn % list.length;
        const others = [...list.slice(by), ...list.slice(0, by)];
        const { verdict: outcome } = majority(list);
        expect(majority(others).verdict).toBe(outcome);
        const most = (["pass", "fail", "na"] as const).find(
          (one) => list.filter((vote) => vote.verdict === one).length > list.length / 2,
        );
        expect(outcome).toBe(most ?? "na");
      }),
    );
  });

  it("is the one vote there is, and never changes by one more for it", () => {
    fc.assert(
      fc.property(votes, (list) => {
        expect(majority(list.slice(0, 1))).toEqual(list[0]);
        const outcome = majority(list);
        if (!outcome.reason.startsWith("no majority"))
          expect(majority([...list, outcome]).verdict).toBe(outcome.verdict);
      }),
    );
  });

  it("keeps the reason of the first vote for it, and counts where there is none", () => {
    const cast = (...list: Verdict[]): Vote[] => list.map((given, i) => ({ verdict: given, reason: `r${i}` }));
    expect(majority(cast("fail", "pass", "pass"))).toEqual({ verdict: "pass", reason: "r1" });
    expect(majority(cast("pass", "fail", "na"))).toEqual({
      verdict: "na",
      reason: "no majority: pass 1, fail 1, na 1",
    });
    expect(() => majority([])).toThrow(RangeError);
  });
});

import fc from "fast-check";
import { describe, expect, it } from "vitest";
import type { Verdict } from "../constraint/verdict.ts";
import { type Trial, TrialDraw } from "./trial-draw.ts";

const item = { history: [], query: "q", response: "r", language: "en" } as const;
const trial = (id: string, verdict: Verdict | null): Trial => ({ id, item, verdict });

describe("TrialDraw", () => {
  it("takes as many that pass as that fail, as far as there are such, whatever the order", () => {
    const verdicts = fc.array(fc.constantFrom<Verdict | null>("pass", "fail", "na", null), { maxLength: 40 });
    fc.assert(
      fc.property(verdicts, fc.integer({ min: 1, max: 10 }), fc.nat(), (list, size, seed) => {
        const offers = list.map((verdict, i) => trial(`r${i}`, verdict));
        const drawn = (order: readonly Trial[]): Trial[] => {
          const draw = new TrialDraw(size, seed, "text");
          for (const one of order) draw.offer(one);
          return draw.trials();
        };
        const trials = drawn(offers);
        expect(drawn([...offers].reverse())).toEqual(trials);
        const of = (verdict: Verdict | null, among: readonly Trial[]) =>
          among.filter((one) => one.verdict === verdict).length;
        expect(of("na", trials)).toBe(0);
        const [pass, fail, open] = [of("pass", offers), of("fail", offers), of(null, offers)];
        expect(trials).toHaveLength(Math.min(size, pass + fail + open));
        const half = Math.floor(size / 2);
        expect(of("pass", trials)).toBeGreaterThanOrEqual(Math.min(pass, half));
        expect(of("fail", trials)).toBeGreaterThanOrEqual(Math.min(fail, half));
        expect(new Set(trials.map(({ id }) => id)).size).toBe(trials.length);
      }),
    );
  });
});

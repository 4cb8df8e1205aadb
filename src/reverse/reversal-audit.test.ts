import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { reverseText } from "../constraint/reverse-text.ts";
import type { Verdict } from "../constraint/verdict.ts";
import { codeVerdicts } from "../judge/turn-judge.ts";
import { ModelFailure } from "../model/model-failure.ts";
import { flipRate, NO_TRIALS } from "./reversal.ts";
import { addCounts, auditReversals, countTrial, type TextJudge } from "./reversal-audit.ts";
import type { Trial } from "./trial-draw.ts";

const verdict = fc.constantFrom<Verdict>("pass", "fail", "na");
const pairs = fc.array(fc.tuple(verdict, verdict), { maxLength: 30 });
const count = (list: readonly (readonly [Verdict, Verdict])[]) =>
  list.map(([original, reversed]) => countTrial(original, reversed)).reduce(addCounts, NO_TRIALS);

describe("the flip rate", () => {
  it("is the same of a reverse and its constraint as of the constraint and its reverse, and in any order", () => {
    fc.assert(
      fc.property(pairs, (list) => {
        const { judged, flipped } = count(list);
        const turned = count(list.map(([original, reversed]) => [reversed, original] as const).reverse());
        expect([turned.judged, turned.flipped]).toEqual([judged, flipped]);
        expect(flipped).toBeLessThanOrEqual(judged);
        expect(judged).toBe(list.filter(([a, b]) => a !== "na" || b !== "na").length);
      }),
    );
  });

  it("is 1 where exactly one always holds, and 0 where the two are judged alike", () => {
    const decided = fc.array(fc.constantFrom<Verdict>("pass", "fail"), { minLength: 1 });
    fc.assert(
      fc.property(decided, (list) => {
        expect(flipRate(count(list.map((one) => [one, one === "pass" ? "fail" : "pass"] as const)))).toBe(1);
        expect(flipRate(count(list.map((one) => [one, one] as const)))).toBe(0);
      }),
    );
  });

  it("takes no account of what is na under both, and counts a condition that was lost as no flip", () => {
    expect(flipRate(count([["na", "na"]]))).toBeNull();
    expect(count([["na", "pass"]])).toEqual({ judged: 1, flipped: 0, satisfied: 0 });
    expect(count([["pass", "na"]])).toEqual({ judged: 1, flipped: 0, satisfied: 1 });
  });
});

const trial = (id: string, response: string, known: Verdict | null = null): Trial => ({
  id,
  item: { history: [], query: "Hello", response, language: "en" },
  verdict: known,
});
/** Code as a judge, with what it was asked. */
function codeJudge(): { judge: TextJudge; asked: string[][] } {
  const asked: string[][] = [];
  const judge: TextJudge = async (item, texts) => {
    asked.push([item.response, ...texts]);
    return codeVerdicts(
      item,
      texts.map((text) => ({ text })),
    ).map((found) => ({ verdict: found!, reason: null }));
  };
  return { judge, asked };
}

describe("auditReversals", () => {
  it("is 1 for what the rules reverse, whatever the responses", async () => {
    const texts = ["Use no commas.", "Use at least three emoji.", "Answer in at most two sentences."];
    await fc.assert(
      fc.asyncProperty(fc.array(fc.string(), { minLength: 1, maxLength: 5 }), async (responses) => {
        const trials = responses.map((response, i) => trial(`r${i}`, response));
        const given = texts.map((text) => ({ text, reversed: reverseText(text)!, trials }));
        const outcomes = await auditReversals(given, codeJudge().judge, { width: 2 });
        for (const outcome of outcomes) {
          expect(flipRate(outcome)).toBe(1);
          expect(outcome).toMatchObject({ judged: responses.length, counterexamples: [], failed: 0 });
        }
      }),
      { numRuns: 50 },
    );
  });

  it("finds the response on which a reverse that is wrong by one does not part from its constraint", async () => {
    const trials = [trial("three", "😀😀😀"), trial("two", "😀😀"), trial("five", "😀😀😀😀😀")];
    const [outcome] = await auditReversals(
      [{ text: "Use at least three emoji.", reversed: "Use at most three emoji.", trials }],
      codeJudge().judge,
      { width: 1 },
    );
    expect(outcome).toMatchObject({ judged: 3, flipped: 2, satisfied: 2 });
    expect(outcome?.counterexamples.map(({ response }) => response)).toEqual(["😀😀😀"]);
  });

  it("judges a response once under all constraints and once under all reverses, never under both together", async () => {
    const { judge, asked } = codeJudge();
    const trials = [trial("a", "one, two"), trial("b", "one", "pass")];
    await auditReversals(
      [
        { text: "Use no commas.", reversed: "Use a comma.", trials },
        { text: "Use no digits.", reversed: "Use a digit.", trials: [trials[0]!] },
      ],
      judge,
      { width: 1 },
    );
    expect(asked).toEqual([
      ["one, two", "Use no commas.", "Use no digits."],
      ["one, two", "Use a comma.", "Use a digit."],
      ["one", "Use a comma."], // what it is under the constraint is known
    ]);
  });

  it("leaves a response out that the judge gives no answer on", async () => {
    const { judge } = codeJudge();
    const wanting: TextJudge = async (item, texts) => {
      if (item.response === "bad") throw new ModelFailure("answer", "no verdicts");
      return judge(item, texts);
    };
    const trials = [trial("a", "one"), trial("b", "bad")];
    const [outcome] = await auditReversals([{ text: "Use no commas.", reversed: "Use a comma.", trials }], wanting, {
      width: 1,
    });
    expect(outcome).toMatchObject({
      judged: 1,
      flipped: 1,
      failed: 1,
      cause: "no verdicts",
      originals: ["pass", null],
    });
  });

  it("ends where no request can be made, now or at all, and where it is stopped", async () => {
    const trials = [trial("a", "one")];
    const given = [{ text: "Use no commas.", reversed: "Use a comma.", trials }];
    const broken: TextJudge = async () => {
      throw new ModelFailure("key", "refused");
    };
    await expect(auditReversals(given, broken, { width: 1 })).rejects.toThrow("refused");
    const cut: TextJudge = async () => {
      throw new ModelFailure("network", "no connection");
    };
    await expect(auditReversals(given, cut, { width: 1 })).rejects.toThrow("no connection");
    const stopped = AbortSignal.abort(new Error("enough"));
    await expect(auditReversals(given, codeJudge().judge, { width: 1, signal: stopped })).rejects.toThrow("enough");
  });
});

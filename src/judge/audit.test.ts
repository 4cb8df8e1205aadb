import { describe, expect, it } from "vitest";
import { recognised } from "../constraint/reverse-text.ts";
import { verdictOn, viewOf } from "../constraint/verdict.ts";
import { ModelFailure } from "../model/model-failure.ts";
import { scriptedModel } from "../model/scripted-model.ts";
import type { Turn } from "../preference/turn.ts";
import { auditJudge } from "./audit.ts";
import { type AuditItem, AuditSample, auditItems, kindOf } from "./audit-sample.ts";
import { auditText } from "./audit-text.ts";
import { scriptedJudge } from "./scripted-judge.ts";

const turn = (id: string, language: "en" | "zh" = "en"): Turn => ({
  id,
  profile: "p",
  messages: [
    { role: "system", content: language === "en" ? "You are a cook." : "你是厨师，回答要简短。" },
    { role: "user", content: language === "en" ? "Soup?" : "怎么做汤？" },
  ],
  constraints:
    language === "en"
      ? [
          { id: "commas", text: "Use no commas." },
          { id: "kind", text: "Be kind." },
          { id: "digits", text: "Use no digits." },
        ]
      : [
          { id: "commas", text: "不要使用逗号。" },
          { id: "kind", text: "语气亲切。" },
        ],
  responses: [
    { id: "a", text: "Fry leeks, then add stock.", verdicts: [false, true, true] },
    { id: "b", text: "Fry 2 leeks", verdicts: [true, false, null] },
    { id: "none", text: null, verdicts: [null, null, null] },
  ],
  verdictSource: "human",
});
const items = (...turns: Turn[]): AuditItem[] => turns.flatMap(auditItems);
const options = { seed: 1, perCall: 8, repeats: 2 };

/** As code says; what code cannot tell, passes. */
const right = (requirement: string, response: string) => {
  const constraint = recognised(requirement)?.constraint;
  return constraint === undefined ? "pass" : (verdictOn(constraint, viewOf(response)) ?? "pass");
};

describe("auditItems", () => {
  it("takes the responses with a text, and code's verdicts by kind", () => {
    const [a, b, ...more] = items(turn("t"));
    expect(more).toEqual([]);
    expect(a?.constraints.map(({ id, code, kind }) => [id, code, kind])).toEqual([
      ["commas", "fail", "marks"],
      ["kind", null, null],
      ["digits", "pass", "digits"],
    ]);
    expect(b?.constraints.map(({ code }) => code)).toEqual(["pass", null, "fail"]);
    expect(items(turn("t", "zh"))[0]?.item.language).toBe("zh");
  });

  it("names a kind by what is measured, each once", () => {
    const said = 'Use at least two emoji and end with "Bye".';
    expect(kindOf(recognised(said)!.constraint)).toBe("emoji + ends-with");
  });
});

describe("AuditSample", () => {
  it("draws the same whatever the order, first those on which code has a verdict", () => {
    const many = items(...Array.from({ length: 30 }, (_, i) => turn(`t${i}`)));
    const free = many.map((item): AuditItem => ({ ...item, turn: `free ${item.turn}`, constraints: [] }));
    const draw = (offered: readonly AuditItem[], size: number) => {
      const sample = new AuditSample(size, 7);
      for (const item of offered) sample.offer(item);
      return { names: sample.items().map(({ turn: id, response }) => `${id} ${response}`), sample };
    };
    const { names, sample } = draw([...free, ...many], 10);
    expect(names).toHaveLength(10);
    expect(names.some((name) => name.startsWith("free"))).toBe(false);
    expect(draw([...many].reverse(), 10).names).toEqual(names);
    expect(draw(many, 5).names).toEqual(names.slice(0, 5));
    expect(sample).toMatchObject({ offered: 120, withCode: 60 });
    expect(draw(free, 3).names).toHaveLength(3);
  });
});

describe("auditJudge", () => {
  it("finds a judge right that judges as code does, in both languages", async () => {
    const model = scriptedJudge(right);
    const given = items(turn("t"), turn("u", "zh"));
    const audit = await auditJudge(given, { ...options, model });
    expect(audit).toMatchObject({ responses: 4, constraints: 10, complete: true, failed: [] });
    expect(audit.withCode).toMatchObject({ of: 6, count: 6, share: 1, kappa: 1 });
    expect(audit.withTable).toMatchObject({ of: 10, count: 7, sources: ["human"] });
    expect(audit.byKind.map(({ kind, of }) => [kind, of])).toEqual([
      ["marks", 4],
      ["digits", 2],
    ]);
    expect(audit.self).toMatchObject({ of: 10, share: 1, repeats: 2 });
    expect(audit.order.reversed).toMatchObject({ count: 0, of: 10 });
    // Of two constraints, begun in the middle is the other way round: not asked twice.
    expect(audit.order.rotated).toMatchObject({ count: 0, of: 6 });
    expect(model.requests).toHaveLength(2 * 5 + 2 * 4);
  });

  it("finds a judge out that goes by the place", async () => {
    const model = scriptedJudge((_requirement, _response, place) => (place === 0 ? "pass" : "fail"));
    const audit = await auditJudge(items(turn("t")), { ...options, model });
    expect(audit.withCode.confusion.fail).toEqual({ pass: 1, fail: 1, na: 0 });
    expect(audit.order.reversed).toMatchObject({ count: 4, of: 6 });
    expect(audit.order.rotated).toMatchObject({ count: 4, of: 6 });
    expect(audit.self.share).toBe(1);
  });

  it("finds a judge out that wavers", async () => {
    const model = scriptedJudge((_requirement, _response, _place, seed) => (seed % 2 === 0 ? "pass" : "fail"));
    const seeds = new Set<number>();
    for (let seed = 1; seeds.size < 2; seed += 1) {
      const audit = await auditJudge(items(turn("t")), { ...options, seed, model });
      expect([0, 1]).toContain(audit.self.share);
      seeds.add(audit.self.share!);
    }
    expect(seeds).toEqual(new Set([0, 1]));
  });

  it("counts a response without verdicts as failed, and goes on", async () => {
    const judge = scriptedJudge(right);
    const model = scriptedModel(async ({ messages, seed }) => {
      if (messages[1]!.content.includes("Fry 2 leeks")) return "I'd rather not.";
      return (await judge.generate({ messages, seed, maxTokens: 1000 })).choices[0]!.text;
    });
    const audit = await auditJudge(items(turn("t")), { ...options, model });
    expect(audit).toMatchObject({ responses: 1, constraints: 3, complete: true });
    expect(audit.failed.map(({ response, asked }) => [response, asked])).toEqual([
      ["b", "plain"],
      ["b", "repeat 1"],
      ["b", "repeat 2"],
      ["b", "reversed"],
      ["b", "rotated"],
    ]);
    expect(auditText(audit)).toMatch(/no verdicts in 5 cases:\n {2}t b \(plain\): scripted: no usable verdicts/);
  });

  it("ends at once where every request would fail", async () => {
    const model = scriptedModel(() => {
      throw new ModelFailure("key", "the key is refused");
    });
    await expect(auditJudge(items(turn("t")), { ...options, model })).rejects.toThrow("the key is refused");
    expect(model.requests).toHaveLength(1);
  });

  it("compares what there is when it is stopped", async () => {
    const stop = new AbortController();
    const judge = scriptedJudge(right);
    let count = 0;
    const model = scriptedModel(async ({ messages, seed }) => {
      count += 1;
      if (count === 6) stop.abort(new Error("enough"));
      return (await judge.generate({ messages, seed, maxTokens: 1000 })).choices[0]!.text;
    });
    const audit = await auditJudge(items(turn("t")), { ...options, model, signal: stop.signal });
    expect(audit).toMatchObject({ responses: 1, complete: false, failed: [] });
    expect(audit.withCode.of).toBe(2);
    expect(auditText(audit)).toContain("(stopped before the end)");
  });
});

describe("auditText", () => {
  it("is a table of shares with intervals, kappa, and what was confused", async () => {
    const model = scriptedJudge(() => "pass");
    const text = auditText(await auditJudge(items(turn("t")), { ...options, model }));
    expect(text).toMatchInlineSnapshot(`
      "2 responses with 6 constraints judged by scripted; 2 repeats at temperature 0.7, everything else at 0

      agreement with code                share            95%  verdicts  kappa
        all                              50.0%   [15.0, 85.0]         4   0.00
        digits                           50.0%    [9.5, 90.5]         2   0.00
        marks                            50.0%    [9.5, 90.5]         2   0.00
      agreement with the table (human)   50.0%   [18.8, 81.2]         6   0.00
      agreement with itself               100%  [61.0, 100.0]         6      –
      verdicts that change
        constraints the other way round     0%    [0.0, 39.0]         6
        begun in the middle                 0%    [0.0, 39.0]         6

      code says, judge says  pass  fail  na
        pass                    2     0   0
        fail                    2     0   0
        na                      0     0   0
      "
    `);
  });
});

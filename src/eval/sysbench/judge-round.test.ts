import { describe, expect, it } from "vitest";
import { ModelFailure } from "../../model/model-failure.ts";
import { scriptedModel } from "../../model/scripted-model.ts";
import type { ScoreMode } from "../scored-run.ts";
import { judgeRound, readVerdicts, TRIES } from "./judge-round.ts";

const question = { messages: [{ role: "user" as const, content: "?" }], ids: ["1", "2"], seed: 3 };
const answer = (verdicts: unknown): string => JSON.stringify({ reason: "因为", verdicts });
const good = answer({ 1: "是", 2: "否" });
const ask = (answers: readonly string[], mode: ScoreMode, more = {}) => {
  const model = scriptedModel(answers);
  return { model, asked: judgeRound(model, { ...question, mode, ...more }, undefined) };
};

describe("judgeRound", () => {
  it("takes the first usable answer", async () => {
    const { model, asked } = ask([good], "parity");
    expect(await asked).toEqual({ verdicts: { 1: "是", 2: "否" }, reason: "因为", tries: 1 });
    expect(model.requests).toHaveLength(1);
    expect(model.requests[0]).toMatchObject({ temperature: 0, schema: null });
  });

  it("asks afresh, five times at temperature 0 and five at 0.5, each with a seed of its own", async () => {
    const { model, asked } = ask([...Array(9).fill("好的"), good], "parity");
    expect((await asked).tries).toBe(10);
    expect(model.requests.map(({ temperature }) => temperature)).toEqual([0, 0, 0, 0, 0, 0.5, 0.5, 0.5, 0.5, 0.5]);
    expect(new Set(model.requests.map(({ seed }) => seed)).size).toBe(10);
    expect(new Set(model.requests.map(({ messages }) => JSON.stringify(messages))).size).toBe(1);
  });

  it("fails after ten, and has other seeds when it is asked once more", async () => {
    const { model, asked } = ask(["nothing"], "parity");
    await expect(asked).rejects.toThrow(/no usable verdicts in 10 answers: it is not JSON/);
    await expect(asked).rejects.toBeInstanceOf(ModelFailure);
    const again = ask(["nothing"], "parity", { triesBefore: TRIES });
    await again.asked.catch(() => undefined);
    const seeds = [...model.requests, ...again.model.requests].map(({ seed }) => seed);
    expect(new Set(seeds).size).toBe(20);
  });

  it("keeps other answers in parity, asks again in fixed, with a form to keep to", async () => {
    const other = answer({ 1: "不适用", 2: "是" });
    expect((await ask([other], "parity").asked).verdicts).toEqual({ 1: "不适用", 2: "是" });
    const { model, asked } = ask([other, good], "fixed");
    expect(await asked).toMatchObject({ verdicts: { 1: "是", 2: "否" }, tries: 2 });
    expect(model.requests[0]!.schema).toMatchObject({
      schema: { properties: { verdicts: { properties: { 1: { enum: ["是", "否"] } }, required: ["1", "2"] } } },
    });
  });
});

describe("an answer", () => {
  const fault = (text: string, mode: ScoreMode = "parity") => {
    const read = readVerdicts(text, ["1", "2"], mode);
    return "fault" in read ? read.fault : null;
  };

  it("may stand in a fence, with words around it, and without reasons", () => {
    const said = `好的：\n\`\`\`json\n${JSON.stringify({ verdicts: { 1: " 是 ", 2: "否" } })}\n\`\`\``;
    expect(readVerdicts(said, ["1", "2"], "fixed")).toEqual({ reason: "", verdicts: { 1: "是", 2: "否" } });
  });

  it("must have one verdict on every criterion, and on no other", () => {
    expect(fault(good)).toBeNull();
    expect(fault(answer({ 1: "是" }))).toBe('criterion "2" has no verdict');
    expect(fault(answer({ 1: "是", 2: "是", 3: "是" }))).toBe('there is no criterion "3"');
    expect(fault('{"reason": "x", "verdicts": {"1": "否", "2": "否", "1" : "是"}}')).toBe(
      'criterion "1" has more than one verdict',
    );
    expect(fault('{"reason": "他说 \\"1\\": 好", "verdicts": {"1": "否", "2": "否"}}')).toBeNull();
    expect(fault(answer({ 1: true, 2: "是" }))).toMatch(/^verdicts\.1: /);
    expect(fault(answer(["是", "否"]))).toMatch(/^verdicts: /);
    expect(fault(answer({ 1: "部分", 2: "是" }), "fixed")).toBe('criterion "1": "部分" is neither 是 nor 否');
    expect(fault("是")).toBe("it is not JSON");
  });

  it("is never code", () => {
    const hostile = '{"reason": "", "verdicts": {"1": __import__("os").system("x"), "2": "是"}}';
    expect(fault(hostile)).not.toBeNull();
    const odd = '{"reason": "", "verdicts": {"__proto__": {"3": "是"}, "1": "是", "2": "是"}}';
    expect(readVerdicts(odd, ["1", "2"], "parity")).toEqual({ reason: "", verdicts: { 1: "是", 2: "是" } });
  });
});

import { describe, expect, it } from "vitest";
import { z } from "zod";
import { ModelFailure } from "./model-failure.ts";
import { scriptedModel } from "./scripted-model.ts";
import { askTyped, jsonIn, type TypedQuestion } from "./typed-answer.ts";

const answer = z.strictObject({ count: z.int().min(0) });
type Count = z.infer<typeof answer>;

const question: TypedQuestion<Count> = {
  messages: [{ role: "user", content: "How many?" }],
  answer,
  name: "count",
  language: "en",
  seed: 1,
  maxTokens: 50,
};

describe("askTyped", () => {
  it("asks with the schema and gives the value", async () => {
    const model = scriptedModel(['{"count": 3}']);
    expect(await askTyped(model, question)).toEqual({
      value: { count: 3 },
      raw: '{"count": 3}',
      repaired: false,
      answers: 1,
    });
    expect(model.requests[0]?.schema).toMatchObject({ name: "count", schema: { required: ["count"] } });
    expect(model.requests[0]?.temperature).toBe(0);
  });

  it("shows a faulty answer with its fault, and takes the next one", async () => {
    const model = scriptedModel(['{"count": -1}', "{count: 2,}"]);
    const typed = await askTyped(model, question);
    expect(typed).toMatchObject({ value: { count: 2 }, repaired: true, answers: 2 });
    const again = model.requests[1]?.messages ?? [];
    expect(again.map(({ role }) => role)).toEqual(["user", "assistant", "user"]);
    expect(again[1]?.content).toBe('{"count": -1}');
    expect(again[2]?.content).toMatch(/^That answer can't be used: count: /);
  });

  it("tells the caller's own fault to the model, in its language", async () => {
    const model = scriptedModel(['{"count": 7}', '{"count": 8}']);
    const fault = ({ count }: Count) => (count === 7 ? "七不行" : null);
    expect((await askTyped(model, { ...question, fault, language: "zh" })).value).toEqual({ count: 8 });
    expect(model.requests[1]?.messages[2]?.content).toContain("这个回答无法使用：七不行");
  });

  it("fails with the raw text and every fault when no answer is right", async () => {
    const model = scriptedModel(["I would say three.", '{"count": "three"}']);
    const failure = await askTyped(model, { ...question, answers: 2 }).catch((error) => error);
    expect(failure).toBeInstanceOf(ModelFailure);
    expect(failure).toMatchObject({ kind: "answer", raw: '{"count": "three"}', finishReason: "stop" });
    expect(failure.attempts.map((attempt: { message: string }) => attempt.message)).toEqual([
      "it is not JSON",
      expect.stringMatching(/^count: /),
    ]);
  });

  it("says that an answer was cut off", async () => {
    const model = scriptedModel(["one two three four"]);
    await expect(askTyped(model, { ...question, maxTokens: 2, answers: 1 })).rejects.toThrow(/greatest length/);
  });

  it("ends with the signal", async () => {
    const stop = new AbortController();
    const model = scriptedModel(() => {
      stop.abort(new Error("enough"));
      return "no JSON";
    });
    await expect(askTyped(model, question, { signal: stop.signal })).rejects.toThrow("enough");
    expect(model.requests).toHaveLength(1);
  });
});

describe("jsonIn", () => {
  it.each([
    ["[1, 2]", [1, 2], false],
    ['Here you are:\n```json\n{"a": 1}\n```\nAnything else?', { a: 1 }, true],
    ["Sure! {'a': 1, 'b': [2, 3,]} I hope that helps.", { a: 1, b: [2, 3] }, true],
    ['{"a": "cut o', { a: "cut o" }, true],
    ["```\n[1\n```", [1], true],
    ['<think>Of the form {"a": [1]}?</think>\n{"a": 2}', { a: 2 }, true],
    ['{"a": "</think>"}', { a: "</think>" }, false],
  ] as const)("finds %j", (text, value, repaired) => {
    expect(jsonIn(text)).toEqual({ value, repaired });
  });

  it("finds none where there is none", () => {
    expect(jsonIn("three of them")).toBeNull();
    expect(jsonIn("")).toBeNull();
    expect(jsonIn('<think>Say {"a": 1}, or')).toBeNull();
  });
});

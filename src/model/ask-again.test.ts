import { describe, expect, it } from "vitest";
import { askAgain, type RepeatedQuestion } from "./ask-again.ts";
import { ModelFailure } from "./model-failure.ts";
import { scriptedModel } from "./scripted-model.ts";

const question: RepeatedQuestion<string> = {
  messages: [{ role: "user", content: "Name a tea." }],
  name: "tea",
  seed: 3,
  sampling: { maxTokens: 20, temperature: 0 },
  again: (fault) => `Again: ${fault}`,
  shown: 6,
  read: ({ text }) => (text.includes("tea") ? { value: text } : { fault: "it is no tea" }),
};
const temperatures = async (texts: readonly string[], change: Partial<RepeatedQuestion<string>> = {}) => {
  const model = scriptedModel(texts);
  await askAgain(model, { ...question, ...change }, undefined);
  return model.requests.map(({ temperature }) => temperature);
};

describe("askAgain", () => {
  it("shows the beginning of a faulty answer with the reason, each time under another seed", async () => {
    const model = scriptedModel(["coffee, black", "cocoa", "tea"]);
    expect(await askAgain(model, question, undefined)).toMatchObject({ value: "tea", answers: 3 });
    expect(model.requests[1]?.messages.map(({ content }) => content)).toEqual([
      "Name a tea.",
      "coffee",
      "Again: it is no tea",
    ]);
    expect(model.requests[2]?.messages[1]?.content).toBe("cocoa");
    expect(new Set(model.requests.map(({ seed }) => seed)).size).toBe(3);
  });

  it("samples where a model at temperature 0 says the same again, or nothing", async () => {
    expect(await temperatures(["coffee", "cocoa", "tea"])).toEqual([0, 0, 0]);
    expect(await temperatures(["coffee", "coffee", "tea"])).toEqual([0, 0, 0.5]);
    expect(await temperatures(["", "tea"])).toEqual([0, 0.5]);
    expect(await temperatures(["coffee", "coffee", "cocoa", "tea"], { answers: 4 })).toEqual([0, 0, 0.5, 0.5]);
    expect(await temperatures(["x", "x", "tea"], { sampling: { maxTokens: 9, temperature: 0.2 } })).toEqual([
      0.2, 0.2, 0.2,
    ]);
  });

  it("fails with every fault and the last text", async () => {
    const asked = await askAgain(scriptedModel(["coffee", "cocoa"]), { ...question, answers: 2 }, undefined);
    expect(asked).toMatchObject({ choice: { text: "cocoa" }, answers: 2 });
    const { failure } = asked as Extract<typeof asked, { failure: unknown }>;
    expect(failure).toBeInstanceOf(ModelFailure);
    expect(failure).toMatchObject({ kind: "answer", raw: "cocoa", finishReason: "stop" });
    expect(failure.message).toBe("scripted: no usable tea in 2 answers: it is no tea");
    expect(failure.attempts).toHaveLength(2);
  });
});

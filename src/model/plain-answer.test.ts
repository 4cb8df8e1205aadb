import { describe, expect, it } from "vitest";
import { ModelFailure } from "./model-failure.ts";
import { askPlain, type PlainQuestion } from "./plain-answer.ts";
import { scriptedModel } from "./scripted-model.ts";

const question: PlainQuestion = {
  messages: [{ role: "user", content: "Name a tea." }],
  name: "tea",
  fault: (text) => (text.includes("tea") ? null : "it is no tea"),
  language: "en",
  seed: 3,
  sampling: { maxTokens: 20, temperature: 0.5, topP: 0.9 },
};

describe("askPlain", () => {
  it("gives the cleaned text, sampled as asked", async () => {
    const model = scriptedModel([" a green tea\n"]);
    expect(await askPlain(model, question)).toEqual({
      text: "a green tea",
      answers: 1,
      mended: false,
      finishReason: "stop",
      tokens: 4,
    });
    expect(model.requests[0]).toMatchObject({ maxTokens: 20, temperature: 0.5, topP: 0.9, n: 1 });
  });

  it("looks at what stands behind the thoughts, and shows the model no others", async () => {
    const model = scriptedModel(["<think>Not tea.</think>\n\ncoffee", "<think>What then", "<think>Tea!</think> a tea"]);
    expect(await askPlain(model, question)).toMatchObject({ text: "a tea", answers: 3, mended: false });
    expect(model.requests[1]?.messages[1]?.content).toBe("coffee");
    expect(model.requests[2]?.messages).toEqual(model.requests[0]?.messages); // nothing was said but thoughts
  });

  it("asks again with the reason and another seed; after silence, without an empty reply", async () => {
    const model = scriptedModel(["coffee", "", "tea"]);
    expect((await askPlain(model, question)).answers).toBe(3);
    const [first, second, third] = model.requests;
    expect(second?.messages.map(({ content }) => content)).toEqual([
      "Name a tea.",
      "coffee",
      "That won't do: it is no tea. Write it again, and nothing else.",
    ]);
    expect(third?.messages).toEqual(first?.messages);
    expect(new Set(model.requests.map(({ seed }) => seed)).size).toBe(3);
    const zh = scriptedModel(["coffee", "tea"]);
    await askPlain(zh, { ...question, language: "zh" });
    expect(zh.requests[1]?.messages.at(-1)?.content).toMatch(/^这样不行：/);
  });

  it("mends the last answer where it may, and fails with it where not", async () => {
    const mended = await askPlain(scriptedModel(["coffee"]), {
      ...question,
      mend: (text) => `${text} or tea`,
      answers: 2,
    });
    expect(mended).toMatchObject({ text: "coffee or tea", answers: 2, mended: true });
    const failed = askPlain(scriptedModel(["coffee"]), { ...question, mend: () => null });
    await expect(failed).rejects.toThrow("scripted: no usable tea in 3 answers: it is no tea");
    await expect(failed).rejects.toMatchObject({ kind: "answer", raw: "coffee", finishReason: "stop" });
    await expect(failed).rejects.toBeInstanceOf(ModelFailure);
  });
});

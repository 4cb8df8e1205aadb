import { describe, expect, it } from "vitest";
import { type Choice, type GenerateRequest, resolveRequest } from "./model.ts";
import { sampleSeed } from "./sample-seed.ts";
import { scriptedModel } from "./scripted-model.ts";

const request: GenerateRequest = {
  messages: [{ role: "user", content: "two words" }],
  seed: 5,
  maxTokens: 100,
  n: 3,
};

describe("scriptedModel", () => {
  it("answers from a list by turns, over requests", async () => {
    const model = scriptedModel(["a", "b"]);
    const first = await model.generate(request);
    const second = await model.generate({ ...request, n: 1 });
    expect(first.choices.map(({ text }) => text)).toEqual(["a", "b", "a"]);
    expect(second.choices.map(({ text }) => text)).toEqual(["b"]);
  });

  it("gives a function the messages, the index and the seed of each sample", async () => {
    const model = scriptedModel(({ messages, index, seed }) => `${messages[0]!.content} ${index} ${seed}`);
    const { choices } = await model.generate(request);
    expect(choices.map(({ text }) => text)).toEqual([0, 1, 2].map((i) => `two words ${i} ${sampleSeed(5, i)}`));
  });

  it("cuts at stop texts and at the length, and counts words", async () => {
    const model = scriptedModel(["one two STOP three", "one two three four", "one two three"]);
    const { choices, usage } = await model.generate({ ...request, stop: ["STOP"], maxTokens: 3 });
    expect(choices.map(({ text, finishReason, tokens }) => [text, finishReason, tokens])).toEqual([
      ["one two ", "stop", 3],
      ["one two three", "length", 3],
      ["one two three", "stop", 3],
    ]);
    expect(usage).toEqual({ promptTokens: 2, completionTokens: 9 });
  });

  it("tells of each sample as it ends", async () => {
    const told: Choice[] = [];
    const { choices } = await scriptedModel(["x"]).generate(request, { onChoice: (choice) => told.push(choice) });
    expect(told).toEqual(choices);
  });

  it("ends when it is aborted, and keeps what it had", async () => {
    const stop = new AbortController();
    const model = scriptedModel(({ index }) => (index === 1 ? new Promise<string>(() => stop.abort()) : "done"));
    const { choices } = await model.generate(request, { signal: stop.signal });
    expect(choices.map(({ text, finishReason }) => [text, finishReason])).toEqual([
      ["done", "stop"],
      ["", "aborted"],
      ["", "aborted"],
    ]);
  });

  it("fails as its script does, and after it was disposed", async () => {
    const broken = scriptedModel(() => {
      throw new Error("no power");
    });
    await expect(broken.generate(request)).rejects.toThrow("no power");
    await broken.dispose();
    await expect(broken.generate(request)).rejects.toThrow("disposed");
  });

  it("refuses a request that is wrong, and records those that are right with their defaults", async () => {
    const model = scriptedModel(["x"]);
    await expect(model.generate({ ...request, n: 0 })).rejects.toThrow("n:");
    await model.generate(request);
    expect(model.requests).toEqual([resolveRequest(request)]);
  });
});

import { describe, expect, it } from "vitest";
import { type GenerateRequest, resolveRequest } from "../model/model.ts";
import { type RequestContent, requestContent, requestHash } from "./request-content.ts";

const content: RequestContent = {
  model: "sha",
  messages: [{ role: "user", content: "Hello" }],
  sampling: { temperature: 1, maxTokens: 9, seed: 4 },
};
const request: GenerateRequest = { messages: content.messages, maxTokens: 9, seed: 4 };
const hashOf = (change: Partial<GenerateRequest>): string =>
  requestHash(requestContent("sha", resolveRequest({ ...request, ...change })));

describe("requestHash", () => {
  it("is of the content, not of the order of its parameters", () => {
    expect(requestHash({ ...content, sampling: { seed: 4, maxTokens: 9, temperature: 1 } })).toBe(requestHash(content));
  });

  it.each([
    { ...content, model: "other" },
    { ...content, messages: [{ role: "user" as const, content: "Hello " }] },
    { ...content, messages: [{ role: "system" as const, content: "Hello" }] },
    { ...content, sampling: { ...content.sampling, seed: 5 } },
  ])("changes with whatever changes the answer", (other) => {
    expect(requestHash(other)).not.toBe(requestHash(content));
  });

  it("stays what it was in recordings that were made before", () => {
    expect(requestHash(content)).toBe("aa878c4bb67bc392f629df98b7c7f214d7e1c699a89ae3456ceab644163cd29e");
  });
});

describe("requestContent", () => {
  it("leaves out what is as it is by default", () => {
    expect(requestContent("sha", resolveRequest(request))).toEqual(content);
  });

  const schema = { name: "x", schema: { type: "object" } };
  it.each<Partial<GenerateRequest>>([
    { temperature: 0 },
    { maxTokens: 10 },
    { seed: 5 },
    { stop: ["\n"] },
    { topP: 0.5 },
    { topK: 3 },
    { minP: 0.1 },
    { logprobs: 0 },
    { schema },
    { messages: [...content.messages, { role: "assistant", content: "Hi" }] },
  ])("has all that changes an answer: %o", (change) => {
    expect(hashOf(change)).not.toBe(hashOf({}));
  });

  it("tells schemas apart", () => {
    expect(hashOf({ schema: { ...schema, schema: { type: "array" } } })).not.toBe(hashOf({ schema }));
  });

  it.each<Partial<GenerateRequest>>([{ n: 5 }, { skip: [0] }])(
    "has nothing of which samples are wanted: %o",
    (change) => {
      expect(hashOf(change)).toBe(hashOf({}));
    },
  );
});

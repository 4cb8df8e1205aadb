import { describe, expect, it } from "vitest";
import { type GenerateRequest, RequestError, resolveRequest } from "./model.ts";

const request: GenerateRequest = { messages: [{ role: "user", content: "hi" }], seed: 1, maxTokens: 8 };

describe("resolveRequest", () => {
  it("fills in the defaults: one sample of the model's own distribution", () => {
    const defaults = {
      n: 1,
      temperature: 1,
      stop: [],
      topP: 1,
      topK: 0,
      minP: 0,
      schema: null,
      logprobs: null,
      skip: [],
    };
    expect(resolveRequest(request)).toEqual({ ...request, ...defaults });
  });

  it("keeps what is given", () => {
    const sampling = { n: 3, temperature: 0, stop: ["\n"], topP: 0.9, topK: 40, minP: 0.05 };
    const schema = { name: "verdicts", schema: { type: "object" } };
    const full = { ...request, ...sampling, schema, logprobs: 5, skip: [1] };
    expect(resolveRequest(full)).toEqual(full);
  });

  it.each<[string, object]>([
    ["messages", { messages: [] }],
    ["messages.0.role", { messages: [{ role: "tool", content: "" }] }],
    ["n", { n: 0 }],
    ["n", { n: 1.5 }],
    ["temperature", { temperature: -1 }],
    ["seed", { seed: -1 }],
    ["seed", { seed: 2 ** 60 }],
    ["stop.0", { stop: [""] }],
    ["maxTokens", { maxTokens: 0 }],
    ["topP", { topP: 0 }],
    ["minP", { minP: 2 }],
    ["schema.name", { schema: { name: "two words", schema: {} } }],
    ["logprobs", { logprobs: 21 }],
    ["skip.0", { skip: [-1] }],
    ["request", { tempurature: 1 }],
  ])("names the field that is wrong: %s", (field, wrong) => {
    const resolve = () => resolveRequest({ ...request, ...wrong });
    expect(resolve).toThrow(RequestError);
    expect(resolve).toThrow(`request for samples: ${field}: `);
  });
});

import { describe, expect, it } from "vitest";
import { chatRequest, Manner } from "./chat-request.ts";
import { resolveRequest } from "./model.ts";

const messages = [
  { role: "system", content: "Be brief." },
  { role: "user", content: "Why?" },
] as const;
const plain = resolveRequest({ messages, seed: 1, maxTokens: 20 });
const schema = { name: "answer", schema: { type: "object", properties: { yes: { type: "boolean" } } } };
const typed = resolveRequest({ messages, seed: 1, maxTokens: 20, schema });
const one = { n: 1, seed: 77 };

describe("chatRequest", () => {
  it("says no more than what is asked for", () => {
    expect(chatRequest("m", plain, one, new Manner())).toEqual({
      model: "m",
      messages,
      temperature: 1,
      seed: 77,
      max_tokens: 20,
    });
  });

  it("says what is not at its default", () => {
    const full = resolveRequest({
      ...plain,
      n: 3,
      temperature: 0.5,
      stop: ["END"],
      topP: 0.9,
      topK: 40,
      minP: 0.05,
      logprobs: 2,
      schema,
    });
    expect(chatRequest("m", full, { n: 3, seed: 5 }, new Manner())).toEqual({
      model: "m",
      messages,
      temperature: 0.5,
      seed: 5,
      n: 3,
      max_tokens: 20,
      stop: ["END"],
      top_p: 0.9,
      top_k: 40,
      min_p: 0.05,
      logprobs: true,
      top_logprobs: 2,
      response_format: { type: "json_schema", json_schema: { ...schema, strict: true } },
    });
  });
});

describe("Manner", () => {
  it("gives up strictness for one schema, and forms step by step where none is known", () => {
    const manner = new Manner();
    const strict = chatRequest("m", typed, one, manner);
    expect(manner.change("this-format", strict, schema)).toBe(true);
    expect([manner.format("answer"), manner.format("other")]).toEqual(["schema", "strict"]);
    expect(manner.change("format", chatRequest("m", typed, one, manner), schema)).toBe(true);
    expect([manner.format("answer"), manner.format("other")]).toEqual(["object", "object"]);
    const object = chatRequest("m", typed, one, manner);
    expect(object.response_format).toEqual({ type: "json_object" });
    expect(manner.change("format", object, schema)).toBe(true);
    const text = chatRequest("m", typed, one, manner);
    expect(text.response_format).toBeUndefined();
    expect(manner.change("format", text, schema)).toBe(false);
  });

  it("goes straight to json_object where the server knows no schemas", () => {
    const manner = new Manner();
    manner.change("format", chatRequest("m", typed, one, manner), schema);
    expect(manner.format("answer")).toBe("object");
  });

  it("tells the schema in the prompt where the server is not told", () => {
    const manner = new Manner();
    manner.change("format", chatRequest("m", typed, one, manner), schema);
    const [system, user] = chatRequest("m", typed, one, manner).messages;
    expect(system).toEqual(messages[0]);
    expect(user!.content).toMatch(/^Why\?\n\nAnswer with one JSON value .*\n\{"type":"object"/);
    const after = resolveRequest({ ...typed, messages: [...messages, { role: "assistant", content: "Well" }] });
    expect(chatRequest("m", after, one, manner).messages.map(({ role }) => role)).toEqual([
      "system",
      "user",
      "assistant",
      "user",
    ]);
  });

  it("knows when another form was sent already, so that a crowd of refusals changes it once", () => {
    const manner = new Manner();
    const sent = chatRequest("m", { ...plain, logprobs: 1 }, { n: 2, seed: 1 }, manner);
    for (const change of ["length", "n", "logprobs"] as const) {
      expect(manner.change(change, sent, null)).toBe(true);
      expect(manner.change(change, sent, null)).toBe(true);
      expect(manner.change(change, chatRequest("m", plain, one, manner), null)).toBe(false);
    }
    expect(chatRequest("m", { ...plain, logprobs: 1 }, one, manner)).toEqual({
      model: "m",
      messages,
      temperature: 1,
      seed: 77,
      max_completion_tokens: 20,
    });
    const first = chatRequest("m", typed, one, new Manner());
    for (let refusal = 0; refusal < 3; refusal += 1) manner.change("format", first, schema);
    expect(manner.format("answer")).toBe("object");
  });
});

import { describe, expect, it } from "vitest";
import { ApiError } from "./api-error.ts";
import { chatCall } from "./chat-request.ts";

const defaults = { maxTokens: 2048, seed: () => 7 };
const plain = { model: "m", messages: [{ role: "user", content: "Hi" }] };

function refusal(body: unknown): unknown {
  try {
    return chatCall(body, defaults);
  } catch (error) {
    if (!(error instanceof ApiError)) throw error;
    return [error.status, error.param, error.message];
  }
}

describe("chatCall", () => {
  it("fills in the protocol's defaults and this server's", () => {
    expect(chatCall(plain, defaults)).toEqual({
      model: "m",
      stream: false,
      includeUsage: false,
      request: {
        messages: [{ role: "user", content: "Hi" }],
        n: 1,
        temperature: 1,
        topP: 1,
        topK: 0,
        minP: 0,
        maxTokens: 2048,
        stop: [],
        seed: 7,
        logprobs: null,
        schema: null,
      },
    });
  });

  it("takes every option", () => {
    const call = chatCall(
      {
        ...plain,
        messages: [
          { role: "developer", content: "Be brief." },
          {
            role: "user",
            name: "ann",
            content: [
              { type: "text", text: "a" },
              { type: "text", text: "b" },
            ],
          },
        ],
        n: 3,
        temperature: 0.5,
        top_p: 0.9,
        top_k: 40,
        min_p: 0.1,
        max_tokens: 5,
        max_completion_tokens: 6,
        stop: "END",
        seed: 1,
        logprobs: true,
        top_logprobs: 2,
        response_format: { type: "json_schema", json_schema: { name: "x", strict: true, schema: { type: "array" } } },
        stream: true,
        stream_options: { include_usage: true },
        user: "u",
        frequency_penalty: 0,
        tools: [],
        logit_bias: {},
      },
      defaults,
    );
    expect(call).toMatchObject({ stream: true, includeUsage: true });
    expect(call.request).toEqual({
      messages: [
        { role: "system", content: "Be brief." },
        { role: "user", content: "a\nb" },
      ],
      n: 3,
      temperature: 0.5,
      topP: 0.9,
      topK: 40,
      minP: 0.1,
      maxTokens: 6,
      stop: ["END"],
      seed: 1,
      logprobs: 2,
      schema: { name: "x", schema: { type: "array" } },
    });
  });

  it("takes null for what isn't given, and -1 for all of top_k", () => {
    const nulls = {
      ...plain,
      n: null,
      stop: null,
      seed: null,
      stream: null,
      response_format: null,
      tools: null,
      top_k: -1,
    };
    expect(chatCall(nulls, defaults)).toEqual(chatCall(plain, defaults));
  });

  it("asks for any object where JSON is wanted and nothing said of it", () => {
    const call = chatCall({ ...plain, response_format: { type: "json_object" } }, defaults);
    expect(call.request.schema).toEqual({ name: "json_object", schema: { type: "object" } });
  });

  it.each([
    ["no object", [], null, "must be a JSON object"],
    ["no model", { messages: plain.messages }, "model", "GET /v1/models lists them"],
    ["no messages", { ...plain, messages: [] }, "messages", "at least one message"],
    [
      "a role",
      { ...plain, messages: [{ role: "tool", content: "" }] },
      "messages[0].role",
      "must be system, developer, user or assistant",
    ],
    [
      "a picture",
      { ...plain, messages: [{ role: "user", content: [{ type: "image_url" }] }] },
      "messages[0].content",
      "parts of type text",
    ],
    ["a temperature", { ...plain, temperature: 3 }, "temperature", "<=2"],
    ["too many samples", { ...plain, n: 1000 }, "n", "<=128"],
    ["an empty stop text", { ...plain, stop: [""] }, "stop[0]", "can't be empty"],
    ["an unknown field", { ...plain, max_token: 3 }, "max_token", "unknown field max_token; did you mean max_tokens?"],
    ["tools", { ...plain, tools: [{ type: "function" }] }, "tools", "is not supported here"],
    [
      "a penalty",
      { ...plain, presence_penalty: 1 },
      "presence_penalty",
      "is not supported here: leave it out or give 0",
    ],
    [
      "a format",
      { ...plain, response_format: { type: "xml" } },
      "response_format.type",
      "must be text, json_object or json_schema",
    ],
    ["top_logprobs alone", { ...plain, top_logprobs: 2 }, "top_logprobs", "needs logprobs to be true"],
    ["stream_options alone", { ...plain, stream_options: {} }, "stream_options", "needs stream to be true"],
  ])("refuses %s by its field", (_, body, param, message) => {
    expect(refusal(body)).toEqual([400, param, expect.stringContaining(message)]);
  });
});

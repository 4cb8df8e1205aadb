import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { hiddenRefusal, readRefusal } from "./refusal.ts";
import { type Flavour, refusalBody, type ScriptedRefusal } from "./scripted-fault.ts";

const FLAVOURS: readonly Flavour[] = ["openai", "vllm", "vllm-before-0.10", "llama.cpp", "ollama"];

describe("readRefusal", () => {
  const means: readonly [ScriptedRefusal, string, string | null][] = [
    ["key", "key", null],
    ["funds", "key", null],
    ["model", "model", null],
    ["context", "context", null],
    ["schema", "schema", "format"],
    ["n", "request", "n"],
    ["length", "request", "length"],
    ["rate", "rate", null],
    ["broken", "overload", null],
    ["overload", "overload", null],
  ];
  for (const flavour of FLAVOURS)
    it(`understands what ${flavour} says`, () => {
      for (const [refusal, kind, change] of means) {
        const { status, body } = refusalBody(flavour, refusal, "some-model");
        const read = readRefusal(status, body);
        expect([refusal, read.kind, read.change]).toEqual([refusal, kind, change]);
        expect(read.message).toMatch(new RegExp(`^HTTP ${status}: \\S`));
        expect(read.message).not.toContain("{");
      }
    });

  const said = (status: number, message: string, more = {}) => {
    const { kind, change } = readRefusal(status, JSON.stringify({ error: { message, ...more } }));
    return [kind, change];
  };

  it("understands others that have been seen", () => {
    // DeepSeek, Groq
    expect(said(400, "This response_format type is unavailable now")).toEqual(["schema", "format"]);
    expect(said(422, "response_format: response_format.type `json_schema` is unavailable now at line 1")).toEqual([
      "schema",
      "format",
    ]);
    expect(said(400, "'response_format.type' : value is not one of the allowed values ['text','json_object']")).toEqual(
      ["schema", "format"],
    );
    // OpenAI and Groq, of one schema; llama.cpp, of its grammar
    expect(said(400, "Invalid schema for response_format 'x': 'additionalProperties' is required")).toEqual([
      "schema",
      "this-format",
    ]);
    expect(said(400, "failed to parse grammar")).toEqual(["schema", "this-format"]);
    // llama.cpp says this with 500, vLLM names both fields
    expect(said(500, "Context size has been exceeded.")).toEqual(["context", null]);
    expect(
      said(
        400,
        "'max_tokens' or 'max_completion_tokens' is too large: 9. This model's maximum context length is 8 tokens",
      ),
    ).toEqual(["context", null]);
    expect(said(400, "max_tokens must be at least 1, got -186.")).toEqual(["context", null]);
    expect(said(400, "logprobs are not supported by this model", { param: "logprobs" })).toEqual([
      "request",
      "logprobs",
    ]);
    expect(said(400, "Unsupported value: 'temperature' does not support 0 with this model.")).toEqual([
      "request",
      null,
    ]);
    expect(said(402, "Insufficient Balance")).toEqual(["key", null]);
    expect(said(529, "Overloaded")).toEqual(["overload", null]);
    // OpenRouter, Mistral, LiteLLM
    expect(said(400, "foo/bar is not a valid model ID")).toEqual(["model", null]);
    expect(said(400, "Invalid model: foo", { type: "invalid_model" })).toEqual(["model", null]);
    expect(said(400, "Invalid model name passed in model=foo. Call `/v1/models`")).toEqual(["model", null]);
    // xAI; Gemini, in a list
    expect(said(400, "Incorrect API key provided: xa***ey.")).toEqual(["key", null]);
    expect(
      readRefusal(400, '[{"error":{"code":400,"message":"API key not valid. Please pass a valid API key."}}]'),
    ).toEqual({ kind: "key", message: "HTTP 400: API key not valid. Please pass a valid API key.", change: null });
  });

  it("reads FastAPI's details, and shows what is no error's body as it is", () => {
    expect(readRefusal(404, '{"detail":"Not Found"}')).toEqual({
      kind: "model",
      message: "HTTP 404: Not Found",
      change: null,
    });
    expect(readRefusal(422, '{"detail":[{"loc":["body","seed"],"msg":"not an int"}]}').message).toContain("not an int");
    expect(readRefusal(502, "<html>Bad Gateway</html>")).toEqual({
      kind: "overload",
      message: "HTTP 502: <html>Bad Gateway</html>",
      change: null,
    });
  });

  it("takes a redirect and a method that is not allowed for a wrong address, and a success without an answer for no answer", () => {
    expect(readRefusal(301, "")).toEqual({ kind: "model", message: "HTTP 301", change: null });
    expect(readRefusal(405, '{"detail":"Method Not Allowed"}').kind).toBe("model");
    expect(readRefusal(204, "").kind).toBe("answer");
  });

  it("takes any body", () => {
    fc.assert(
      fc.property(fc.integer({ min: 201, max: 599 }), fc.oneof(fc.string(), fc.json()), (status, text) => {
        expect(readRefusal(status, text).message).toContain(String(status));
      }),
    );
  });
});

describe("hiddenRefusal", () => {
  it("finds an error under the status 200", () => {
    const body = '{"code":404,"message":"The model `m` does not exist.","object":"error","type":"NotFoundError"}';
    expect(hiddenRefusal(body)?.kind).toBe("model");
    expect(hiddenRefusal('{"error":{"message":"slow down","code":429}}')?.kind).toBe("rate");
  });

  it("takes no answer for an error", () => {
    const answer = { choices: [{ message: { content: 'say "error" and "detail"' } }] };
    expect(hiddenRefusal(JSON.stringify(answer))).toBeNull();
    expect(hiddenRefusal(JSON.stringify({ ...answer, error: null }))).toBeNull();
  });
});

import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { type Answer, readAnswer, type UselessAnswer } from "./chat-response.ts";

const choice = (content: unknown, more: object = {}) => ({
  index: 0,
  message: { role: "assistant", content },
  finish_reason: "stop",
  ...more,
});
const read = (choices: unknown[], more: object = {}, stop: string[] = []): Answer => {
  const answer = readAnswer(JSON.stringify({ choices, ...more }), stop);
  if ("fault" in answer) throw new Error(answer.fault);
  return answer;
};

describe("readAnswer", () => {
  it("reads samples in the order of their indices", () => {
    const { samples, usage } = read([choice("b", { index: 1 }), choice("a", { index: 0 })], {
      usage: { prompt_tokens: 7, completion_tokens: 10 },
    });
    expect(samples.map((sample) => sample?.text)).toEqual(["a", "b"]);
    expect(usage).toEqual({ promptTokens: 7, completionTokens: 10 });
  });

  it("keeps the order where servers give no indices", () => {
    const { samples } = read([choice("a", { index: undefined }), choice("b", { index: undefined })]);
    expect(samples.map((sample) => sample?.text)).toEqual(["a", "b"]);
  });

  it("understands how samples end", () => {
    const reasons = ["stop", "length", "content_filter", "eos", null];
    const { samples } = read(reasons.map((finish_reason, index) => choice("x", { index, finish_reason })));
    expect(samples.map((sample) => sample?.finishReason)).toEqual(["stop", "length", "filter", "stop", "stop"]);
  });

  it("takes refusals and parts for text, and tells what has none", () => {
    const { samples, emptyFinish } = read([
      choice(null, { message: { content: null, refusal: "I can't." } }),
      choice(
        [
          { type: "text", text: "a" },
          { type: "text", text: "b" },
        ],
        { index: 1 },
      ),
      choice(null, { index: 2, finish_reason: "content_filter" }),
      choice(null, { index: 3, finish_reason: "length" }),
      choice("", { index: 4 }),
      choice(null, { index: 5, finish_reason: "tool_calls" }),
    ]);
    expect(samples.map((sample) => sample?.text)).toEqual(["I can't.", "ab", "", "", "", undefined]);
    expect(emptyFinish).toBe("tool_calls");
  });

  it("cuts at stop texts that the server passed over", () => {
    const { samples } = read([choice("one END two", { finish_reason: "length" })], {}, ["END"]);
    expect(samples[0]).toMatchObject({ text: "one ", finishReason: "stop" });
  });

  it("reads log-probabilities, and counts by them", () => {
    const token = (text: string) => ({ token: text, logprob: -0.5, top_logprobs: [{ token: "z", logprob: -0.1 }] });
    const { samples } = read(
      [
        choice("ab", { logprobs: { content: [token("a"), token("b")] } }),
        choice("c", { index: 1, logprobs: { content: [token("c")] } }),
      ],
      { usage: { prompt_tokens: 1, completion_tokens: 3 } },
    );
    expect(samples[0]?.logprobs?.[0]).toEqual({ token: "a", logprob: -0.5, top: [{ token: "z", logprob: -0.1 }] });
    expect(samples.map((sample) => sample?.tokens)).toEqual([2, 1]);
  });

  it("shares the tokens out so that none is lost", () => {
    fc.assert(
      fc.property(fc.array(fc.string(), { minLength: 1, maxLength: 9 }), fc.nat(10_000), (texts, tokens) => {
        const { samples } = read(
          texts.map((text, index) => choice(text, { index })),
          { usage: { completion_tokens: tokens } },
        );
        const shares = samples.map((sample) => sample!.tokens);
        expect(shares.reduce((sum, share) => sum + share, 0)).toBe(tokens);
        expect(Math.min(...shares)).toBeGreaterThanOrEqual(0);
      }),
    );
  });

  it.each([
    ["OpenAI's", { prompt_tokens_details: { cached_tokens: 6 } }, 6],
    ["DeepSeek's", { prompt_cache_hit_tokens: 5 }, 5],
    ["Moonshot's", { cached_tokens: 4 }, 4],
    ["no more than there are", { prompt_tokens_details: { cached_tokens: 900 } }, 7],
  ])("reads which prompt tokens the server had at hand, in %s place", (_, more, cachedPromptTokens) => {
    const { usage } = read([choice("a")], { usage: { prompt_tokens: 7, completion_tokens: 1, ...more } });
    expect(usage).toEqual({ promptTokens: 7, completionTokens: 1, cachedPromptTokens });
  });

  it("loses no answer over counts that make no sense", () => {
    const { samples, usage } = read([choice("a")], {
      usage: { prompt_tokens: -1, completion_tokens: 2, prompt_tokens_details: "none" },
    });
    expect(samples[0]?.text).toBe("a");
    expect(usage).toEqual({ promptTokens: 0, completionTokens: 2 });
    expect(read([choice("a")], { usage: 3 }).usage).toEqual({ promptTokens: 0, completionTokens: 0 });
  });

  it("tells what an answer of no use cost", () => {
    const usage = { prompt_tokens: 7, completion_tokens: 3 };
    for (const choices of [[], [{ message: "hi" }], undefined])
      expect(readAnswer(JSON.stringify({ choices, usage }), [])).toMatchObject({
        fault: expect.any(String),
        usage: { promptTokens: 7, completionTokens: 3 },
      });
  });

  it("makes text well-formed", () => {
    expect(read([choice("\ud83d")]).samples[0]?.text).toBe("\ufffd");
  });

  it("says what is wrong with an answer that is none", () => {
    const faults = [
      "",
      "<html>",
      '{"choices":[{"mess',
      "{}",
      '{"choices":[]}',
      '{"choices":[{"message":"hi"}]}',
      "null",
    ];
    expect(faults.map((text) => (readAnswer(text, []) as UselessAnswer).fault)).toEqual([
      "an empty answer",
      "an answer that is not JSON",
      "an answer that is not JSON",
      expect.stringContaining("of the protocol's form: choices: "),
      "an answer without choices",
      expect.stringContaining("of the protocol's form: choices[0].message: "),
      expect.stringContaining("of the protocol's form: row: "),
    ]);
  });

  it("takes any text", () => {
    fc.assert(
      fc.property(fc.oneof(fc.string(), fc.json()), (text) => {
        const answer = readAnswer(text, []);
        expect("fault" in answer || answer.samples.length > 0).toBe(true);
      }),
    );
  });
});

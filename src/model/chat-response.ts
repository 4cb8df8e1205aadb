// An answer in the words of the OpenAI protocol, as samples. What a server sends is parsed by zod and used no further than that.
// Pure. Ignores transport and refusals (refusal.ts).
import { z } from "zod";
import { fieldPath } from "../dataset/input-error.ts";
import { type FinishReason, NO_USAGE, type TokenLogprob, type Usage } from "./model.ts";
import { stopIndex } from "./stop-text.ts";

const tokenLogprob = z.object({ token: z.string(), logprob: z.number() });

/** A count that no answer is refused for: of no consequence but to the sums. */
const tokenCount = z.int().min(0).nullish().catch(null);

const wireUsage = z
  .object({
    prompt_tokens: tokenCount,
    completion_tokens: tokenCount,
    // Prompt tokens that the server had at hand, in the three places where servers tell them: OpenAI, vLLM and llama.cpp's server;
    // DeepSeek; Moonshot.
    prompt_tokens_details: z.object({ cached_tokens: tokenCount }).nullish().catch(null),
    prompt_cache_hit_tokens: tokenCount,
    cached_tokens: tokenCount,
  })
  .nullish()
  .catch(null);

const response = z.object({
  choices: z.array(
    z.object({
      index: z.int().min(0).nullish(),
      message: z.object({
        content: z.union([z.string(), z.array(z.object({ text: z.string().nullish() }))]).nullish(),
        // What OpenAI's models write in place of an answer that has to follow a schema.
        refusal: z.string().nullish(),
      }),
      finish_reason: z.string().nullish(),
      logprobs: z
        .object({ content: z.array(tokenLogprob.extend({ top_logprobs: z.array(tokenLogprob).nullish() })).nullish() })
        .nullish(),
    }),
  ),
  usage: wireUsage,
});

/** One sample, before it is known which of the request's it is. */
export interface AnsweredSample {
  readonly text: string;
  readonly finishReason: FinishReason;
  readonly tokens: number;
  readonly logprobs?: readonly TokenLogprob[];
}

export interface Answer {
  /** In the order of their indices; null in place of one without text. */
  readonly samples: readonly (AnsweredSample | null)[];
  readonly usage: Usage;
  /** How the first sample without text ended, as the server says it. */
  readonly emptyFinish: string | null;
}

/** An answer that is of no use, and may have cost something all the same. */
export interface UselessAnswer {
  /** What is wrong with it. */
  readonly fault: string;
  readonly usage: Usage;
}

/** Reads the body of an answer. */
export function readAnswer(text: string, stop: readonly string[]): Answer | UselessAnswer {
  let json: unknown;
  try {
    json = JSON.parse(text);
  } catch {
    return { fault: text.trim() === "" ? "an empty answer" : "an answer that is not JSON", usage: NO_USAGE };
  }
  const parsed = response.safeParse(json);
  if (!parsed.success) {
    const [issue] = parsed.error.issues;
    const fault = `an answer that is not of the protocol's form: ${fieldPath(issue?.path ?? [])}: ${issue?.message}`;
    return { fault, usage: usageOf(z.object({ usage: wireUsage }).safeParse(json).data?.usage) };
  }
  const { choices } = parsed.data;
  const usage = usageOf(parsed.data.usage);
  if (choices.length === 0) return { fault: "an answer without choices", usage };
  const ordered = choices.every(({ index }) => typeof index === "number")
    ? choices.toSorted((a, b) => a.index! - b.index!)
    : choices;
  const written = ordered.map((choice) => writtenText(choice));
  const shares = tokenShares(
    usage.completionTokens,
    written.map((sample) => sample?.length ?? 0),
  );
  const empty = written.indexOf(null);
  return {
    samples: ordered.map((choice, at) => {
      const whole = written[at]!;
      if (whole === null) return null;
      const end = stopIndex(whole, stop); // a server that passes over `stop` is corrected
      const logprobs = choice.logprobs?.content?.map(({ token, logprob, top_logprobs }): TokenLogprob => {
        return { token, logprob, top: (top_logprobs ?? []).map((top) => ({ token: top.token, logprob: top.logprob })) };
      });
      return {
        text: end === -1 ? whole : whole.slice(0, end),
        finishReason: end === -1 ? finishReason(choice.finish_reason ?? null) : "stop",
        tokens: ordered.length === 1 ? usage.completionTokens : (logprobs?.length ?? shares[at]!),
        ...(logprobs !== undefined && { logprobs }),
      };
    }),
    usage,
    emptyFinish: empty === -1 ? null : (ordered[empty]?.finish_reason ?? null),
  };
}

function usageOf(given: z.output<typeof wireUsage>): Usage {
  const promptTokens = given?.prompt_tokens ?? 0;
  const told = given?.prompt_tokens_details?.cached_tokens ?? given?.prompt_cache_hit_tokens ?? given?.cached_tokens;
  const cached = Math.min(told ?? 0, promptTokens);
  const usage = { promptTokens, completionTokens: given?.completion_tokens ?? 0 };
  return cached > 0 ? { ...usage, cachedPromptTokens: cached } : usage;
}

type WireChoice = z.output<typeof response>["choices"][number];

/** Null where there is no text and nothing that explains why. */
function writtenText({ message: { content, refusal }, finish_reason: finish }: WireChoice): string | null {
  const text = typeof content === "string" ? content : content?.map((part) => part.text ?? "").join("");
  if (typeof text === "string") return text.toWellFormed(); // half a surrogate pair fits no file
  if (typeof refusal === "string") return refusal.toWellFormed();
  // Nothing was left of it by the filter, or all tokens went into thinking.
  return finish === "content_filter" || finish === "length" ? "" : null;
}

function finishReason(given: string | null): FinishReason {
  if (given === "length") return "length";
  return given === "content_filter" ? "filter" : "stop";
}

/** The server counts the tokens of all samples together: shared out by length of text, so that their sum stays. */
function tokenShares(tokens: number, lengths: readonly number[]): number[] {
  const whole = lengths.reduce((sum, length) => sum + length, 0);
  let before = 0;
  let given = 0;
  return lengths.map((length, at) => {
    before += length;
    const until =
      whole === 0 ? Math.round((tokens * (at + 1)) / lengths.length) : Math.round((tokens * before) / whole);
    const share = until - given;
    given = until;
    return share;
  });
}

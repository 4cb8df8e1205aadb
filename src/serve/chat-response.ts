// Samples as OpenAI's chat completions: whole, or as the chunks of a stream. Pure: the clock and the names are handed in.
import type { Choice, FinishReason, TokenLogprob, Usage } from "../model/model.ts";

/** What all chunks of an answer share. */
export interface AnswerHead {
  readonly id: string;
  /** Seconds since 1970. */
  readonly created: number;
  readonly model: string;
}

/** An ended sample's reason in the protocol's words; an aborted one has none. */
const REASONS: Record<FinishReason, string | null> = {
  stop: "stop",
  length: "length",
  filter: "content_filter",
  aborted: null,
};

/** The answer as a whole. */
export function completion(head: AnswerHead, choices: readonly Choice[], usage: Usage): unknown {
  return {
    ...head,
    object: "chat.completion",
    choices: choices.map(({ index, text, finishReason, logprobs }) => ({
      index,
      message: { role: "assistant", content: text, refusal: null },
      logprobs: logprobsBody(logprobs),
      finish_reason: REASONS[finishReason],
    })),
    usage: usageBody(usage),
  };
}

/** Writes the chunks of one answer. Where usage is asked for, every chunk has the field, and the last one its numbers. */
export class ChunkWriter {
  readonly #head: AnswerHead;
  readonly #usage: { readonly usage?: null };
  /** Characters told of each sample. */
  readonly #told = new Map<number, number>();

  constructor(head: AnswerHead, includeUsage: boolean) {
    this.#head = head;
    this.#usage = includeUsage ? { usage: null } : {};
  }

  /** The chunks for a further piece of a sample; its first one says who speaks. */
  text(index: number, text: string): unknown[] {
    const told = this.#told.get(index);
    this.#told.set(index, (told ?? 0) + text.length);
    const piece = this.#chunk(index, { content: text }, null, null);
    return told === undefined
      ? [this.#chunk(index, { role: "assistant", content: "", refusal: null }, null, null), piece]
      : [piece];
  }

  /**
   * The chunks that end a sample: what of its text wasn't told, then the reason. Log-probabilities come with the last chunk: they
   * are known when the sample is.
   */
  end({ index, text, finishReason, logprobs }: Choice): unknown[] {
    const told = this.#told.get(index);
    const rest = text.slice(told ?? 0);
    return [
      ...(rest !== "" || told === undefined ? this.text(index, rest) : []),
      this.#chunk(index, {}, logprobsBody(logprobs), REASONS[finishReason]),
    ];
  }

  /** The chunk after the last sample, with the token counts. */
  usage(usage: Usage): unknown {
    return { ...this.#head, object: "chat.completion.chunk", choices: [], usage: usageBody(usage) };
  }

  #chunk(index: number, delta: object, logprobs: unknown, finish_reason: string | null): unknown {
    const choices = [{ index, delta, logprobs, finish_reason }];
    return { ...this.#head, object: "chat.completion.chunk", choices, ...this.#usage };
  }
}

const usageBody = ({ promptTokens, completionTokens }: Usage): unknown => ({
  prompt_tokens: promptTokens,
  completion_tokens: completionTokens,
  total_tokens: promptTokens + completionTokens,
});

function logprobsBody(logprobs: readonly TokenLogprob[] | undefined): unknown {
  if (logprobs === undefined) return null;
  return {
    content: logprobs.map(({ token, logprob, top }) => ({
      ...tokenBody(token, logprob),
      top_logprobs: top.map((one) => tokenBody(one.token, one.logprob)),
    })),
    refusal: null,
  };
}

/** A token that is part of a character has no text of its own, and its bytes aren't known here. */
const tokenBody = (token: string, logprob: number) => ({
  token,
  logprob,
  bytes: token.includes("\uFFFD") ? null : [...Buffer.from(token)],
});

// What every chat model is to the rest of the project: a request of messages and sampling settings goes in, n samples
// come out. Served by the embedded model, by an endpoint, by a cache in front of either, and by a scripted double in
// tests. Knows nothing of prompts, templates or transports.
import { z } from "zod";
import type { Message } from "../profile/message.ts";

/** One request: n samples of the assistant's next message. */
export interface GenerateRequest {
  /** The conversation so far; the model writes the assistant message that follows. */
  readonly messages: readonly Message[];
  /** Number of samples. Default 1. */
  readonly n?: number;
  /** 0 takes the likeliest token each time; 1 samples from the model's own distribution. Default 1. */
  readonly temperature?: number;
  /** Non-negative integer. Sample i is drawn with a seed made from this one and i: see `sampleSeed`. */
  readonly seed: number;
  /** A sample ends before the first of these texts that it would contain. Default none. */
  readonly stop?: readonly string[];
  /** Longest sample, in tokens of the model. */
  readonly maxTokens: number;
  /** Nucleus sampling: keep the likeliest tokens that together have this probability. Default 1, which keeps all. */
  readonly topP?: number;
  /** Keep only so many likeliest tokens. Default 0, which keeps all. */
  readonly topK?: number;
  /** Drop tokens less likely than this share of the likeliest one. Default 0, which drops none. */
  readonly minP?: number;
  /**
   * Each sample is to be a JSON text of this schema. A model holds itself to it as far as it can, and not all can: whoever asks
   * checks what comes (typed-answer.ts). Default null: free text.
   */
  readonly schema?: ResponseSchema | null;
  /** Log-probabilities of each sampled token and of so many likeliest ones beside it; null for none. Default null. */
  readonly logprobs?: number | null;
  /**
   * Samples that the caller has already, by index. A model that makes samples one by one gives no choices for these; one that
   * makes them together may give them again. Default none.
   */
  readonly skip?: readonly number[];
}

/** A JSON schema (draft 2020-12, as an object) under the name that the protocol wants for it. */
export interface ResponseSchema {
  /** Letters, digits, - and _, at most 64. */
  readonly name: string;
  readonly schema: Readonly<Record<string, unknown>>;
}

/** A token with its natural log-probability in the model's own distribution, which no temperature or filter has altered. */
export interface TokenLogprob {
  readonly token: string;
  readonly logprob: number;
  /** The likeliest tokens in its place, likeliest first. */
  readonly top: readonly { readonly token: string; readonly logprob: number }[];
}

/** A request with every default filled in. */
export type ResolvedRequest = Required<GenerateRequest>;

/**
 * Why a sample ended: the model or a stop text ended it, it reached its length, the server's filter took it away, or the
 * caller's signal ended it.
 */
export type FinishReason = "stop" | "length" | "filter" | "aborted";

/** One sample. */
export interface Choice {
  /** Which of the n samples, from 0. */
  readonly index: number;
  /** As the model wrote it: not trimmed; without stop text and end-of-turn token. */
  readonly text: string;
  readonly finishReason: FinishReason;
  /** Tokens sampled, the end-of-turn token and those of a stop text included. */
  readonly tokens: number;
  /** The seed that this sample was drawn with. */
  readonly seed: number;
  /** Of the tokens that make up its text, where they were asked for and the model tells them. */
  readonly logprobs?: readonly TokenLogprob[];
}

/** Token counts of one request. The prompt is counted once, however many samples share it. */
export interface Usage {
  readonly promptTokens: number;
  readonly completionTokens: number;
  /** Of the prompt tokens, those that the server says it had at hand from an earlier request: many charge less for them. */
  readonly cachedPromptTokens?: number;
}

/** The tokens of two requests, or of two tries of one. */
export function addUsage(a: Usage, b: Usage): Usage {
  const cached = (a.cachedPromptTokens ?? 0) + (b.cachedPromptTokens ?? 0);
  return {
    promptTokens: a.promptTokens + b.promptTokens,
    completionTokens: a.completionTokens + b.completionTokens,
    ...(cached > 0 && { cachedPromptTokens: cached }),
  };
}

export const NO_USAGE: Usage = { promptTokens: 0, completionTokens: 0 };

/** What a request gave: as many choices as samples asked for, less those skipped, by index. */
export interface Generation {
  readonly choices: readonly Choice[];
  readonly usage: Usage;
}

export interface GenerateOptions {
  /**
   * Ends the request early. It is then answered, not rejected: samples that had ended are kept, the others have what was
   * written so far and `finishReason: "aborted"`.
   */
  readonly signal?: AbortSignal | undefined;
  /** Called with each sample as it ends, in any order, so that it can be stored before the others are there. */
  readonly onChoice?: ((choice: Choice) => void) | undefined;
  /**
   * Called with each further piece of a sample's text as it is sampled: whole characters, and nothing that a stop text would
   * take back. A sample's pieces, one after the other, are its text or, where the model didn't tell all, the beginning of it.
   */
  readonly onText?: ((piece: TextPiece) => void) | undefined;
}

/** A further piece of the text of a sample. */
export interface TextPiece {
  /** Which of the n samples, from 0. */
  readonly index: number;
  readonly text: string;
}

/** A chat model. */
export interface ChatModel {
  /** Name for records of what wrote a response. */
  readonly name: string;
  /** So many requests at once keep the model busy; more wait their turn. */
  readonly concurrency: number;
  /**
   * Samples n continuations of the conversation.
   * @throws RequestError when a field of the request is wrong; ModelFailure (model-failure.ts) when the model gives no answer.
   */
  generate(request: GenerateRequest, options?: GenerateOptions): Promise<Generation>;
  /** Ends what is running as an abort does and gives back memory. The model can't be used afterwards. */
  dispose(): Promise<void>;
}

/** A request that no model could serve: says which field and why. */
export class RequestError extends Error {
  constructor(message: string) {
    super(message);
    this.name = "RequestError";
  }
}

/** Most samples of one request: beyond it the request is surely a mistake. */
const MAX_SAMPLES = 4096;

/** The protocol's own limit. */
const MAX_TOP_LOGPROBS = 20;

const requestSchema = z.strictObject({
  messages: z
    .array(z.object({ role: z.enum(["system", "user", "assistant"]), content: z.string() }))
    .min(1, "needs at least one message"),
  n: z.int().min(1).max(MAX_SAMPLES).default(1),
  temperature: z.number().min(0).max(10).default(1),
  seed: z.int().min(0),
  stop: z.array(z.string().min(1, "a stop text can't be empty")).default([]),
  maxTokens: z.int().min(1),
  topP: z.number().gt(0).max(1).default(1),
  topK: z.int().min(0).default(0),
  minP: z.number().min(0).max(1).default(0),
  schema: z
    .strictObject({
      name: z.string().regex(/^[\w-]{1,64}$/, "a schema's name is of 1 to 64 letters, digits, - and _"),
      schema: z.record(z.string(), z.unknown()),
    })
    .nullable()
    .default(null),
  logprobs: z.int().min(0).max(MAX_TOP_LOGPROBS).nullable().default(null),
  skip: z.array(z.int().min(0)).default([]),
});

/**
 * Checks a request and fills in its defaults.
 * @throws RequestError naming the field, what is wrong with it and what was given.
 */
export function resolveRequest(request: GenerateRequest): ResolvedRequest {
  const parsed = requestSchema.safeParse(request);
  if (parsed.success) return parsed.data;
  const issue = parsed.error.issues[0]!;
  const field = issue.path.length === 0 ? "request" : issue.path.join(".");
  throw new RequestError(`request for samples: ${field}: ${issue.message}`);
}

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
}

/** A request with every default filled in. */
export type ResolvedRequest = Required<GenerateRequest>;

/** Why a sample ended: the model or a stop text ended it, it reached its length, or the caller's signal ended it. */
export type FinishReason = "stop" | "length" | "aborted";

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
}

/** Token counts of one request. The prompt is counted once, however many samples share it. */
export interface Usage {
  readonly promptTokens: number;
  readonly completionTokens: number;
}

/** What a request gave: as many choices as samples asked for, by index. */
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
}

/** A chat model. */
export interface ChatModel {
  /** Name for records of what wrote a response. */
  readonly name: string;
  /** So many requests at once keep the model busy; more wait their turn. */
  readonly concurrency: number;
  /**
   * Samples n continuations of the conversation.
   * @throws RequestError when a field of the request is wrong; whatever the model's own parts throw when they fail.
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

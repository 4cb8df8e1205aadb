// A model whose answers are written beforehand, for tests and for replays of recorded responses: the same interface and the
// same promises as a real one (order of samples, stop texts, lengths, abort), with words for tokens. Ignores probabilities:
// temperature, topP, topK, minP and schema change nothing, and it tells no log-probabilities.
import type { Message } from "../profile/message.ts";
import {
  type ChatModel,
  type Choice,
  type FinishReason,
  type GenerateOptions,
  type GenerateRequest,
  type Generation,
  type ResolvedRequest,
  resolveRequest,
} from "./model.ts";
import { sampleSeed } from "./sample-seed.ts";
import { stopIndex } from "./stop-text.ts";
import { unlessAborted } from "./unless-aborted.ts";

/** Where in which request a text is wanted. */
export interface ScriptedSample {
  readonly messages: readonly Message[];
  readonly index: number;
  readonly seed: number;
}

/** The text of a sample, or a promise of it; throwing makes the request fail as a broken model would. */
export type Script = (sample: ScriptedSample) => string | Promise<string>;

export interface ScriptedModel extends ChatModel {
  /** Every request so far, defaults filled in. */
  readonly requests: readonly ResolvedRequest[];
}

/**
 * A model that answers by a script.
 * @param script a function, or a list of texts that samples are answered with by turns.
 */
export function scriptedModel(
  script: Script | readonly string[],
  { name = "scripted", concurrency = 1 }: { readonly name?: string; readonly concurrency?: number } = {},
): ScriptedModel {
  const answer = typeof script === "function" ? script : inTurn(script);
  const requests: ResolvedRequest[] = [];
  const disposal = new AbortController();

  async function generate(
    given: GenerateRequest,
    { signal, onChoice, onText }: GenerateOptions = {},
  ): Promise<Generation> {
    if (disposal.signal.aborted) throw new Error(`model ${name} was disposed`);
    const request = resolveRequest(given);
    requests.push(request);
    const ended = signal === undefined ? disposal.signal : AbortSignal.any([signal, disposal.signal]);
    const choices: Choice[] = [];
    for (let index = 0; index < request.n; index++) {
      if (request.skip.includes(index)) continue;
      const seed = sampleSeed(request.seed, index);
      const text = ended.aborted
        ? undefined
        : await unlessAborted(Promise.resolve(answer({ messages: request.messages, index, seed })), ended);
      const choice: Choice = { index, seed, ...(text === undefined ? ABORTED : cut(text, request)) };
      choices.push(choice);
      if (onText !== undefined) for (const word of words(choice.text)) onText({ index, text: word });
      onChoice?.(choice);
    }
    return {
      choices,
      usage: {
        promptTokens: request.messages.reduce((sum, { content }) => sum + words(content).length, 0),
        completionTokens: choices.reduce((sum, choice) => sum + choice.tokens, 0),
      },
    };
  }

  return { name, concurrency, requests, generate, dispose: async () => disposal.abort() };
}

const ABORTED = { text: "", finishReason: "aborted", tokens: 0 } as const;

function inTurn(texts: readonly string[]): Script {
  if (texts.length === 0) throw new Error("a scripted model needs at least one text");
  let next = 0;
  return () => texts[next++ % texts.length]!;
}

/** A word with the white space before it: the scripted model's tokens. */
const words = (text: string): string[] => text.match(/\s*\S+|\s+$/gu) ?? [];

function cut(text: string, request: ResolvedRequest): { text: string; finishReason: FinishReason; tokens: number } {
  const stop = stopIndex(text, request.stop);
  const whole = stop === -1 ? text : text.slice(0, stop);
  const tokens = words(whole);
  if (tokens.length <= request.maxTokens) return { text: whole, finishReason: "stop", tokens: tokens.length };
  const kept = tokens.slice(0, request.maxTokens);
  return { text: kept.join(""), finishReason: "length", tokens: kept.length };
}

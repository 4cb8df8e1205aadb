// The sampling stage: every planned turn gets its n samples, each stored the moment it ends. What is stored already is not
// asked for again; a run that was stopped loses at most the samples that were being written.
import type { ChatModel } from "../model/model.ts";
import type { PlannedTurn } from "./plan.ts";
import { contentHash, type RequestContent } from "./request-content.ts";
import type { RunStore } from "./store.ts";

/** Sampling as it is asked of the model, apart from messages and seed. */
export interface Sampling {
  /** Samples of a turn. */
  readonly n: number;
  readonly temperature: number;
  /** Longest response, in tokens of the model. */
  readonly maxTokens: number;
  /** The run's seed; each turn's is made from it. */
  readonly seed: number;
}

/** A model with what identifies it in the store: the same file under another path is the same model. */
export interface IdentifiedModel {
  readonly identity: string;
  readonly chat: ChatModel;
}

export interface SampleProgress {
  readonly done: number;
  readonly total: number;
  /** Tokens written since the stage began. */
  readonly tokens: number;
}

export const SAMPLE_STAGE = "sample";

/** The request that a turn makes. Its seed comes from the run's and the turn's id, so turns do not share noise. */
export function requestOf(
  turn: PlannedTurn,
  identity: string,
  { temperature, maxTokens, seed }: Sampling,
): RequestContent {
  return {
    model: identity,
    messages: turn.messages,
    sampling: { temperature, maxTokens, seed: turnSeed(seed, turn.id) },
  };
}

/** 32 bits of the hash of the two. */
const turnSeed = (seed: number, turn: string): number => Number.parseInt(contentHash([seed, turn]).slice(0, 8), 16);

/**
 * Samples what is missing. A turn whose request fails is marked with its cause, and the others go on; a later run tries it
 * again. Returns when all is done or the signal ends it; then what had ended is stored.
 */
export async function sampleTurns(
  turns: readonly PlannedTurn[],
  model: IdentifiedModel,
  sampling: Sampling,
  store: RunStore,
  options: { readonly signal?: AbortSignal; readonly onProgress?: (progress: SampleProgress) => void } = {},
): Promise<void> {
  const total = turns.length * sampling.n;
  const waiting: { turn: PlannedTurn; request: string; content: RequestContent }[] = [];
  let done = 0;
  let tokens = 0;
  for (const turn of turns) {
    const content = requestOf(turn, model.identity, sampling);
    const request = store.request(content);
    const there = store.choices(request).filter(({ sample }) => sample < sampling.n).length;
    done += there;
    if (there < sampling.n) waiting.push({ turn, request, content });
  }
  const report = (): void => options.onProgress?.({ done, total, tokens });
  report();

  async function work(): Promise<void> {
    for (let next = waiting.shift(); next !== undefined && !options.signal?.aborted; next = waiting.shift()) {
      const { turn, request, content } = next;
      const there = new Set(store.choices(request).map(({ sample }) => sample));
      try {
        await model.chat.generate(
          {
            messages: turn.messages,
            n: sampling.n,
            temperature: sampling.temperature,
            maxTokens: sampling.maxTokens,
            seed: content.sampling.seed as number,
          },
          {
            signal: options.signal,
            onChoice: ({ index, text, finishReason, tokens: length }) => {
              tokens += length;
              if (finishReason === "aborted" || there.has(index)) return;
              store.saveChoice(request, { sample: index, text, finishReason, tokens: length });
              done += 1;
              report();
            },
          },
        );
        if (!options.signal?.aborted) store.mark(SAMPLE_STAGE, turn.id, "done");
      } catch (error) {
        if (options.signal?.aborted) return;
        store.mark(SAMPLE_STAGE, turn.id, "failed", (error as Error).message);
      }
    }
  }
  await Promise.all(Array.from({ length: Math.max(1, model.chat.concurrency) }, work));
}

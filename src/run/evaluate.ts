// The evaluation stage: responses of one model to the held-out turns, through the run's store as the training samples are,
// with verdicts by code. The same turns and seeds for whatever model, so that two models differ in nothing else.
import type { EvaluationTurn } from "../eval/held-out.ts";
import { Interrupted } from "./interrupted.ts";
import { type JudgedTurn, judgeTurns } from "./judge.ts";
import { type IdentifiedModel, SAMPLE_STAGE, type SampleProgress, type Sampling, sampleTurns } from "./sample.ts";
import type { RunStore } from "./store.ts";

export type EvaluatedTurn = EvaluationTurn & JudgedTurn;

export interface Evaluated {
  readonly turns: readonly EvaluatedTurn[];
  /** Turns that lack responses, with the cause. */
  readonly failed: readonly { readonly id: string; readonly cause: string | null }[];
}

/** How a model with an adapter is known in the store, both by the SHA-256 of their files. */
export const tunedIdentity = (base: string, adapter: string): string => `${base}+${adapter}`;

/**
 * Samples what is missing and judges all.
 * @throws Interrupted when the signal ends it
 */
export async function evaluateModel(
  turns: readonly EvaluationTurn[],
  model: IdentifiedModel,
  sampling: Sampling,
  store: RunStore,
  options: { readonly signal?: AbortSignal; readonly onProgress?: (progress: SampleProgress) => void } = {},
): Promise<Evaluated> {
  const progress = { done: 0, total: 0 };
  await sampleTurns(turns, model, sampling, store, {
    ...options,
    onProgress: (now) => {
      Object.assign(progress, now);
      options.onProgress?.(now);
    },
  });
  if (progress.done < progress.total && options.signal?.aborted) throw new Interrupted(progress.done, progress.total);
  const judged = new Map(judgeTurns(turns, model.identity, sampling, store).map((turn) => [turn.id, turn]));
  const causes = new Map(store.items(SAMPLE_STAGE, "failed").map(({ id, cause }) => [id, cause]));
  return {
    turns: turns.flatMap((turn) => {
      const found = judged.get(turn.id);
      return found === undefined ? [] : [{ ...turn, ...found }];
    }),
    failed: turns
      .filter(({ id }) => (judged.get(id)?.samples.length ?? 0) < sampling.n)
      .map(({ id }) => ({ id, cause: causes.get(id) ?? null })),
  };
}

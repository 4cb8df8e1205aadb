// An engine's losses computed again from its log-probabilities, in double precision, by the objective of the embedded trainer. Pure.
import { z } from "zod";
import { InputError } from "../dataset/input-error.ts";
import { evaluateRowLoss, type Objective, rowLoss } from "../train/objective.ts";
import type { TokenRow } from "../train/token-row.ts";

const numbers = z.array(z.number()).min(1);

/** A batch as rpo_engines dumps it; lists of a number a pair, the references without a margin. */
export const dumpedBatch = z.object({
  /** Updates before it. */
  step: z.int().min(0),
  margins: numbers,
  chosen_logps: numbers,
  rejected_logps: numbers,
  ref_chosen_logps: numbers,
  ref_rejected_logps: numbers,
  /** The engine's, the batch's mean. */
  loss: z.number(),
  /** Each pair's, where the engine tells them. */
  losses: numbers.exactOptional(),
  /** γ outside β. */
  beta: z.number(),
  gamma: z.number(),
  label_smoothing: z.number().default(0),
  /** Weight of the chosen completion's mean negative log-likelihood. */
  nll: z.number().default(0),
  /** Tokens of the chosen completions; needed where `nll` isn't 0. */
  chosen_tokens: numbers.exactOptional(),
});
export type DumpedBatch = z.output<typeof dumpedBatch>;

/** The loss of each of a batch's pairs. @throws InputError for numbers that no objective takes */
export function recomputedLosses(batch: DumpedBatch): readonly number[] {
  const { margins, beta, gamma, chosen_tokens, nll } = batch;
  if (nll !== 0 && chosen_tokens === undefined)
    throw new InputError(`step ${batch.step}: chosen_tokens: missing, and nll is ${nll}`);
  const objective: Objective = {
    method: "rpo",
    beta,
    gamma,
    labelSmoothing: batch.label_smoothing,
    nllWeight: nll,
    desirableWeight: 1,
    undesirableWeight: 1,
  };
  return margins.map((margin, pair) => {
    const token = new Int32Array(1); // how long a rejected completion is has no part in the loss
    const row: TokenRow = {
      id: `step ${batch.step}, pair ${pair + 1}`,
      prompt: token,
      completions: [new Int32Array(chosen_tokens?.[pair] ?? 1), token],
      margin,
      desirable: true,
    };
    const of = (name: "chosen_logps" | "rejected_logps" | "ref_chosen_logps" | "ref_rejected_logps") =>
      batch[name][pair] ?? Number.NaN;
    const terms = rowLoss(objective, row, [of("ref_chosen_logps"), of("ref_rejected_logps")], {
      z0: 0,
      tokensPerRow: 1,
    });
    return evaluateRowLoss(terms, [of("chosen_logps"), of("rejected_logps")]).loss;
  });
}

/** Mean loss of a batch's pairs. */
export function recomputedLoss(batch: DumpedBatch): number {
  const losses = recomputedLosses(batch);
  return losses.reduce((sum, loss) => sum + loss, 0) / losses.length;
}

/** How far an engine's losses are from those computed again. */
export interface LossComparison {
  readonly batches: number;
  /** Batches after so many updates as were asked for. */
  readonly late: number;
  /** NaN where a loss is none. */
  readonly worst: number;
}

export function compareLosses(batches: readonly DumpedBatch[], lateFrom: number): LossComparison {
  const differences = batches.flatMap((batch) => {
    const again = recomputedLosses(batch);
    const ofPairs = (batch.losses ?? again).map((loss, pair) => Math.abs((again[pair] ?? Number.NaN) - loss));
    return [Math.abs(recomputedLoss(batch) - batch.loss), ...ofPairs];
  });
  return {
    batches: batches.length,
    late: batches.filter(({ step }) => step >= lateFrom).length,
    worst: Math.max(0, ...differences),
  };
}

// A look at the validation rows: their mean loss and rewards under an adapter, without dropout and without gradients. Ignores
// what becomes of the numbers.
import { type BatchSummary, type RowOutcome, summarise } from "./batch-summary.ts";
import type { Engine } from "./engine.ts";
import type { LoraWeights } from "./lora-weights.ts";
import { batchTerms, logRatio, needsReference, type Objective, referencePoint, rowLoss } from "./objective.ts";
import type { LogprobTable } from "./reference-logprobs.ts";
import type { RowSource } from "./row-source.ts";
import type { TokenRow } from "./token-row.ts";
import type { TrainingRows } from "./training-rows.ts";

export interface ValidationOptions {
  readonly engine: Engine;
  readonly validation: TrainingRows;
  readonly objective: Objective;
  /** Null for the frozen model, whose log-probabilities are taken from the reference where there is one. */
  readonly lora: LoraWeights | null;
  readonly signal?: AbortSignal;
  readonly onProgress?: (done: number, of: number) => void;
}

/** What a look gave; `kl` is KTO's z0 over all validation rows, null for the others. */
export interface ValidationResult extends BatchSummary {
  readonly kl: number | null;
}

/** @returns null where the signal ended it before its end */
export async function validate(options: ValidationOptions): Promise<ValidationResult | null> {
  const { engine, validation, objective, lora, signal, onProgress } = options;
  const { rows, reference, mismatched } = validation;
  const total = rows.length * (mismatched === null ? 1 : 2);
  let done = 0;
  const look = async (
    source: RowSource,
    known: LogprobTable | null,
  ): Promise<{ row: TokenRow; logprobs: readonly number[] }[] | null> => {
    const seen: { row: TokenRow; logprobs: readonly number[] }[] = [];
    for (let index = 0; index < source.length; index += 1) {
      if (signal?.aborted) return null;
      onProgress?.(done, total);
      const row = await source.get(index);
      const logprobs = lora === null && known !== null ? known.of(index) : await engine.logprobs(row, lora);
      seen.push({ row, logprobs: [...logprobs] });
      done += 1;
    }
    return seen;
  };
  let kl: number | null = null;
  if (mismatched !== null) {
    const others = await look(mismatched.rows, mismatched.reference);
    if (others === null) return null;
    kl = referencePoint(others.map(({ logprobs }, index) => logRatio(logprobs, mismatched.reference.of(index))));
  }
  const seen = await look(rows, reference);
  if (seen === null) return null;
  const terms = batchTerms(
    objective,
    seen.map(({ row }) => row),
    kl,
  );
  const outcomes = seen.map(({ row, logprobs }, index): RowOutcome => {
    const ofRow = needsReference(objective.method) ? (reference?.of(index) ?? null) : null;
    return { row, logprobs, reference: ofRow, rowLoss: rowLoss(objective, row, ofRow, terms) };
  });
  onProgress?.(total, total);
  return { ...summarise(objective, outcomes), kl };
}

// Attention in which no token sees a later one. Half of the scores of all queries with all keys would be hidden; so the queries
// are taken in runs, each with the keys up to its last row: of n runs (1 + 1/n)/2 of the scores are computed, and kept for the
// backward pass.
import type { Tape, Value } from "../tape.ts";
import { type AttentionOptions, attention } from "./attention.ts";
import { firstRows, joinRows, type Runs, splitRows } from "./row-runs.ts";

/** Runs of queries, with what is added to the scores of each. */
export interface QueryRuns extends Runs {
  /** [rows of the run, keys up to its last row] each. */
  readonly masks: readonly string[];
}

/** The mask [T, T] in the pieces that the runs need; what is left out hides all. */
export function runMasks(tape: Tape, mask: string, { sizes, ends }: Runs): readonly string[] {
  const { model } = tape;
  return model.operators("Split", [mask, sizes], ends.length, { axis: 0 }).map((rows, i) => {
    if (i === ends.length - 1) return rows;
    return tape.operator("Slice", [rows, model.integers(0), ends[i] as string, model.integers(1)]);
  });
}

/**
 * @param q [T, heads * headDim]
 * @param k, v [T, kvHeads * headDim]
 * @returns [T, heads * headDim]
 */
export function causalAttention(
  tape: Tape,
  { q, k, v, runs }: { readonly q: Value; readonly k: Value; readonly v: Value; readonly runs: QueryRuns },
  options: AttentionOptions,
): Value {
  const seen = (x: Value, i: number) => (i === runs.ends.length - 1 ? x : firstRows(tape, x, runs.ends[i] as string));
  const parts = splitRows(tape, q, runs).map((queries, i) =>
    attention(tape, { q: queries, k: seen(k, i), v: seen(v, i), mask: runs.masks[i] as string }, options),
  );
  return joinRows(tape, parts, runs);
}

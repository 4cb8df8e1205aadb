// The length at which an engine cuts rows, from the lengths of a data set's rows, and the method's rule for the rows that go
// through a processor at once (spec/method.md, step 10). Pure.
import { InputError } from "../dataset/input-error.ts";

/** Lengths to choose from, in tokens. */
export const CUTOFFS = [256, 512, 1024, 2048, 4096, 8192] as const;

/** Share of the rows that must be shorter. */
export const CUTOFF_PERCENTILE = 0.95;

/**
 * The smallest of 256 … 8192 above the 95th percentile of the lengths, as far as the model's context goes.
 * @param lengths tokens of each row: its prompt with its longest completion
 * @param contextLength of the model; null where it isn't known
 * @throws InputError for no rows, and where the percentile is beyond the longest cutoff
 */
export function chosenCutoff(
  lengths: Int32Array,
  contextLength: number | null,
): { readonly cutoff: number; readonly percentile: number } {
  if (lengths.length === 0) throw new InputError("no rows: no length to cut at");
  const percentile = percentileOf(lengths, CUTOFF_PERCENTILE);
  const cutoff = CUTOFFS.find((length) => length > percentile);
  if (cutoff === undefined)
    throw new InputError(
      `95 % of the rows have up to ${percentile} tokens, and the longest length that is chosen by itself is ${CUTOFFS.at(-1)}; ` +
        "give --max-length, or make a data set of shorter dialogues",
    );
  return { cutoff: contextLength === null ? cutoff : Math.min(cutoff, contextLength), percentile };
}

/** The value below or at which a share of the values lies, as the method's public code takes it: the one at ⌊share·n⌋ in order. */
export function percentileOf(values: Int32Array, share: number): number {
  const sorted = values.slice().sort();
  return sorted[Math.min(sorted.length - 1, Math.floor(sorted.length * share))] ?? 0;
}

/** Tokens of one side of the pairs that a process takes at once, by the method's rule. */
const TOKENS_AT_ONCE = 8192;

/** Weights from which a model counts as one of 70 billion: Llama 2 70B, the smallest that is called so, has 69 billion. */
const LARGE_FROM = 65e9;

/** Rows that go through one process at once: 8192 / cutoff, half for a model from 70 billion weights; at least 1. */
export const ruleBatch = (cutoff: number, parameters: number | null): number =>
  Math.max(1, Math.floor(TOKENS_AT_ONCE / cutoff / (parameters !== null && parameters >= LARGE_FROM ? 2 : 1)));

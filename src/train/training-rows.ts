// A data set with what a method must know of it before the first step: the frozen model's log-probabilities, and for KTO
// those of its mismatched rows. Ignores validation and training alike: both have one of these.
import { createHash } from "node:crypto";
import { InputError } from "../dataset/input-error.ts";
import type { Method } from "../preference/training-row.ts";
import { needsReference } from "./objective.ts";
import { type LogprobTable, type ReferenceOptions, referenceLogprobs } from "./reference-logprobs.ts";
import type { RowSource } from "./row-source.ts";
import type { TokenRow } from "./token-row.ts";

export interface TrainingRows {
  readonly rows: RowSource;
  /** By row; null in SFT, which has no reference. */
  readonly reference: LogprobTable | null;
  /** KTO: row i is the prompt of row i with another row's completion. */
  readonly mismatched: { readonly rows: RowSource; readonly reference: LogprobTable } | null;
}

/** Computes what the method needs, or reads it from where it was left. @throws as referenceLogprobs does */
export async function trainingRows(method: Method, options: ReferenceOptions): Promise<TrainingRows> {
  const { rows } = options;
  if (!needsReference(method)) return { rows, reference: null, mismatched: null };
  if (method !== "kto") return { rows, reference: await referenceLogprobs(options), mismatched: null };
  const others = mismatchedRows(rows);
  const { onProgress } = options;
  const both = (from: number): Pick<ReferenceOptions, "onProgress"> =>
    onProgress === undefined ? {} : { onProgress: (done) => onProgress(from + done, 2 * rows.length) };
  const reference = await referenceLogprobs({ ...options, ...both(0) });
  return {
    rows,
    reference,
    mismatched: {
      rows: others,
      reference: await referenceLogprobs({ ...options, rows: others, ...both(rows.length) }),
    },
  };
}

/**
 * KTO's rows of prompts with completions that answer others, by which it estimates how far the adapter has moved from the
 * frozen model. The completion is that of the row half a data set further on: rows of one turn lie side by side and share
 * their prompt, so a neighbour's would not be mismatched. As in TRL a row keeps its partner throughout, so that the frozen
 * model sees each once. Where the two together are longer than either's own row, the prompt loses its start, so that what
 * fits the rows fits these.
 * @throws InputError for fewer than two rows
 */
export function mismatchedRows(rows: RowSource): RowSource {
  if (rows.length < 2)
    throw new InputError(`KTO compares with other rows' completions: it needs at least 2 rows, not ${rows.length}`);
  const shift = Math.floor(rows.length / 2);
  return {
    length: rows.length,
    sha256: createHash("sha256")
      .update(JSON.stringify(["mismatched", shift, rows.sha256]))
      .digest("hex"),
    async get(index) {
      const row = await rows.get(index);
      const other = await rows.get((index + shift) % rows.length);
      const over = tokensOf([row.prompt, ...other.completions]) - Math.max(rowTokens(row), rowTokens(other));
      const prompt = over > 0 ? row.prompt.subarray(over) : row.prompt;
      return { ...row, id: `${row.id} with the completion of ${other.id}`, prompt, completions: other.completions };
    },
  };
}

const tokensOf = (parts: readonly Int32Array[]): number => parts.reduce((sum, part) => sum + part.length, 0);
const rowTokens = (row: TokenRow): number => tokensOf([row.prompt, ...row.completions]);

// The provenance of a training row as the exported files spell it: one flat object of strings and lists of strings, with
// the same keys in every row of a file. Loaders infer a column's type from the first rows they see (Hugging Face
// `datasets` from the first 10 MB), so a key that comes and goes, or a null that later is a string, would break the load.
import type { CompletionRow, PreferenceRow, Provenance } from "../../preference/training-row.ts";

/** Provenance of a pair. `*_merged` are the responses of equal verdict vector that one stands for, itself included. */
export interface PairProvenance {
  readonly method: string;
  readonly turn: string;
  readonly profile: string;
  readonly chosen: string;
  /** "" where the turn table names no model. */
  readonly chosen_model: string;
  readonly chosen_merged: readonly string[];
  readonly rejected: string;
  readonly rejected_model: string;
  readonly rejected_merged: readonly string[];
  /** Ids of the constraints that the prompt states reversed. */
  readonly reversed: readonly string[];
  /** Ids of the constraints on which the two responses differ. */
  readonly differ: readonly string[];
  readonly verdict_source: string;
}

/** Provenance of an unpaired row (KTO, SFT). */
export interface CompletionProvenance {
  readonly method: string;
  readonly turn: string;
  readonly profile: string;
  readonly response: string;
  readonly response_model: string;
  readonly response_merged: readonly string[];
  readonly reversed: readonly string[];
  readonly differ: readonly string[];
  readonly verdict_source: string;
}

type ResponseSource = NonNullable<Provenance["chosen"]>;

const NO_RESPONSE: ResponseSource = { response: "", merged: [] };

/** The provenance of a pair, in the fixed columns of the exports. */
export function pairProvenance({ provenance }: PreferenceRow): PairProvenance {
  const { method, turn, profile, chosen = NO_RESPONSE, rejected = NO_RESPONSE } = provenance;
  return {
    method,
    turn,
    profile,
    chosen: chosen.response,
    chosen_model: chosen.model ?? "",
    chosen_merged: chosen.merged,
    rejected: rejected.response,
    rejected_model: rejected.model ?? "",
    rejected_merged: rejected.merged,
    reversed: provenance.reversed,
    differ: provenance.differ,
    verdict_source: provenance.verdictSource,
  };
}

/** The provenance of an unpaired row; an undesirable one names its response under `rejected` in the training row. */
export function completionProvenance({ provenance }: CompletionRow): CompletionProvenance {
  const { method, turn, profile, chosen, rejected } = provenance;
  const source = chosen ?? rejected ?? NO_RESPONSE;
  return {
    method,
    turn,
    profile,
    response: source.response,
    response_model: source.model ?? "",
    response_merged: source.merged,
    reversed: provenance.reversed,
    differ: provenance.differ,
    verdict_source: provenance.verdictSource,
  };
}

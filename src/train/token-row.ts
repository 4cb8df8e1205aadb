// A training row as the trainer sees it: token ids, no text. Made from the rows of a data set by token-rows.ts.

/** A prompt with the completions that are trained towards or away from. */
export interface TokenRow {
  /** File and line of the row, for messages: `train.jsonl:12`. */
  readonly id: string;
  /** Token ids of the prompt, as the model's chat template writes it. Never empty. */
  readonly prompt: Int32Array;
  /** Token ids, the end-of-turn token included. Two for a pair, chosen before rejected; one for KTO and SFT. */
  readonly completions: readonly Int32Array[];
  /** g of a pair, the number of constraints on which its completions differ; 0 in rows that are no RPO pairs. */
  readonly margin: number;
  /** KTO: whether the completion is desirable. True in SFT; of no meaning in a pair. */
  readonly desirable: boolean;
}

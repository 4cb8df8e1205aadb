// What a training set leaves out of a turn, and why: nothing is dropped in silence.
import type { Method } from "./training-row.ts";

/** Why something was left out. Pairs are counted by direction in RPO (i over j and j over i are two), else by two groups. */
export const DROP_MEANING = {
  no_text: "responses without text",
  min_gap: "pairs whose gap (RPO) or score difference (DPO) is under the minimum",
  irreversible: "pairs whose chosen response fails a constraint that cannot be reversed",
  conflict: "pairs whose prompt would contradict itself",
  same_text: "pairs of two equal texts with different verdicts",
  ties: "pairs of equal score (DPO)",
  max_pairs_per_turn: "pairs over the number wanted of one turn",
  unjudged: "responses without a verdict (KTO, SFT)",
} as const;
export type DropReason = keyof typeof DROP_MEANING;

/** Counts by reason; a reason that never occurred is absent. */
export type Drops = Partial<Record<DropReason, number>>;

/** Adds to the count of a reason. */
export function drop(drops: Drops, reason: DropReason, count = 1): void {
  if (count > 0) drops[reason] = (drops[reason] ?? 0) + count;
}

/** The methods that pair two responses; the others take responses one by one. */
export const isPaired = (method: Method): boolean => method === "rpo" || method === "dpo";

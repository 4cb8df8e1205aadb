// What a training set leaves out of a turn, and why: nothing is dropped in silence.
import { counted } from "./counted.ts";
import type { Method } from "./training-row.ts";

/** Why something was left out. Pairs are counted by direction in RPO (i over j and j over i are two), else by two groups. */
export const DROP_MEANING = {
  no_text: ["response", "without text"],
  min_gap: ["pair", "whose gap (RPO) or score difference (DPO) is under the minimum"],
  protected: ["pair", "whose chosen response fails a safety or refusal clause, which is never reversed"],
  irreversible: ["pair", "whose chosen response fails a constraint that cannot be reversed"],
  violated: ["pair", "whose chosen response, checked by code, does not satisfy a reversed constraint"],
  conflict: ["pair", "whose prompt would contradict itself"],
  same_text: ["pair", "of two equal texts with different verdicts"],
  ties: ["pair", "of equal score (DPO)"],
  max_pairs_per_turn: ["pair", "over the number wanted of one turn"],
  unjudged: ["response", "without a verdict (KTO, SFT)"],
} as const satisfies Record<string, readonly [noun: string, which: string]>;
export type DropReason = keyof typeof DROP_MEANING;

/** "1 pair of equal score (DPO)", "1,234 pairs of equal score (DPO)". */
export function dropText(reason: DropReason, count: number): string {
  const [noun, which] = DROP_MEANING[reason];
  return `${counted(count, noun)} ${which}`;
}

/** Counts by reason; a reason that never occurred is absent. */
export type Drops = Partial<Record<DropReason, number>>;

/** Adds to the count of a reason. */
export function drop(drops: Drops, reason: DropReason, count = 1): void {
  if (count > 0) drops[reason] = (drops[reason] ?? 0) + count;
}

/** The methods that pair two responses; the others take responses one by one. */
export const isPaired = (method: Method): boolean => method === "rpo" || method === "dpo";

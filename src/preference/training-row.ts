// The rows of the four training sets that are made from one verdict matrix. Writers in dataset/ turn them into the formats
// of training programs; nothing here knows a format.
import type { Message } from "../profile/message.ts";

/** The training sets that can be made from a turn table. */
export const METHODS = ["rpo", "dpo", "kto", "sft"] as const;
export type Method = (typeof METHODS)[number];

/** Where a training row comes from: enough to find every response and verdict behind it again. */
export interface Provenance {
  readonly method: Method;
  /** Id of the row of the turn table. */
  readonly turn: string;
  /** What rows are split by: all rows of one profile are on the same side. */
  readonly profile: string;
  /**
   * The response trained towards; `merged` names those of equal verdict vector that it stands for, itself included (only
   * itself in KTO and SFT, which merge nothing). Absent in an undesirable KTO row.
   */
  readonly chosen?: { readonly response: string; readonly merged: readonly string[]; readonly model?: string };
  /** The response trained away from: in pairs, and in undesirable KTO rows. */
  readonly rejected?: { readonly response: string; readonly merged: readonly string[]; readonly model?: string };
  /** Ids of the constraints that the prompt states reversed (empty in the baselines). */
  readonly reversed: readonly string[];
  /** Ids of the constraints on which the two responses of a pair differ; in RPO the margin is their number. */
  readonly differ: readonly string[];
  /** Who gave the verdicts: "code", "judge", "human", or what the turn table names; "unstated" where it names none. */
  readonly verdictSource: string;
}

/**
 * A preference pair. The prompt ends with the user's query; in RPO it states reversed what the chosen response fails, in DPO
 * it is the original. `margin` is g, the number of differing constraints; 0 in DPO, where it means no margin.
 */
export interface PreferenceRow {
  readonly kind: "preference";
  readonly prompt: readonly Message[];
  readonly chosen: string;
  readonly rejected: string;
  readonly margin: number;
  readonly provenance: Provenance;
}

/** An unpaired row under the original prompt: KTO has desirable and undesirable ones, SFT only desirable ones. */
export interface CompletionRow {
  readonly kind: "completion";
  readonly prompt: readonly Message[];
  readonly completion: string;
  readonly desirable: boolean;
  readonly provenance: Provenance;
}

export type TrainingRow = PreferenceRow | CompletionRow;

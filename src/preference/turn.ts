// One turn of a conversation with its constraints, several responses to it and the verdict matrix between them: what every
// training set is a function of. How it is stored is dataset/turn-table.ts's business; nothing here reads or writes.
import type { Message } from "../profile/message.ts";

/** Verdicts of one response, in the order of the turn's constraints: true satisfied, false not, null not applicable (`na`). */
export type VerdictVector = readonly (boolean | null)[];

/** A constraint of S_x. */
export interface TurnConstraint {
  /** Unique within its turn. */
  readonly id: string;
  readonly text: string;
  /** R(c), where it is known already; null where c must never be reversed (safety, refusal). */
  readonly reversed?: string | null;
}

/** A response with its verdicts: a row of the verdict matrix. */
export interface TurnResponse {
  /** Unique within its turn. */
  readonly id: string;
  /** Null where the model gave nothing: it counts in a census and takes no part in a training set. */
  readonly text: string | null;
  readonly model?: string;
  readonly verdicts: VerdictVector;
}

/** A turn: the messages up to and including the user's query, S_x, and the responses judged under it. */
export interface Turn {
  readonly id: string;
  /** What training and validation are split by. */
  readonly profile: string;
  readonly messages: readonly Message[];
  readonly constraints: readonly TurnConstraint[];
  readonly responses: readonly TurnResponse[];
  /** Who gave the verdicts: "code", "judge", "human" or another name; "unstated" where the source does not say. */
  readonly verdictSource: string;
}

// What self-play asks of a judge: which constraints a query triggers, and how a response fares under them (spec/method.md, data
// construction, 4 and 7). Implemented in judge/; dialogue/ knows no more of it than this.
import type { Verdict } from "../constraint/verdict.ts";
import type { Message } from "../profile/message.ts";
import type { Profile, ProfileConstraint } from "../profile/profile.ts";

/** A user's turn, before there is a response. */
export interface AskedTurn {
  readonly profile: Profile;
  /** Earlier queries and replies by turns, oldest first: without the system prompt, without the query. */
  readonly history: readonly Message[];
  readonly query: string;
}

/** A response to a turn, and the constraints that it is judged under: S_x of the turn. */
export interface AnsweredTurn extends AskedTurn {
  readonly constraints: readonly ProfileConstraint[];
  readonly response: string;
}

/** What one constraint came to on one response. */
export interface ConstraintVerdict {
  /** Of the constraint. */
  readonly id: string;
  readonly verdict: Verdict;
  /** By rules, or by a model. */
  readonly source: "code" | "judge";
  /** Why, in the judge's words; null where code decided. */
  readonly reason: string | null;
}

export interface TurnJudge {
  /** Ids of the constraints that bind the response to the query, in the order of the profile. */
  triggered(turn: AskedTurn, signal?: AbortSignal): Promise<readonly string[]>;
  /** A verdict for each of the turn's constraints, in their order. */
  verdicts(turn: AnsweredTurn, signal?: AbortSignal): Promise<readonly ConstraintVerdict[]>;
}

// How far responses satisfy their constraints, from verdicts: the share of constraints that pass, and the share of responses
// that pass in all of theirs. A verdict of `na` (not triggered) or null (only a judge could tell) counts nowhere. Pure.
import type { Verdict } from "../constraint/verdict.ts";
import type { Form } from "./held-out.ts";

/** A turn with the verdicts on its responses, in the order of its constraints. */
export interface JudgedResponses {
  /** Unique: names profile, query and form. */
  readonly id: string;
  readonly profile: string;
  /** What both forms of the turn have in common. */
  readonly question: string;
  readonly form: Form;
  readonly samples: readonly { readonly sample: number; readonly verdicts: readonly (Verdict | null)[] }[];
}

/** Sums over responses; sums of them are sums over more responses. */
export interface Tally {
  /** Verdicts that are pass. */
  readonly passed: number;
  /** Verdicts that are pass or fail. */
  readonly judged: number;
  /** Responses with every judged constraint passed. */
  readonly satisfied: number;
  /** Responses with at least one judged constraint. */
  readonly responses: number;
}

export const EMPTY_TALLY: Tally = { passed: 0, judged: 0, satisfied: 0, responses: 0 };

/** Tallies the verdicts of one response. */
export function tallyOf(verdicts: readonly (Verdict | null)[]): Tally {
  const passed = verdicts.filter((verdict) => verdict === "pass").length;
  const judged = passed + verdicts.filter((verdict) => verdict === "fail").length;
  return judged === 0 ? EMPTY_TALLY : { passed, judged, satisfied: passed === judged ? 1 : 0, responses: 1 };
}

export const addTallies = (a: Tally, b: Tally): Tally => ({
  passed: a.passed + b.passed,
  judged: a.judged + b.judged,
  satisfied: a.satisfied + b.satisfied,
  responses: a.responses + b.responses,
});

export interface Satisfaction {
  /** Passes over judged verdicts, 0 to 1; NaN where nothing is judged. */
  readonly constraintSatisfaction: number;
  /**
   * Responses that satisfy all over responses, 0 to 1; NaN where there is none. With as many responses to each profile, which
   * is how an evaluation is made, this is also the average of the profiles' shares.
   */
  readonly allSatisfied: number;
}

export const satisfactionOf = ({ passed, judged, satisfied, responses }: Tally): Satisfaction => ({
  constraintSatisfaction: passed / judged,
  allSatisfied: satisfied / responses,
});

/** Satisfaction of each profile by its id, over both forms. */
export function satisfactionByProfile(turns: readonly JudgedResponses[]): Record<string, Satisfaction> {
  const tallies = new Map<string, Tally>();
  for (const { profile, samples } of turns)
    tallies.set(
      profile,
      samples.reduce((sum, { verdicts }) => addTallies(sum, tallyOf(verdicts)), tallies.get(profile) ?? EMPTY_TALLY),
    );
  return Object.fromEntries([...tallies].map(([profile, tally]) => [profile, satisfactionOf(tally)]));
}

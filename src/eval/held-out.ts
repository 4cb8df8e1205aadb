// The turns that a model is evaluated on: profiles that no training row comes from, each question in two forms. In one the
// constraints stand as the profile states them; in the other every constraint that has a reverse is stated reversed (the same
// algebra as in run/plan.ts), and checked so. All else is the same. A model that heeds its constraints follows both forms; one
// that does not heed them satisfies by the one form what it fails by the other. Pure.
import { reverse } from "../constraint/complement.ts";
import { findConflict } from "../constraint/conflict.ts";
import { opening, type Profile } from "../profile/profile.ts";
import { type PlannedConstraint, type PlannedTurn, planTurns } from "../run/plan.ts";

export const FORMS = ["original", "reversed"] as const;
export type Form = (typeof FORMS)[number];

/** A question to a profile in one of its forms. */
export interface EvaluationTurn extends PlannedTurn {
  /** profile/qN: what the two forms have in common. */
  readonly question: string;
  readonly form: Form;
}

export interface HeldOut {
  /** Both forms of every question, side by side. */
  readonly turns: readonly EvaluationTurn[];
  /** Questions that have no second form to compare with, and why. */
  readonly leftOut: readonly { readonly question: string; readonly reason: string }[];
}

/**
 * The evaluation turns of the first queries of every held-out profile; other profiles are passed over. A constraint that the
 * query does not trigger is `na` in both forms and counts in neither. A safety clause stands as it is in both.
 */
export function heldOutTurns(profiles: readonly Profile[], queriesPerProfile: number): HeldOut {
  const heldOut = profiles.filter(({ split }) => split === "held-out");
  const byId = new Map(heldOut.map((profile) => [profile.id, profile]));
  const turns: EvaluationTurn[] = [];
  const leftOut: { question: string; reason: string }[] = [];
  for (const original of planTurns(heldOut, queriesPerProfile).turns) {
    const constraints = original.constraints.map(reversedConstraint);
    const reason = faultOf(original.constraints, constraints, original.query);
    if (reason !== null) {
      leftOut.push({ question: original.id, reason });
      continue;
    }
    const messages = opening(byId.get(original.profile)!, original.query, constraints);
    const question = original.id;
    turns.push({ ...original, id: `${question}/original`, question, form: "original" });
    turns.push({ ...original, id: `${question}/reversed`, question, form: "reversed", messages, constraints });
  }
  return { turns, leftOut };
}

/** The constraint turned round, its text and its check; one that may not be reversed as it is. */
export function reversedConstraint({ id, text, check, reversed }: PlannedConstraint): PlannedConstraint {
  return reversed === null
    ? { id, text, check, reversed }
    : { id, text: reversed, check: reverse(check), reversed: text };
}

/** Why the reversed form could not be followed, or would be the original once more; null where there is no such reason. */
function faultOf(
  original: readonly PlannedConstraint[],
  reversed: readonly PlannedConstraint[],
  query: string,
): string | null {
  if (original.every((constraint) => constraint.reversed === null)) return "none of its constraints has a reverse";
  const textsOf = (constraints: readonly PlannedConstraint[]): string[] => constraints.map(({ text }) => text);
  const conflict = findConflict(textsOf(original), query) ?? findConflict(textsOf(reversed), query);
  return conflict === null ? null : `its constraints contradict one another: ${conflict.reason}`;
}

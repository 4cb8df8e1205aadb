// The questions of the system-prompt evaluation: every query of a profile under its constraints as they stand (`original`), with every
// constraint reversed that has a reverse (`reversed`), and with some of them, drawn by lot (`mixed`). All else is the same, verdicts are
// by code, and constraints that only a judge could decide are left out of the prompts, as in run/plan.ts. Pure.
//
// Over original and reversed together a model that heeds nothing satisfies half of the constraints; of mixed ones as well, on
// average over draws. What it takes to do better is to read the prompt.
import { findConflict } from "../../constraint/conflict.ts";
import { type Random, seededRandom } from "../../preference/seed.ts";
import { opening, type Profile } from "../../profile/profile.ts";
import { type PlannedConstraint, type PlannedTurn, planTurns } from "../../run/plan.ts";
import { reversedConstraint } from "../held-out.ts";

export const PROFILE_FORMS = ["original", "reversed", "mixed"] as const;
export type ProfileForm = (typeof PROFILE_FORMS)[number];

export interface ProfileTurn extends PlannedTurn {
  /** profile/qN: what its forms have in common. The turn's own id is profile/qN/form. */
  readonly question: string;
  readonly form: ProfileForm;
}

export interface ProfileTurns {
  readonly turns: readonly ProfileTurn[];
  /** Questions that can't be asked in all forms, and why. */
  readonly leftOut: readonly { readonly question: string; readonly reason: string }[];
  /** Constraints that only a judge could decide. */
  readonly notByCode: number;
}

export interface ProfileTurnOptions {
  readonly forms: readonly ProfileForm[];
  /** First queries of each profile that are asked. */
  readonly queries: number;
  /** Of the lot: which constraints of a question are reversed in its mixed form. The same for every model. */
  readonly seed: number;
}

/** Draws of a mixed form before a question is given up: two constraints that contradict each other seldom do in all. */
const DRAWS = 16;

/**
 * The turns of all profiles, the forms of a question side by side. A question is asked in all forms or in none, so that forms are
 * compared on the same questions.
 */
export function profileTurns(profiles: readonly Profile[], { forms, queries, seed }: ProfileTurnOptions): ProfileTurns {
  const byId = new Map(profiles.map((profile) => [profile.id, profile]));
  const turns: ProfileTurn[] = [];
  const leftOut: { question: string; reason: string }[] = [];
  const plan = planTurns(profiles, queries);
  for (const original of plan.turns) {
    const question = original.id;
    const asked = forms.map((form) => ({ form, ...inForm(original, form, seededRandom("mixed", seed, question)) }));
    const reason = asked.find((one) => one.fault !== null)?.fault ?? null;
    if (reason !== null) {
      leftOut.push({ question, reason });
      continue;
    }
    for (const { form, constraints } of asked)
      turns.push({
        ...original,
        id: `${question}/${form}`,
        question,
        form,
        constraints,
        messages: opening(byId.get(original.profile)!, original.query, constraints),
      });
  }
  return { turns, leftOut, notByCode: plan.leftOut };
}

interface InForm {
  readonly constraints: readonly PlannedConstraint[];
  /** Why it can't be asked so; null where it can. */
  readonly fault: string | null;
}

function inForm({ constraints, query }: PlannedTurn, form: ProfileForm, random: Random): InForm {
  if (form === "original") return checked(constraints, query);
  if (constraints.every(({ reversed }) => reversed === null))
    return { constraints, fault: "none of its constraints has a reverse" };
  if (form === "reversed") return checked(constraints.map(reversedConstraint), query);
  let drawn = mixed(constraints, query, random);
  for (let draw = 1; draw < DRAWS && drawn.fault !== null; draw += 1) drawn = mixed(constraints, query, random);
  return drawn;
}

/** Some constraints reversed, each by the throw of a coin; at least one is, and where several have a reverse not all are. */
function mixed(constraints: readonly PlannedConstraint[], query: string, random: Random): InForm {
  const reversible = constraints.flatMap(({ reversed }, index) => (reversed === null ? [] : [index]));
  const turned = new Set(reversible.filter(() => random() < 0.5));
  const other = reversible[Math.floor(random() * reversible.length)]!;
  if (turned.size === 0) turned.add(other);
  else if (turned.size === reversible.length && reversible.length > 1) turned.delete(other);
  return checked(
    constraints.map((constraint, index) => (turned.has(index) ? reversedConstraint(constraint) : constraint)),
    query,
  );
}

function checked(constraints: readonly PlannedConstraint[], query: string): InForm {
  const conflict = findConflict(
    constraints.map(({ text }) => text),
    query,
  );
  return {
    constraints,
    fault: conflict === null ? null : `its constraints contradict one another: ${conflict.reason}`,
  };
}

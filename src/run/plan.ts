// What a run is going to do, before anything is asked of a model: the turns that profiles and their queries make, each with
// the constraints that code can judge. Pure.
import type { WordingLanguage } from "../constraint/argument.ts";
import { reverse } from "../constraint/complement.ts";
import { type Constraint, needsJudge } from "../constraint/expression.ts";
import { isProtected } from "../constraint/protected.ts";
import { recognised } from "../constraint/reverse-text.ts";
import { render } from "../constraint/wording/render.ts";
import type { Message } from "../profile/message.ts";
import { opening, type Profile } from "../profile/profile.ts";

/** A constraint of a turn, with its check and its reverse. */
export interface PlannedConstraint {
  readonly id: string;
  readonly text: string;
  readonly check: Constraint;
  /** Null for a safety or refusal clause. */
  readonly reversed: string | null;
}

export interface PlannedTurn {
  /** profile/qN. */
  readonly id: string;
  readonly profile: string;
  readonly language: WordingLanguage;
  readonly query: string;
  readonly messages: readonly Message[];
  readonly constraints: readonly PlannedConstraint[];
}

export interface Plan {
  readonly turns: readonly PlannedTurn[];
  /** Constraints that only a judge could decide. A run without a judge leaves them out of the prompts. */
  readonly leftOut: number;
  readonly profiles: number;
}

/**
 * The turns of a run: the first queries of every profile, the first queries of all before the second ones, so that a run
 * that is cut short has seen many profiles.
 */
export function planTurns(profiles: readonly Profile[], queriesPerProfile: number): Plan {
  const prepared = profiles.map((profile) => ({ profile, constraints: checkable(profile) }));
  const turns: PlannedTurn[] = [];
  for (let i = 0; i < queriesPerProfile; i++)
    for (const { profile, constraints } of prepared) {
      const query = profile.queries[i];
      if (query === undefined || constraints.length === 0) continue;
      turns.push({
        id: `${profile.id}/q${i + 1}`,
        profile: profile.id,
        language: profile.language,
        query,
        messages: opening(profile, query, constraints),
        constraints,
      });
    }
  const stated = prepared.reduce((sum, { constraints }) => sum + constraints.length, 0);
  const all = profiles.reduce((sum, profile) => sum + profile.constraints.length, 0);
  return { turns, leftOut: all - stated, profiles: profiles.length };
}

function checkable(profile: Profile): PlannedConstraint[] {
  return profile.constraints.flatMap(({ id, text, judge }) => {
    const found = judge ? null : recognised(text);
    if (found === null || needsJudge(found.constraint.must)) return [];
    const check = found.constraint;
    return [{ id, text, check, reversed: isProtected(text) ? null : render(reverse(check), found.language) }];
  });
}

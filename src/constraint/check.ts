// One constraint on one response, by rules and code alone: what it was recognised as, its verdict, its reverse, and the
// verdict of that. What `rpo check` does to a row.
import { reverse } from "./complement.ts";
import { type Constraint, needsJudge } from "./expression.ts";
import type { Means } from "./means.ts";
import { isProtected } from "./protected.ts";
import { recognised } from "./reverse-text.ts";
import { type Verdict, verdictOn, viewOf } from "./verdict.ts";
import { render } from "./wording/render.ts";

export interface CheckRequest {
  readonly constraint: string;
  /** The user's message; a constraint with a trigger has no verdict without it. */
  readonly query?: string;
  readonly response: string;
  /** For constraints that need more than the text. */
  readonly means?: Means;
}

export interface CheckResult {
  /** The check that the text was recognised as; null where the rules do not understand it whole. */
  readonly recognised: Constraint | null;
  /** Null where a judge is needed (or a trigger and no query). */
  readonly verdict: Verdict | null;
  /** The reverse in words; null also for safety and refusal clauses, which are never reversed. */
  readonly reversed: string | null;
  readonly reversed_verdict: Verdict | null;
}

/** Checks a response, whatever the texts are. @throws MissingMeansError where the constraint needs means that are not given */
export function check({ constraint: text, query, response, means }: CheckRequest): CheckResult {
  const constraint = recognised(text)?.constraint ?? null;
  if (constraint === null) return { recognised: null, verdict: null, reversed: null, reversed_verdict: null };
  const view = viewOf(response, means);
  const message = query === undefined ? undefined : viewOf(query, means);
  const verdict = verdictOn(constraint, view, message);
  if (isProtected(text) || needsJudge(constraint.must))
    return { recognised: constraint, verdict, reversed: null, reversed_verdict: null };
  const opposite = reverse(constraint);
  return {
    recognised: constraint,
    verdict,
    reversed: render(opposite, recognised(text)!.language),
    reversed_verdict: verdictOn(opposite, view, message),
  };
}

// The verdict of a constraint on a response, by code. Three values, and `null` where only a judge can tell; a part that
// needs no judge may decide a compound all the same (Kleene's logic).
import type { Constraint, Requirement } from "./expression.ts";
import { contains } from "./interval.ts";
import type { Means } from "./means.ts";
import { measureNamed } from "./measure.ts";
import { TextView } from "./text-view.ts";

/** `na`: the trigger does not hold, so the constraint asks nothing. It is not counted, not reversed, in no margin. */
export type Verdict = "pass" | "fail" | "na";

/** Whether the text meets the requirement; null if that hangs on a judge, or on a user's message that is not given. */
export function meets(requirement: Requirement, text: TextView, query?: TextView): boolean | null {
  if ("all" in requirement) return every(requirement.all, (part) => meets(part, text, query));
  if ("any" in requirement) return some(requirement.any, (part) => meets(part, text, query));
  if ("every" in requirement)
    return every(text.segments(requirement.every), (part) => meets(requirement.is, part, query));
  if ("some" in requirement) return some(text.segments(requirement.some), (part) => meets(requirement.is, part, query));
  if ("judge" in requirement) return null;
  const measure = measureNamed(requirement.measure);
  if (measure.needsQuery && query === undefined) return null;
  const target = requirement.of === undefined ? text : text.segmentAt(requirement.of.segment, requirement.of.at);
  return contains(requirement.in, measure.of(target, requirement.arg ?? {}, query));
}

/**
 * The verdict on a response to a query (the user's message, for the trigger). A constraint with a trigger is `null` without
 * a query: nobody can tell whether it binds.
 */
export function verdictOn(constraint: Constraint, response: TextView, query?: TextView): Verdict | null {
  if (constraint.when !== undefined) {
    const triggered = query === undefined ? null : meets(constraint.when, query, query);
    if (triggered === null) return null;
    if (!triggered) return "na";
  }
  const met = meets(constraint.must, response, query);
  return met === null ? null : met ? "pass" : "fail";
}

function every<T>(parts: readonly T[], test: (part: T) => boolean | null): boolean | null {
  let unknown = false;
  for (const part of parts) {
    const value = test(part);
    if (value === false) return false;
    if (value === null) unknown = true;
  }
  return unknown ? null : true;
}

function some<T>(parts: readonly T[], test: (part: T) => boolean | null): boolean | null {
  const none = every(parts, (part) => {
    const value = test(part);
    return value === null ? null : !value;
  });
  return none === null ? null : !none;
}

/**
 * A text ready for verdicts. Keep it while several constraints are checked on it: its words and sentences are found once.
 * @param means what measures beyond the text's own need; without it they throw MissingMeansError
 */
export const viewOf = (text: string, means?: Means): TextView => new TextView(text, means);

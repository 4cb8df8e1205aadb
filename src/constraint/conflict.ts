// Whether a set of constraints contradicts itself, as reversed ones may: exactly this text and mention Venus; at most two
// sentences and at least three; JSON and a heading. Only contradictions that can be proved are reported (and one that is
// decided, NOT_IN_JSON); constraints that the rules do not recognise are taken to agree with everything.
import type { Atom, Constraint, Requirement } from "./expression.ts";
import { contains, type IntervalSet, intersection, SOME, sameSet } from "./interval.ts";
import { MissingMeansError } from "./means.ts";
import { canEndWithBoth, canStartWithBoth } from "./measures/phrase-edge.ts";
import { recognised } from "./reverse-text.ts";
import type { TextView } from "./text-view.ts";
import { meets, viewOf } from "./verdict.ts";

/** Two constraints of a list (by position) that no text can satisfy together, and why. */
export interface Conflict {
  readonly first: number;
  readonly second: number;
  readonly reason: string;
}

/** Ways to choose among alternatives that are tried; beyond, the pair counts as agreeing. */
const MAX_CHOICES = 64;

/** Measures of which the first is never larger than the second, whatever the text. */
export const NEVER_ABOVE: readonly (readonly [string, string])[] = [
  ["han", "characters"],
  ["han", "words"],
  ["words", "characters"],
  ["lines", "characters"],
  ["paragraphs", "lines"],
  ["items", "lines"],
  ["bullets", "items"],
  ["markdown-bullets", "bullets"],
  ["numbered-items", "items"],
  ["headings", "lines"],
  ["tables", "lines"],
  ["rules", "lines"],
  ["emoji", "characters"],
  ["distinct-emoji", "emoji"],
  ["emoji-among", "emoji"],
  ["emoji-outside", "emoji"],
  ["digits", "characters"],
  ["numbers", "digits"],
  ["punctuation", "characters"],
  ["capital-words", "words"],
];

/**
 * Layout that JSON cannot have, or only inside its strings, where nobody means to find it: the one contradiction here that
 * is decided, not proved (spec: "JSON + bold").
 */
const NOT_IN_JSON = new Set(
  "headings tables rules items bullets markdown-bullets numbered-items bold italic all-bold all-italic highlights titles".split(
    " ",
  ),
);
/** Measures that tell capital letters from small ones; `equals` does not. */
const BY_CASE = new Set("uppercase lowercase capital-words matches json json-schema parts distinct-parts".split(" "));
/** Marks whose count depends on what stands beside them, so that more text may bring fewer. */
const BY_NEIGHBOUR = new Set(["full stop", "dash", "ellipsis"]);

/**
 * The first contradiction in a list of constraint texts, or null. With the query at hand, constraints that it does not
 * trigger bind nothing and are passed over; without it, triggered constraints clash only under the same trigger.
 */
export function findConflict(texts: readonly string[], query?: string): Conflict | null {
  const message = query === undefined ? undefined : viewOf(query);
  const bound = texts.map((text): Constraint | null => {
    const constraint = recognised(text)?.constraint ?? null;
    return constraint?.when !== undefined && message !== undefined && decided(constraint.when, message) === false
      ? null
      : constraint;
  });
  for (let second = 1; second < bound.length; second++)
    for (let first = 0; first < second; first++) {
      const a = bound[first];
      const b = bound[second];
      if (!a || !b || (message === undefined && !bindTogether(a, b))) continue;
      const reason = clash(a.must, b.must);
      if (reason !== null) return { first, second, reason };
    }
  return null;
}

/** `meets`, or null where that takes more than the texts: then nothing is proved. */
function decided(requirement: Requirement, text: TextView): boolean | null {
  try {
    return meets(requirement, text);
  } catch (error) {
    if (error instanceof MissingMeansError) return null;
    throw error;
  }
}

/** Whether one always binds when the other does: neither has a trigger of its own, or both the same. */
const bindTogether = (a: Constraint, b: Constraint): boolean =>
  a.when === undefined || b.when === undefined || JSON.stringify(a.when) === JSON.stringify(b.when);

/** Why no text meets both requirements, or null. Every way to choose among their alternatives must clash. */
function clash(a: Requirement, b: Requirement): string | null {
  let reason: string | null = null;
  for (const left of choices(a))
    for (const right of choices(b)) {
      const found = clashOfAtoms(left, right);
      if (found === null) return null;
      reason = found;
    }
  return reason;
}

/** The ways to meet a requirement, each as atoms that must hold together; parts that are no atoms demand nothing here. */
function choices(requirement: Requirement): readonly (readonly Atom[])[] {
  if ("measure" in requirement) return [[requirement]];
  if ("any" in requirement) return requirement.any.flatMap(choices);
  if ("all" in requirement) {
    let combined: (readonly Atom[])[] = [[]];
    for (const part of requirement.all) {
      const next = choices(part);
      if (combined.length * next.length > MAX_CHOICES) return [[]];
      combined = combined.flatMap((atoms) => next.map((more) => [...atoms, ...more]));
    }
    return combined;
  }
  return [[]];
}

function clashOfAtoms(left: readonly Atom[], right: readonly Atom[]): string | null {
  for (const a of left)
    for (const b of right) {
      const reason = clashOfTwo(a, b) ?? clashOfTwo(b, a);
      if (reason !== null) return reason;
    }
  return null;
}

const isYes = (atom: Atom): boolean => sameSet(atom.in, SOME);
const phraseOf = (atom: Atom): string => String(atom.arg?.phrase ?? "").toLowerCase();
const upper = (set: IntervalSet): number => set.at(-1)?.[1] ?? Number.POSITIVE_INFINITY;
const lower = (set: IntervalSet): number => set[0]?.[0] ?? 0;

function clashOfTwo(a: Atom, b: Atom): string | null {
  if (JSON.stringify(a.of) !== JSON.stringify(b.of)) return null;
  const same = a.measure === b.measure && JSON.stringify(a.arg) === JSON.stringify(b.arg);
  if (same && intersection(a.in, b.in).length === 0) return `no number of ${a.measure} suits both`;

  if (NEVER_ABOVE.some(([small, large]) => a.measure === small && b.measure === large) && lower(a.in) > upper(b.in))
    return `there are never more ${a.measure} than ${b.measure}`;

  if (!isYes(a)) return null;
  switch (a.measure) {
    case "equals":
      return a.of === undefined && !BY_CASE.has(b.measure) && decided(b, viewOf(String(a.arg?.phrase))) === false
        ? `“${a.arg?.phrase}” as the whole text fails ${b.measure}`
        : null;
    case "starts-with":
      if (b.measure === a.measure && isYes(b) && !canStartWithBoth(phraseOf(a), phraseOf(b)))
        return "the beginnings differ";
      return holdsTooOften(a, b);
    case "ends-with":
      if (b.measure === a.measure && isYes(b) && !canEndWithBoth(phraseOf(a), phraseOf(b))) return "the endings differ";
      return holdsTooOften(a, b);
    case "language":
      return b.measure === "language" && isYes(b) && a.arg?.language !== b.arg?.language
        ? "one text, two languages"
        : null;
    case "uppercase":
      return b.measure === "lowercase" && isYes(b) ? "all capital letters and all small ones" : null;
    case "json":
      return NOT_IN_JSON.has(b.measure) && !contains(b.in, 0) ? `JSON has no ${b.measure}` : null;
    default:
      return null;
  }
}

/** A phrase that must open or close the text is in the text, and brings what is in it. */
function holdsTooOften(a: Atom, b: Atom): string | null {
  const upperBound = b.in.length === 1 && lower(b.in) === 0; // more text brings more of these, never fewer
  const counted =
    b.measure === "occurrences" ||
    (b.measure === "emoji" && upper(b.in) === 0) || // beside others, emoji may join into one, but not into none
    (b.measure === "marks" && !BY_NEIGHBOUR.has(String(b.arg?.mark)));
  if (!upperBound || !counted) return null;
  return decided(b, viewOf(phraseOf(a))) === false ? `“${phraseOf(a)}” alone has too many ${b.measure}` : null;
}

// From the text of a constraint to the text of its reverse, where the rules understand it whole.
import type { WordingLanguage } from "./argument.ts";
import { reverse } from "./complement.ts";
import { needsJudge } from "./expression.ts";
import { isProtected } from "./protected.ts";
import { type Recognition, recognise } from "./recognise/recognise.ts";
import { render } from "./wording/render.ts";

/** Texts kept: a corpus states the same constraint in many turns. */
const CACHE_SIZE = 20_000;
const recognitions = new Map<string, Recognition | null>();

/** `recognise`, remembering what it said of the same text. */
export function recognised(text: string): Recognition | null {
  let found = recognitions.get(text);
  if (found === undefined) {
    found = recognise(text);
    if (recognitions.size >= CACHE_SIZE) recognitions.clear();
    recognitions.set(text, found);
  }
  return found;
}

/**
 * The exact reverse of a constraint in words, in the constraint's language or the one given; null where the rules do not
 * recognise it, where a judge would have to decide part of it, or where it is a safety or refusal clause.
 */
export function reverseText(text: string, language?: WordingLanguage): string | null {
  if (isProtected(text)) return null;
  const found = recognised(text);
  if (found === null || needsJudge(found.constraint.must)) return null;
  return render(reverse(found.constraint), language ?? found.language);
}

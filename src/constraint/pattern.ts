// Regular expressions that come from data. They run on RE2 (linear time, no backtracking), so that no single search can hang
// the process; look-around and back-references are refused, as RE2 does. Counting starts a search after every match, and
// each may read to the end of the text (`x*y|x` on a run of x): that is bounded here.
import { RE2JS } from "re2js";

/** Compiled patterns kept: a corpus repeats few of them. */
const CACHE_SIZE = 256;
/** Characters of a pattern: those that people write have dozens. */
const LONGEST_PATTERN = 1_000;
/** Instructions of a compiled pattern (nested repetition multiplies them): one search then covers at least 5,000 characters. */
const LARGEST_PROGRAM = 10_000;
/** No constraint speaks of more matches than this. */
const MOST_MATCHES = 1_000;
/** Instructions × characters that one count may cost at worst: about a second. A 1,000-word response has 6,000 characters. */
const MOST_STEPS = 50_000_000;

const compiled = new Map<string, RE2JS>();

function compile(pattern: string): RE2JS {
  let regex = compiled.get(pattern);
  if (regex === undefined) {
    regex = RE2JS.compile(pattern, RE2JS.MULTILINE);
    if (compiled.size >= CACHE_SIZE) compiled.clear();
    compiled.set(pattern, regex);
  }
  return regex;
}

/** What is wrong with a pattern, or null. */
export function faultOfPattern(pattern: string): string | null {
  if (pattern.length > LONGEST_PATTERN) return `a regular expression of more than ${LONGEST_PATTERN} characters`;
  try {
    return compile(pattern).programSize() > LARGEST_PROGRAM ? "a regular expression with too much repetition" : null;
  } catch (error) {
    return `not a regular expression that RE2 takes (no look-around, no back-references): ${(error as Error).message}`;
  }
}

/**
 * Number of matches of the pattern in the text (`^` and `$` match at lines), one after another, not overlapping.
 *
 * Counting ends at 1,000 matches, and where the searches so far may have taken 50,000,000 steps (instructions of the
 * pattern × characters left): the number is then a lower bound. Of a text too long for one search within those steps (five
 * million characters for a usual pattern, five thousand for the largest) only the beginning is looked at. Same pattern and
 * text, same number: a constraint and its complement see the same one. Throws if the pattern is faulty.
 */
export function countMatches(pattern: string, text: string): number {
  const regex = compile(pattern);
  const instructions = Math.max(1, regex.programSize());
  const reach = Math.min(text.length, Math.floor(MOST_STEPS / instructions));
  const matcher = regex.matcher(reach < text.length ? text.slice(0, reach) : text);
  let steps = 0;
  let count = 0;
  while (count < MOST_MATCHES && steps < MOST_STEPS && matcher.find()) {
    count += 1;
    steps += (reach - matcher.start()) * instructions;
  }
  return count;
}

// Regular expressions that come from data. They run on RE2 (linear time, no backtracking), so none can hang the process;
// look-around and back-references are refused, as RE2 does.
import { RE2JS } from "re2js";

/** Compiled patterns kept: a corpus repeats few of them. */
const CACHE_SIZE = 256;
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
  try {
    compile(pattern);
    return null;
  } catch (error) {
    return `not a regular expression that RE2 takes (no look-around, no back-references): ${(error as Error).message}`;
  }
}

/** Number of matches of the pattern in the text (`^` and `$` match at lines), one after another, not overlapping. */
export function countMatches(pattern: string, text: string): number {
  const matcher = compile(pattern).matcher(text);
  let count = 0;
  while (matcher.find()) count += 1;
  return count;
}

// detectable_content:*, placeholders and postscripts.
import { z } from "zod";
import { PatternError, pythonRegex } from "../python/regex.ts";
import { strip } from "../python/str.ts";
import { instruction } from "./instruction.ts";
import { PythonError } from "./python-error.ts";

export const numberPlaceholders = instruction(
  z.strictObject({ num_placeholders: z.int().min(0) }),
  ({ num_placeholders }) =>
    (text) =>
      countPlaceholders(text) >= num_placeholders,
);

/** `[…]`, the shortest, within a line. In linear time: no end is looked for again before it is passed. */
function countPlaceholders(text: string): number {
  let count = 0;
  let close = -1;
  let lineEnd = -1;
  for (let open = text.indexOf("["); open !== -1; ) {
    if (close < open) close = indexOrEnd(text, "]", open);
    if (lineEnd < open) lineEnd = indexOrEnd(text, "\n", open);
    if (close === text.length) break;
    if (close < lineEnd) count += 1;
    open = text.indexOf("[", close < lineEnd ? close + 1 : lineEnd);
  }
  return count;
}

function indexOrEnd(text: string, sign: string, from: number): number {
  const at = text.indexOf(sign, from);
  return at === -1 ? text.length : at;
}

export const postscript = instruction(z.strictObject({ postscript_marker: z.string() }), (kwargs) => {
  const marker = strip(kwargs.postscript_marker);
  const pattern = patternOf(marker);
  return (text) => {
    try {
      return pythonRegex(pattern, { multiline: true }).found(text.toLowerCase());
    } catch (error) {
      throw error instanceof PatternError ? new PythonError("error", error.message) : error;
    }
  };
});

/** The official patterns begin with `\s*` and end with `.*$`, which change nothing about whether there is a match. */
function patternOf(marker: string): string {
  if (marker === "P.P.S") return "p\\.\\s?p\\.\\s?s";
  if (marker === "P.S.") return "p\\.\\s?s\\.";
  // Of a marker that is no plain word, all stays: an open group or an escape may reach into what follows.
  const own = marker.toLowerCase();
  return /[\\()[\]|{}?*+]/.test(own) ? `\\s*${own}.*$` : own;
}

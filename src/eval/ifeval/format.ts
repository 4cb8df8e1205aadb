// detectable_format:*, the shape of a response.
import { z } from "zod";
import { isSpace } from "../python/characters.ts";
import { jsonLoads } from "../python/json.ts";
import { PatternError, type PythonRegex, pythonRegex } from "../python/regex.ts";
import { removePrefix, removeSuffix, strip, stripCharacter } from "../python/str.ts";
import { instruction } from "./instruction.ts";
import { PythonError } from "./python-error.ts";

export const numberBulletLists = instruction(
  z.strictObject({ num_bullets: z.int().min(0) }),
  ({ num_bullets }) =>
    (text) =>
      countBullets(text, isStarBullet) + countBullets(text, isDash) === num_bullets,
);

/** Length of the bullet that begins at the sign, 0 if none does; the rest of the line goes with it. */
type Bullet = (text: string, at: number) => number;

/** `*` and a character that is no star; that may be the end of the line, and then the next line is taken in. */
const isStarBullet: Bullet = (text, at) => (text[at] === "*" && at + 1 < text.length && text[at + 1] !== "*" ? 2 : 0);
const isDash: Bullet = (text, at) => (text[at] === "-" ? 1 : 0);

/**
 * `^\s*` and a bullet, as often as it is found one after another, at the beginnings of lines. The white space may cross lines.
 * In linear time: where white space leads to no bullet, the lines within it are not tried again.
 */
function countBullets(text: string, bullet: Bullet): number {
  let count = 0;
  let lineStart = 0;
  while (lineStart < text.length) {
    let at = lineStart;
    while (at < text.length && isSpace(text[at] as string)) at += 1;
    const length = bullet(text, at);
    if (length > 0) count += 1;
    const from = at + length;
    const end = text.indexOf("\n", from);
    if (end === -1) break;
    // A match that ends on an empty line leaves that line's beginning to the next search.
    lineStart = length > 0 && end === from && text[from - 1] === "\n" ? from : end + 1;
  }
  return count;
}

const OPTIONS = ["My answer is yes.", "My answer is no.", "My answer is maybe."];

export const constrainedResponse = instruction(
  z.strictObject({}),
  () => (text) => OPTIONS.some((option) => text.includes(option)),
);

export const numberHighlightedSections = instruction(
  z.strictObject({ num_highlights: z.int().min(0) }),
  ({ num_highlights }) =>
    (text) => {
      // `**bold**` counts in the second, and often as an empty `**` in the first, which is blank.
      const single = text.match(/\*[^\n*]*\*/g) ?? [];
      const double = text.match(/\*\*[^\n*]*\*\*/g) ?? [];
      const filled =
        single.filter((found) => strip(stripCharacter(found, "*")) !== "").length +
        double.filter((found) => strip(removeSuffix(removePrefix(found, "**"), "**")) !== "").length;
      return filled >= num_highlights;
    },
);

export const multipleSections = instruction(
  z.strictObject({ section_spliter: z.string(), num_sections: z.int().min(0) }),
  ({ section_spliter, num_sections }) =>
    (text) => {
      let regex: PythonRegex;
      try {
        regex = pythonRegex(`\\s?${strip(section_spliter)}\\s?\\d+\\s?`);
      } catch (error) {
        throw error instanceof PatternError ? new PythonError("error", error.message) : error;
      }
      // re.split gives what groups captured as parts too.
      return regex.count(text) * (1 + regex.groups) >= num_sections;
    },
);

const FENCES = ["```json", "```Json", "```JSON", "```"];

export const jsonFormat = instruction(z.strictObject({}), () => (text) => {
  const inside = strip(removeSuffix(FENCES.reduce(removePrefix, strip(text)), "```"));
  const found = jsonLoads(inside);
  if (found === "too deep") throw new PythonError("RecursionError");
  return found === "json";
});

export const title = instruction(
  z.strictObject({}),
  () => (text) =>
    text.split("\n").some((line) => {
      // Greedy, so one a line: from the first `<<` to the last `>>`, something between them.
      const start = line.indexOf("<<");
      const end = line.lastIndexOf(">>");
      if (start === -1 || end < start + 3) return false;
      return strip(stripCharacter(stripCharacter(line.slice(start, end + 2), "<", "left"), ">", "right")) !== "";
    }),
);

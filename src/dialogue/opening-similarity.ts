// Whether a query opens like an earlier one, so that a user who begins every message alike is told to say it otherwise
// (spec/method.md, data construction, 3): the text before the first punctuation mark, at most 8 words (English) or characters
// (Chinese); two are alike from a fuzzy ratio over 60 on, or where the first 3 characters are the same. Pure.
import { ratio } from "fuzzball";

/** Words of English, characters of Chinese. */
const MOST_UNITS = 8;
const MOST_RATIO = 60;
const SAME_START = 3;

/** How a query opens, in small letters; punctuation that it begins with is passed over. */
export function openingOf(query: string, language: "en" | "zh"): string {
  // An apostrophe or a point between letters or digits belongs to a word: "what's", "3.5".
  const text = query
    .toLowerCase()
    .replace(/^[\s\p{P}\p{S}]+/u, "")
    .split(/(?<![\p{L}\p{N}])\p{P}|\p{P}(?![\p{L}\p{N}])|[^\P{P}'’.\-_]/u, 1)[0]!
    .trim();
  return language === "en"
    ? text.split(/\s+/).slice(0, MOST_UNITS).join(" ")
    : [...text.replace(/\s+/g, "")].slice(0, MOST_UNITS).join("");
}

/** The first of the earlier queries that the query opens like, or null. */
export function resembled(query: string, earlier: readonly string[], language: "en" | "zh"): string | null {
  const opening = openingOf(query, language);
  return earlier.find((other) => areAlike(opening, openingOf(other, language))) ?? null;
}

function areAlike(a: string, b: string): boolean {
  if (a === "" || b === "") return a === b;
  const start = (text: string): string => [...text].slice(0, SAME_START).join("");
  return start(a) === start(b) || ratio(a, b, { full_process: false }) > MOST_RATIO;
}

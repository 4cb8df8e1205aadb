// count:*, numbers of things in a response.
import { z } from "zod";
import { type Count, counted, instruction } from "../ifeval/instruction.ts";
import { PythonError } from "../ifeval/python-error.ts";
import { DIGIT, hasDigitValue, WORD } from "../python/characters.ts";
import { stripCharacters, withoutPunctuation } from "../python/punctuation.ts";
import { pythonRegex } from "../python/regex.ts";
import { length, split, strip } from "../python/str.ts";
import { AROUND_WORDS } from "./python-list.ts";
import { tokensOf } from "./tokens.ts";

const NONE = z.strictObject({});
const N = z.strictObject({ N: z.number().min(0) });
const UNLIMITED = Number.POSITIVE_INFINITY;
const words = new RegExp(`[${WORD}]+`, "gu");
const numbers = new RegExp(`[${DIGIT}]+`, "gu");

/** Words as NLTK's RegexpTokenizer finds them with `\w+`. */
export const wordsOf = (text: string): string[] => text.match(words) ?? [];

export const wordCountRange = counted(
  z.strictObject({ min_words: z.number().min(0), max_words: z.number().min(0) }),
  () => (text) => wordsOf(text).length,
  ({ min_words, max_words }) => [min_words, max_words],
);

/** A word that is nothing but punctuation is the empty one. */
export const uniqueWordCount = counted(
  N,
  () => (text) => new Set(split(text.toLowerCase()).map((word) => stripCharacters(word, AROUND_WORDS))).size,
  ({ N }) => [N, UNLIMITED],
);

const CONJUNCTIONS = new Set(["and", "but", "for", "nor", "or", "so", "yet"]);

/** Different ones, as they are written: `and`, `And` and `and,` are three. */
export const conjunctions = counted(
  z.strictObject({ small_n: z.number().min(0) }),
  () => (text) =>
    new Set(split(text).filter((word) => CONJUNCTIONS.has(stripCharacters(word, AROUND_WORDS).toLowerCase()))).size,
  ({ small_n }) => [small_n, UNLIMITED],
);

/** Names that IFBench's prompts list. */
const NAMES =
  "Emma Liam Sophia Jackson Olivia Noah Ava Lucas Isabella Mason Mia Ethan Charlotte Alexander Amelia Benjamin Harper Leo Zoe Daniel Chloe Samuel Lily Matthew Grace Owen Abigail Gabriel Ella Jacob Scarlett Nathan Victoria Elijah Layla Nicholas Audrey David Hannah Christopher Penelope Thomas Nora Andrew Aria Joseph Claire Ryan Stella Jonathan".split(
    " ",
  );

/** In 2025 a name also within a word: "Leonard" has Leo. */
export const personNames = counted(
  N,
  () =>
    (text, { suite }) =>
      NAMES.filter((name) => text.includes(name) && (suite === "ifbench" || pythonRegex(`\\b${name}\\b`).found(text)))
        .length,
  ({ N }) => [N, UNLIMITED],
);

/** Without punctuation: 1,000.5 is one. */
export const numbersCount = counted(
  N,
  () => (text) => withoutPunctuation(text).match(numbers)?.length ?? 0,
  ({ N }) => [N, N],
);

/** Of . , ! ? ; : those that are there beside the interrobang, which has to be; NaN where it isn't. */
export const punctuation = counted(
  NONE,
  () => (text) => {
    if (!["!?", "?!", "‽"].some((interrobang) => text.includes(interrobang))) return Number.NaN;
    const rest = text.includes("?!") ? text.replace("?!", "") : text.replace("!?", "");
    return new Set(rest.match(/[.,!?;:]/g)).size;
  },
  () => [6, 6],
);

const japanese = /[\u3040-\u30ff\u4e00-\u9fff]/;

/** Every Nth word has a sign of Japanese in it, unless it is a number or punctuation. */
export const wordsJapanese = instruction(z.strictObject({ N: z.number().min(0).optional() }), ({ N }) => {
  if (N === undefined) throw new PythonError("TypeError");
  return (text) =>
    split(text).every((word, i) => {
      if (N === 0) throw new PythonError("ZeroDivisionError");
      if ((i + 1) % N !== 0) return true;
      const own = stripCharacters(word, AROUND_WORDS);
      return [...own].every(hasDigitValue) || japanese.test(own);
    });
});

const PRONOUNS = new Set(
  "i me my mine myself we us our ours ourselves you your yours yourself yourselves he him his himself she her hers herself it its itself they them their theirs themselves".split(
    " ",
  ),
);
/** No longer only the personal ones. */
const PRONOUNS_OF_2026 = new Set([
  ...PRONOUNS,
  ..."this that these those who whom whose which what whoever whomever whatever whichever anybody anyone anything everybody everyone everything nobody nothing somebody someone something each either neither both all some any none".split(
    " ",
  ),
]);

export const pronouns = counted(
  N,
  () => (text, context) => {
    const parted = text.replaceAll("/", " ").toLowerCase();
    const is2026 = context.suite === "ifbench_2026";
    const found = is2026 ? tokensOf(parted, context) : split(withoutPunctuation(parted));
    const known = is2026 ? PRONOUNS_OF_2026 : PRONOUNS;
    return found.filter((word) => known.has(word)).length;
  },
  ({ N }) => [N, UNLIMITED],
);

/** str.count() */
const occurrences = (text: string, part: string): number =>
  part === "" ? length(text) + 1 : text.split(part).length - 1;

/** How often a keyword is in the text, also within words, in any case. */
export const keywordCount =
  (keyword: string): Count =>
  (text) =>
    occurrences(text.toLowerCase(), strip(keyword).toLowerCase());

/** How often the five keywords have to be there. */
const TIMES = [1, 2, 3, 5, 7] as const;

export const keywordsMultiple = instruction(
  z.strictObject({
    keyword1: z.string(),
    keyword2: z.string(),
    keyword3: z.string(),
    keyword4: z.string(),
    keyword5: z.string(),
  }),
  ({ keyword1, keyword2, keyword3, keyword4, keyword5 }) => {
    const counts = [keyword1, keyword2, keyword3, keyword4, keyword5].map(keywordCount);
    return (text, context) => counts.every((count, i) => count(text, context) === TIMES[i]);
  },
);

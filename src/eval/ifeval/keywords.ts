// keywords:*, words that a response must have or must not. They are regular expressions to the official programs, unescaped.
import { z } from "zod";
import { PatternError, type PythonRegex, pythonRegex } from "../python/regex.ts";
import { length, strip } from "../python/str.ts";
import { instruction } from "./instruction.ts";
import { PythonError } from "./python-error.ts";
import { checkRelation, holds } from "./relation.ts";

/** re.error is how Python calls it: "error". */
function regexOf(pattern: string): PythonRegex {
  try {
    return pythonRegex(pattern, { ignoreCase: true });
  } catch (error) {
    throw error instanceof PatternError ? new PythonError("error", error.message) : error;
  }
}

/** Python sorts by code points. */
const byCodePoints = (a: string, b: string): number => {
  const [one, other] = [[...a], [...b]];
  const i = one.findIndex((character, at) => character !== other[at]);
  if (i === -1) return one.length - other.length;
  return other[i] === undefined ? 1 : (one[i]!.codePointAt(0) as number) - (other[i]!.codePointAt(0) as number);
};

export const existence = instruction(z.strictObject({ keywords: z.array(z.string()).min(1) }), ({ keywords }) => {
  const sorted = keywords.toSorted(byCodePoints);
  // One after another: a pattern is looked at only where those before it are found.
  return (text) => sorted.every((keyword) => regexOf(keyword).found(text));
});

export const forbiddenWords = instruction(
  z.strictObject({ forbidden_words: z.array(z.string()).min(1) }),
  ({ forbidden_words }) => {
    const sorted = [...new Set(forbidden_words)].sort(byCodePoints);
    return (text) => !sorted.some((word) => regexOf(`\\b${word}\\b`).found(text));
  },
);

export const frequency = instruction(
  z.strictObject({ keyword: z.string().min(1), frequency: z.int().min(0), relation: z.string() }),
  (kwargs) => {
    const keyword = strip(kwargs.keyword);
    checkRelation(kwargs.relation);
    return (text, { suite }) => {
      let regex: PythonRegex;
      try {
        regex = regexOf(keyword);
      } catch (error) {
        if (suite === "multi_if" && error instanceof PythonError) return false;
        throw error;
      }
      return holds(regex.count(text), kwargs.relation, kwargs.frequency);
    };
  },
);

export const letterFrequency = instruction(
  z.strictObject({
    // The official programs put a random letter in the place of one outside a–z.
    letter: z.string().refine((letter) => length(letter) === 1 && /^[a-z]$/.test(letter.toLowerCase()), {
      message:
        "must be a letter from a to z: for others the official programs draw a random one, so there is no verdict",
      params: { drawn: true },
    }),
    let_frequency: z.int().min(0),
    let_relation: z.string(),
  }),
  (kwargs) => {
    const letter = kwargs.letter.toLowerCase();
    checkRelation(kwargs.let_relation);
    return (text) => holds(text.toLowerCase().split(letter).length - 1, kwargs.let_relation, kwargs.let_frequency);
  },
);

// sentence:*, what sentences have to be one after another.
import { z } from "zod";
import { instruction } from "../ifeval/instruction.ts";
import { stripCharacters, withoutPunctuation } from "../python/punctuation.ts";
import { pythonRegex } from "../python/regex.ts";
import { split } from "../python/str.ts";
import { AROUND_WORDS, element, firstCharacter } from "./python-list.ts";
import { sentencesOf } from "./sentences.ts";

const rising = (numbers: readonly number[]): boolean =>
  numbers.every((number, i) => number > (numbers[i - 1] ?? Number.NEGATIVE_INFINITY));

/** Each sentence has more words that begin as their neighbour does. */
export const alliterationIncrement = instruction(
  z.strictObject({}),
  () => (text, context) => rising(sentencesOf(text, context).map(alliterativeWords)),
);

function alliterativeWords(sentence: string): number {
  const letters = split(sentence.toLowerCase())
    .map((word) => stripCharacters(word, AROUND_WORDS, "left"))
    .filter((word) => word !== "")
    .map(firstCharacter);
  // A run of n counts n: two words begin it, each further one adds one.
  return letters.filter((letter, i) => letter === letters[i - 1] || letter === letters[i + 1]).length;
}

const ESCAPED = /[\t-\r\x20#$&()*+\-.?[\\\]^{|}~]/g;
/** re.escape() */
const escaped = (text: string): string => text.replace(ESCAPED, "\\$&");

/** The Nth sentence has the word, in any case; in 2025 also within another word. The 0th is the last. */
export const keyword = instruction(
  z.strictObject({ word: z.string().min(1), N: z.number().min(0) }),
  ({ word, N }) =>
    (text, context) => {
      const sentences = sentencesOf(text, context);
      if (sentences.length < N) return false;
      const sentence = element(sentences, Math.trunc(N - 1));
      return context.suite === "ifbench_2026"
        ? pythonRegex(`\\b${escaped(word)}\\b`, { ignoreCase: true }).found(sentence)
        : sentence.toLowerCase().includes(word.toLowerCase());
    },
);

/** Each sentence has so many words more than the one before. */
export const increment = instruction(
  z.strictObject({ small_n: z.number().min(0) }),
  ({ small_n }) =>
    (text, context) => {
      const counts = sentencesOf(text, context).map((sentence) => split(withoutPunctuation(sentence)).length);
      return counts.every((count, i) => i === 0 || count === (counts[i - 1] as number) + small_n);
    },
);

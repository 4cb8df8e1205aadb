// ratio:*, how much of one thing there is beside another.
import { z } from "zod";
import { counted, instruction } from "../ifeval/instruction.ts";
import { PythonError } from "../ifeval/python-error.ts";
import { length, strip } from "../python/str.ts";
import { wordsOf } from "./count.ts";
import { sentencesOf } from "./sentences.ts";

const NONE = z.strictObject({});
const percentage = z.number().min(0);

/** What a ratio with nothing in its denominator is: an exception in 2025, since then a ratio that follows no bounds. */
function ofNothing(suite: string): number {
  if (suite === "ifbench_2026") return Number.NaN;
  throw new PythonError("ZeroDivisionError");
}

/** Percent of the words that are stop words. */
export const stopWords = counted(
  z.strictObject({ percentage }),
  () =>
    (text, { suite, stopWords }) => {
      const words = wordsOf(text);
      if (words.length === 0) return ofNothing(suite);
      const known = stopWords();
      return (words.filter((word) => known.has(word.toLowerCase())).length / words.length) * 100;
    },
  ({ percentage }) => [0, percentage],
);

/** Percent of the response's different runs of three characters that are in the reference too, to within 2. */
export const overlap = counted(
  z.strictObject({ reference_text: z.string().optional(), percentage }),
  ({ reference_text }) => {
    const reference = reference_text === undefined ? null : trigrams(reference_text);
    return (text, { suite }) => {
      if (reference === null) throw new PythonError("TypeError");
      const own = trigrams(text);
      if (own.size === 0) return ofNothing(suite);
      let common = 0;
      for (const trigram of own) if (reference.has(trigram)) common += 1;
      return (common / own.size) * 100;
    };
  },
  ({ percentage }) => [percentage - 2, percentage + 2],
);

function trigrams(text: string): Set<string> {
  const characters = [...text];
  const found = new Set<string>();
  for (let i = 2; i < characters.length; i += 1) found.add(`${characters[i - 2]}${characters[i - 1]}${characters[i]}`);
  return found;
}

const ending = (sentences: readonly string[], sign: string): number =>
  sentences.filter((sentence) => sentence.endsWith(sign)).length;

/** Twice as many sentences that end in a period as in a question mark. */
export const sentenceType = instruction(NONE, () => (text, context) => {
  const sentences = sentencesOf(text, context);
  return ending(sentences, ".") === 2 * ending(sentences, "?");
});

export const sentenceBalance = instruction(NONE, () => (text, context) => {
  const sentences = sentencesOf(text, context);
  const [declarative, ...others] = [".", "?", "!"].map((sign) => ending(sentences, sign));
  return others.every((count) => count === declarative);
});

/** Three sentences of one length. That their words differ is not looked at. */
export const sentenceWords = instruction(NONE, () => (text, context) => {
  const lengths = sentencesOf(text, context).map((sentence) => length(strip(sentence)));
  return lengths.length === 3 && lengths.every((one) => one === lengths[0]);
});

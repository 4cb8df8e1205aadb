// length_constraints:*, numbers of words, sentences and paragraphs.
import { z } from "zod";
import { sentenceSpans } from "../nltk/punkt.ts";
import { SPACE, WORD } from "../python/characters.ts";
import { split, strip, stripCharacter } from "../python/str.ts";
import { instruction, languageOf, type RuleContext } from "./instruction.ts";
import { hindiSentences, linesOfSentences, linesWithText, wordsAndSigns } from "./other-scripts.ts";
import { checkRelation, holds } from "./relation.ts";

/** Languages that Multi-IF counts sign by sign. */
const SIGN_BY_SIGN = new Set(["zh", "zh-cn", "zh-tw", "ja"]);
const words = new RegExp(`[${WORD}]+`, "gu");

/** Multi-IF goes by the language of the response; English where there is none. */
const languageFor = (text: string, context: RuleContext): string =>
  context.suite === "multi_if" ? (languageOf(text, context) ?? "en") : "en";

function countWords(text: string, context: RuleContext): number {
  const language = languageFor(text, context);
  if (language === "th") return context.thaiWords(text);
  if (SIGN_BY_SIGN.has(language)) return wordsAndSigns(text);
  return text.match(words)?.length ?? 0;
}

function countSentences(text: string, context: RuleContext): number {
  const language = languageFor(text, context);
  if (language === "th") return linesWithText(text);
  if (language === "hi") return hindiSentences(text);
  if (SIGN_BY_SIGN.has(language)) return linesOfSentences(text);
  return sentenceSpans(text, context.punkt()).length;
}

export const numberWords = instruction(
  z.strictObject({ num_words: z.int().min(0), relation: z.string() }),
  ({ num_words, relation }) => {
    checkRelation(relation);
    return (text, context) => holds(countWords(text, context), relation, num_words);
  },
);

export const numberSentences = instruction(
  z.strictObject({ num_sentences: z.int().min(0), relation: z.string() }),
  ({ num_sentences, relation }) => {
    checkRelation(relation);
    return (text, context) => holds(countSentences(text, context), relation, num_sentences);
  },
);

const divider = new RegExp(`[${SPACE}]?\\*\\*\\*[${SPACE}]?`, "u");

export const numberParagraphs = instruction(
  z.strictObject({ num_paragraphs: z.int().min(0) }),
  ({ num_paragraphs }) =>
    (text) => {
      const paragraphs = text.split(divider).map(strip);
      const inside = paragraphs.slice(1, -1);
      if (inside.includes("")) return false;
      return paragraphs.filter((paragraph) => paragraph !== "").length === num_paragraphs;
    },
);

/** Signs that end a first word. */
const WORD_END = /[.,?!'"]/;

export const nthParagraphFirstWord = instruction(
  z
    .strictObject({ num_paragraphs: z.int().min(0), nth_paragraph: z.int().min(1), first_word: z.string() })
    .refine(({ num_paragraphs, nth_paragraph }) => nth_paragraph <= num_paragraphs, {
      message:
        "nth_paragraph is above num_paragraphs: the official programs then draw a random one, so there is no verdict",
      params: { drawn: true },
    }),
  ({ num_paragraphs, nth_paragraph, first_word }) =>
    (text) => {
      const paragraphs = text.split("\n\n").map(strip);
      const count = paragraphs.filter((paragraph) => paragraph !== "").length;
      if (nth_paragraph > count) return false;
      // Blank paragraphs don't count above, but here they do.
      const paragraph = paragraphs[nth_paragraph - 1];
      if (paragraph === undefined || paragraph === "") return false;
      const word = stripCharacter(stripCharacter(split(paragraph)[0] as string, "'", "left"), '"', "left");
      // Each character is put into lower case by itself: a sigma at the end stays σ.
      const first = [...(word.split(WORD_END)[0] as string)].map((character) => character.toLowerCase()).join("");
      return count === num_paragraphs && first === first_word.toLowerCase();
    },
);

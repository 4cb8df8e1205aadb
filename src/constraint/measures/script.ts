// Language, writing system, and case.
import { createRequire } from "node:module";
import { fileURLToPath } from "node:url";
import { SCRIPTS } from "../argument.ts";
import { MissingMeansError } from "../means.ts";
import type { MeasureDefinition } from "../measure.ts";
import type { TextView } from "../text-view.ts";
import { countOf } from "./length.ts";

type Detector = { detect(text: string): { getScores(): Record<string, number> } };

// The detector's tables take a third of a second to load, so that happens at the first question about a language.
let detector: Detector | undefined;
function languageDetector(): Detector {
  detector ??= (createRequire(import.meta.url)(fileURLToPath(import.meta.resolve("eld/medium"))) as { eld: Detector })
    .eld;
  return detector;
}

/** Characters looked at: more do not change the answer. */
const DETECTED_LENGTH = 2_000;
/** A language passes if it scores within this factor of the best: on a short text close relatives tie. */
const NEAR_BEST = 0.97;

/** Writing systems that settle the language. Kana comes before Han, which Japanese has too. */
const BY_SCRIPT: readonly [string, RegExp][] = [
  ["ja", /[\p{sc=Hiragana}\p{sc=Katakana}]/gu],
  ["zh", /\p{sc=Han}/gu],
  ["ko", /\p{sc=Hangul}/gu],
  ["th", /\p{sc=Thai}/gu],
  ["el", /\p{sc=Greek}/gu],
  ["he", /\p{sc=Hebrew}/gu],
  ["bn", /\p{sc=Bengali}/gu],
  ["ta", /\p{sc=Tamil}/gu],
  ["te", /\p{sc=Telugu}/gu],
  ["gu", /\p{sc=Gujarati}/gu],
  ["kn", /\p{sc=Kannada}/gu],
  ["ml", /\p{sc=Malayalam}/gu],
  ["pa", /\p{sc=Gurmukhi}/gu],
];
/** Words in alphabets that several languages share. */
const SHARED_ALPHABET_WORD = /[\p{sc=Latin}\p{sc=Cyrillic}\p{sc=Arabic}\p{sc=Devanagari}]+/gu;
/** Kana of this share of the Han and kana characters makes a text Japanese. */
const JAPANESE_KANA_SHARE = 0.1;

/** Languages that the text can be taken for: none if it says nothing in any. */
export function languagesOf(view: TextView): ReadonlySet<string> {
  return view.remember("languages", () => {
    const text = view.text.slice(0, DETECTED_LENGTH);
    if (!view.isAscii) {
      const counts = new Map(BY_SCRIPT.map(([language, pattern]) => [language, countOf(pattern, text)]));
      const kana = counts.get("ja")!;
      const han = counts.get("zh")!;
      if (kana > 0 && kana >= JAPANESE_KANA_SHARE * (kana + han)) counts.set("ja", kana + han).set("zh", 0);
      else counts.set("ja", 0);
      const [language, count] = [...counts].reduce((best, next) => (next[1] > best[1] ? next : best));
      if (count > 0 && count >= countOf(SHARED_ALPHABET_WORD, text)) return new Set([language]);
    }
    const scores = Object.entries(languageDetector().detect(text).getScores());
    const best = Math.max(0, ...scores.map(([, score]) => score));
    return new Set(scores.filter(([, score]) => score >= best * NEAR_BEST).map(([language]) => language));
  });
}

const LETTER = /\p{L}/gu;
const lettersOf = Object.fromEntries(
  Object.keys(SCRIPTS).map((script) => [script, new RegExp(`(?=\\p{L})\\p{sc=${script}}`, "gu")]),
);
const UPPER = /\p{Lu}/u;
const LOWER = /\p{Ll}/u;
const TWO_CAPITALS = /\p{Lu}.*\p{Lu}/u;
/** A word of two letters or more, all upper case (“I” and “A” are no shouting). */
const isCapitalWord = (word: string): boolean => word.length > 1 && !LOWER.test(word) && TWO_CAPITALS.test(word);

/** What langdetect tells; capitals throughout are put in small letters, for its profiles are of ordinary text. */
function detectedLanguage(view: TextView): string | null {
  return view.remember("detected language", () => {
    const { detectLanguage } = view.means;
    if (detectLanguage === undefined)
      throw new MissingMeansError("langdetect's language profiles", "fetch them by rpo eval tables --pull");
    return detectLanguage(isUppercase(view) ? view.lower : view.text);
  });
}

const isUppercase = ({ text }: TextView): boolean => UPPER.test(text) && !LOWER.test(text);

export const SCRIPT_MEASURES: Record<string, MeasureDefinition> = {
  "detected-language": {
    needsMeans: true,
    instructionOnly: true,
    args: { language: "detected" },
    of: (text, arg) => {
      const found = detectedLanguage(text);
      return found === arg.language || (arg.language === "zh" && found?.startsWith("zh-")) ? 1 : 0;
    },
    wording: {
      en: { none: "!be in {language} as langdetect tells it", some: "be in {language} as langdetect tells it" },
      zh: { none: "!被langdetect判定为{language}", some: "被langdetect判定为{language}" },
    },
  },
  language: {
    args: { language: "language" },
    of: (text, arg) => (languagesOf(text).has(arg.language as string) ? 1 : 0),
    wording: {
      en: { none: "!be in {language}", some: "be in {language}" },
      zh: { none: "!使用{language}", some: "使用{language}" },
    },
  },
  letters: {
    args: { script: "script" },
    of: (text, arg) => countOf(lettersOf[arg.script as string]!, text.text),
    wording: {
      en: { none: "contain no {script} letters", count: "contain {q} {script} {letter|letters}" },
      zh: { none: "!包含{script}字母", count: "包含{q}个{script}字母" },
    },
  },
  "script-share": {
    args: { script: "script" },
    of: (text, arg) => {
      const letters = countOf(LETTER, text.text);
      return letters === 0 ? 0 : Math.floor((100 * countOf(lettersOf[arg.script as string]!, text.text)) / letters);
    },
    wording: {
      en: { count: "have {p} of its letters in {script} script" },
      zh: { count: "有{p}的文字为{script}字母" },
    },
  },
  uppercase: {
    of: (text) => (isUppercase(text) ? 1 : 0),
    wording: {
      en: { none: "!be entirely in capital letters", some: "be entirely in capital letters" },
      zh: { none: "!全部使用大写字母", some: "全部使用大写字母" },
    },
  },
  lowercase: {
    of: (text) => (LOWER.test(text.text) && !UPPER.test(text.text) ? 1 : 0),
    wording: {
      en: { none: "!be entirely in lowercase letters", some: "be entirely in lowercase letters" },
      zh: { none: "!全部使用小写字母", some: "全部使用小写字母" },
    },
  },
  "capital-words": {
    of: (text) => text.words.filter(isCapitalWord).length,
    wording: {
      en: { none: "contain no words in all capitals", count: "contain {q} {word|words} in all capitals" },
      zh: { none: "!包含全大写的单词", count: "包含{q}个全大写的单词" },
    },
  },
};

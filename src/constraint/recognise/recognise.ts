// Natural-language constraints → the expressions that check them, by rules alone. Rendered wording is read back exactly
// (wording/parse.ts); other phrasings go through the rules of their language. Null means: only a judge can tell.
import type { WordingLanguage } from "../argument.ts";
import type { Constraint } from "../expression.ts";
import { parse } from "../wording/parse.ts";
import { readEnglish } from "./en/read.ts";
import { readChinese } from "./zh/read.ts";

/** A constraint recognised in a text, and by what. */
export interface Recognition {
  readonly constraint: Constraint;
  readonly language: WordingLanguage;
  /** "wording" for rendered wording, else the names of the rules, joined by " + ". */
  readonly rule: string;
}

const HAN = /\p{sc=Han}/u;
/** Longer texts are no single constraints; refusing them bounds the work. Rendered wording is longer than people's. */
const MAX_LENGTH = 1_000;
const MAX_RENDERED_LENGTH = 20_000;

/** The language a constraint is written in, of the two that are read: quoted phrases do not count. */
export function languageOf(text: string): WordingLanguage {
  return HAN.test(text.replace(/[“"「『'‘][^”"」』'’]*[”"」』'’]/gu, "")) ? "zh" : "en";
}

/** The constraint that a text states, or null where the rules do not fully understand it. */
export function recognise(text: string): Recognition | null {
  if (text.length > MAX_RENDERED_LENGTH) return null;
  const language = languageOf(text);
  const rendered = parse(text, language);
  if (rendered !== null) return { constraint: rendered, language, rule: "wording" };
  if (text.length > MAX_LENGTH) return null;
  const read = language === "zh" ? readChinese(text) : readEnglish(text);
  return read === null ? null : { ...read, language };
}

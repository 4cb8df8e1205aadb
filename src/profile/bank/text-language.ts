// The language that a text is written in, for counting and filtering corpora. Code, links and markup say nothing of it and are
// left out. Ignores that a text may be in several.
import { languagesOf } from "../../constraint/measures/script.ts";
import { viewOf } from "../../constraint/verdict.ts";

/** What is in no language: fenced code, links, HTML tags, placeholders in braces or brackets. */
const NO_LANGUAGE = /```[\s\S]*?```|https?:\/\/\S+|<[^<>\n]{1,200}>|\{\{?[^{}\n]{0,200}\}?\}|\[[^[\]\n]{0,60}\]/g;
/** Characters that are cleaned and looked at; the language of a long text shows at its beginning. */
const LOOKED_AT = 4_000;
/** Letters that a text must have to be in a language at all. */
const LEAST_LETTERS = 3;

/**
 * ISO 639-1 of the language, "und" where too little tells. Of languages that fit equally well, English goes before Chinese and
 * both before others.
 */
export function textLanguage(text: string): string {
  const start = text.slice(0, LOOKED_AT);
  const cleaned = start.replace(NO_LANGUAGE, " ");
  const said = lettersIn(cleaned) >= LEAST_LETTERS ? cleaned : start;
  if (lettersIn(said) < LEAST_LETTERS) return "und";
  const found = languagesOf(viewOf(said));
  return found.has("en") ? "en" : found.has("zh") ? "zh" : ([...found][0] ?? "und");
}

const lettersIn = (text: string): number => text.match(/\p{L}/gu)?.length ?? 0;

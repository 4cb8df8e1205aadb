// What a text is as a whole: a question, JSON, wrapped in marks, or of a given pattern.
import { conforms, jsonOf, NOT_JSON } from "../json-form.ts";
import type { MeasureDefinition } from "../measure.ts";
import { countMatches } from "../pattern.ts";

const QUOTES: readonly [string, string][] = [
  ['"', '"'],
  ["“", "”"],
  ["„", "“"],
  ["„", "”"],
  ["”", "”"],
  ["＂", "＂"],
  ["「", "」"],
  ["『", "』"],
  ["«", "»"],
];

/** A question mark at the end of a sentence, or a sentence that opens with an interrogative. */
const ASKS = /[?？][!！?？]{0,5}(?:["'”’」』）)*_\s]|$)/;
const OPENS_ASKING =
  /^(?:who|whom|whose|what|when|where|why|which|how|is|are|am|was|were|do|does|did|can|could|should|would|will|may|might|have|has|had)\b(?!.*[.!]$)/i;
const ASKS_ZH = /(?:吗|呢|么)[。.!！~～]*$|^(?:谁|什么|为什么|为何|怎么|怎样|如何|哪|几|多少|是否|能否|可否|请问)/;

const yes = (holds: boolean): number => (holds ? 1 : 0);

function wrapped(text: string, open: string, close: string): boolean {
  return text.length >= open.length + close.length && text.startsWith(open) && text.endsWith(close);
}

export const FORM_MEASURES: Record<string, MeasureDefinition> = {
  question: {
    of: (text) =>
      yes(
        ASKS.test(text.trimmed) ||
          text.sentences.some((sentence) => OPENS_ASKING.test(sentence) || ASKS_ZH.test(sentence)),
      ),
    wording: {
      en: { none: "!ask a question", some: "ask a question" },
      zh: { none: "!提出问题", some: "提出问题" },
    },
  },
  json: {
    of: (text) => yes(text.remember("json", () => jsonOf(text.text)) !== NOT_JSON),
    wording: {
      en: { none: "!be valid JSON", some: "be valid JSON" },
      zh: { none: "!是有效的JSON", some: "是有效的JSON" },
    },
  },
  "json-schema": {
    args: { schema: "schema" },
    of: (text, arg) => yes(conforms(text.text, arg.schema as string)),
    wording: {
      en: {
        none: "!be JSON that is valid against the schema {schema}",
        some: "be JSON that is valid against the schema {schema}",
      },
      zh: { none: "!是符合模式{schema}的JSON", some: "是符合模式{schema}的JSON" },
    },
  },
  matches: {
    args: { pattern: "pattern" },
    of: (text, arg) => countMatches(arg.pattern as string, text.text),
    wording: {
      en: {
        none: "!match the pattern {pattern}",
        some: "match the pattern {pattern}",
        count: "match the pattern {pattern} {q} {time|times}",
      },
      zh: { none: "!匹配模式{pattern}", some: "匹配模式{pattern}", count: "匹配模式{pattern}{q}次" },
    },
  },
  wrapped: {
    args: { open: "text", close: "text" },
    of: (text, arg) => yes(wrapped(text.trimmed, arg.open as string, arg.close as string)),
    wording: {
      en: { none: "!be wrapped in {open} and {close}", some: "be wrapped in {open} and {close}" },
      zh: { none: "!以{open}和{close}包裹", some: "以{open}和{close}包裹" },
    },
  },
  quoted: {
    of: (text) => yes(QUOTES.some(([open, close]) => wrapped(text.trimmed, open, close) && text.trimmed.length > 1)),
    wording: {
      en: { none: "!be wrapped in double quotation marks", some: "be wrapped in double quotation marks" },
      zh: { none: "!用双引号包裹", some: "用双引号包裹" },
    },
  },
};

// Punctuation marks (in either width) and digits.
import { MARKS } from "../argument.ts";
import type { MeasureDefinition } from "../measure.ts";
import { countOf } from "./length.ts";

const DIGIT = /\p{Nd}/gu;
const NUMBER = /\p{Nd}+(?:[.,]\p{Nd}+)*/gu;
const PUNCTUATION = /\p{P}|[~～^`|<>+=]/gu;
const ENDS_WITH_PUNCTUATION = /(?:\p{P}|[~～^`|<>+=])$/u;

export const MARK_MEASURES: Record<string, MeasureDefinition> = {
  marks: {
    args: { mark: "mark" },
    of: (text, arg) => countOf(MARKS[arg.mark as string]!.characters, text.text),
    wording: {
      en: { none: "contain no {mark}", count: "contain {q} {mark}" },
      zh: { none: "!包含{mark}", count: "包含{q}个{mark}" },
    },
  },
  punctuation: {
    of: (text) => countOf(PUNCTUATION, text.text),
    wording: {
      en: { none: "contain no punctuation marks", count: "contain {q} punctuation {mark|marks}" },
      zh: { none: "!包含标点符号", count: "包含{q}个标点符号" },
    },
  },
  "ends-with-punctuation": {
    of: (text) => (ENDS_WITH_PUNCTUATION.test(text.trimmed.slice(-2)) ? 1 : 0),
    wording: {
      en: { none: "!end with a punctuation mark", some: "end with a punctuation mark" },
      zh: { none: "!以标点符号结尾", some: "以标点符号结尾" },
    },
  },
  digits: {
    of: (text) => countOf(DIGIT, text.text),
    wording: {
      en: { none: "contain no digits", count: "contain {q} {digit|digits}" },
      zh: { none: "!包含阿拉伯数字", count: "包含{q}个数字字符" },
    },
  },
  numbers: {
    of: (text) => countOf(NUMBER, text.text),
    wording: {
      en: { none: "contain no numbers in figures", count: "contain {q} {number|numbers} in figures" },
      zh: { none: "!包含用数字书写的数", count: "包含{q}个用数字书写的数" },
    },
  },
};

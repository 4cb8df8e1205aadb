// How long a text is, in the units that people write: words, characters, 字 (Han characters; marks and Latin letters are
// none), sentences, lines, paragraphs.
import type { MeasureDefinition } from "../measure.ts";

const HAN = /\p{sc=Han}/gu;

/** Number of matches of a global pattern; quicker than a list of them. */
export function countOf(pattern: RegExp, text: string): number {
  pattern.lastIndex = 0;
  let count = 0;
  while (pattern.exec(text) !== null) count += 1;
  return count;
}

/** Code points, surrogate pairs as one. */
function codePoints(text: string): number {
  let pairs = 0;
  for (let i = 0; i < text.length - 1; i++) if ((text.charCodeAt(i) & 0xfc00) === 0xd800) pairs += 1;
  return text.length - pairs;
}

export const LENGTH_MEASURES: Record<string, MeasureDefinition> = {
  words: {
    of: (text) => text.words.length,
    wording: {
      en: { none: "contain no words", count: "contain {q} {word|words}" },
      zh: { none: "!包含任何单词", count: "包含{q}个单词" },
    },
  },
  characters: {
    of: (text) => codePoints(text.trimmed),
    wording: {
      en: { none: "contain no characters", count: "contain {q} {character|characters}" },
      zh: { none: "!包含任何字符", count: "包含{q}个字符" },
    },
  },
  han: {
    of: (text) => (text.isAscii ? 0 : countOf(HAN, text.text)),
    wording: {
      en: { none: "contain no Chinese characters", count: "contain {q} Chinese {character|characters}" },
      zh: { none: "!包含汉字", count: "包含{q}个汉字" },
    },
  },
  sentences: {
    of: (text) => text.sentences.length,
    wording: {
      en: { none: "contain no sentences", count: "contain {q} {sentence|sentences}" },
      zh: { none: "!包含任何句子", count: "包含{q}个句子" },
    },
  },
  lines: {
    of: (text) => text.lines.length,
    wording: {
      en: { none: "contain no lines", count: "contain {q} {line|lines}" },
      zh: { none: "!包含任何一行", count: "包含{q}行" },
    },
  },
  paragraphs: {
    of: (text) => text.paragraphs.length,
    wording: {
      en: { none: "contain no paragraphs", count: "contain {q} {paragraph|paragraphs}" },
      zh: { none: "!包含任何段落", count: "包含{q}个段落" },
    },
  },
};

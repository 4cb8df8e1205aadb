// Emoji: how many, how many different ones, which ones, and where.
import type { MeasureDefinition } from "../measure.ts";
import type { TextView } from "../text-view.ts";

const VARIATION = /\ufe0f/g;
/** ❤ and ❤️ are one emoji in two spellings. */
const plain = (emoji: string): string => emoji.replace(VARIATION, "");
const setOf = (list: unknown): Set<string> => new Set((list as readonly string[]).map(plain));

/** The emoji at the very end of the text, with nothing but white space between them, the last first. */
function endingEmoji(text: TextView): string[] {
  const run: string[] = [];
  let rest = text.trimmed;
  for (const sign of text.emoji.toReversed()) {
    if (!rest.endsWith(sign)) break;
    run.push(sign);
    rest = rest.slice(0, -sign.length).trimEnd();
  }
  return run;
}

export const EMOJI_MEASURES: Record<string, MeasureDefinition> = {
  emoji: {
    of: (text) => text.emoji.length,
    wording: {
      en: { none: "contain no emoji", count: "contain {q} {emoji|emoji}" },
      zh: { none: "!包含表情符号", count: "包含{q}个表情符号" },
    },
  },
  "distinct-emoji": {
    of: (text) => new Set(text.emoji.map(plain)).size,
    wording: {
      en: { count: "contain {q} different {emoji|emoji}" },
      zh: { count: "包含{q}个不同的表情符号" },
    },
  },
  "emoji-among": {
    args: { set: "texts" },
    of: (text, arg) => {
      const set = setOf(arg.set);
      return text.emoji.filter((sign) => set.has(plain(sign))).length;
    },
    wording: {
      en: { none: "contain none of the emoji {set}", count: "contain {q} of the emoji {set}" },
      zh: { none: "!包含以下表情符号中的任何一个：{set}", count: "包含{q}个以下表情符号：{set}" },
    },
  },
  "emoji-outside": {
    args: { set: "texts" },
    of: (text, arg) => {
      const set = setOf(arg.set);
      return text.emoji.filter((sign) => !set.has(plain(sign))).length;
    },
    wording: {
      en: { none: "contain no emoji other than {set}", count: "contain {q} emoji other than {set}" },
      zh: { none: "!包含以下之外的表情符号：{set}", count: "包含{q}个以下之外的表情符号：{set}" },
    },
  },
  "starts-with-emoji": {
    of: (text) => (text.emoji[0] !== undefined && text.trimmed.startsWith(text.emoji[0]) ? 1 : 0),
    wording: {
      en: { none: "!start with an emoji", some: "start with an emoji" },
      zh: { none: "!以表情符号开头", some: "以表情符号开头" },
    },
  },
  "ending-emoji": {
    of: (text) => endingEmoji(text).length,
    wording: {
      en: { count: "end with {q} emoji in a row" },
      zh: { count: "以{q}个连续的表情符号结尾" },
    },
  },
  "distinct-ending-emoji": {
    of: (text) => new Set(endingEmoji(text).map(plain)).size,
    wording: {
      en: { count: "end with {q} different emoji in a row" },
      zh: { count: "以{q}个连续的不同表情符号结尾" },
    },
  },
  "ends-with-emoji": {
    of: (text) => (text.emoji.length > 0 && text.trimmed.endsWith(text.emoji.at(-1)!) ? 1 : 0),
    wording: {
      en: { none: "!end with an emoji", some: "end with an emoji" },
      zh: { none: "!以表情符号结尾", some: "以表情符号结尾" },
    },
  },
};

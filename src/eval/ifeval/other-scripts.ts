// How Multi-IF counts words and sentences of Chinese, Japanese and Hindi. Ignores which language a text is in.
import { SPACE } from "../python/characters.ts";
import { split, splitlines, strip } from "../python/str.ts";
import { withoutEmoji } from "./emoji.ts";

/** Signs that are no words: taken out before anything is counted, so that what they part grows together. */
const signs = /[\\.!?．/_,{}<>:;$%^&*(+"'—！，。？、`~@#￥…（）：；《》“”)[\]»〔〕\-「」]+/gu;
const oneByOne = /[\u4e00-\u9fff\u3400-\u4dbf\u3040-\u30ff\uac00-\ud7af]/gu;

/** Words of a text of Chinese or Japanese: its signs, kana and hangul one by one, its emoji, and what white space parts of the rest. */
export function wordsAndSigns(text: string): number {
  const { count, rest } = withoutEmoji(text.replace(signs, ""));
  const single = rest.match(oneByOne)?.length ?? 0;
  return split(rest.replace(oneByOne, " ")).length + single + count;
}

const sentence = /[^!?。.！？．\n]+[!?。.！？．\n]?/gu;

/** Sentences of a text of Chinese or Japanese, line by line. */
export const linesOfSentences = (text: string): number =>
  splitlines(text).reduce((sum, line) => sum + (strip(line).match(sentence)?.length ?? 0), 0);

const afterHindiEnd = new RegExp(`(?<=[।!?])[${SPACE}]*`, "u");

/** Sentences of a Hindi text; abbreviations are none there. */
export const hindiSentences = (text: string): number =>
  text.split(afterHindiEnd).filter((part) => strip(part) !== "").length;

/** Sentences of a Thai text: a line is one (the official program parts lines further, by a model that is not carried over). */
export const linesWithText = (text: string): number => splitlines(text).filter((line) => strip(line) !== "").length;

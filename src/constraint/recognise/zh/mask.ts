// Quoted phrases and bare emoji taken out of a text, one private-use character standing for each, so that rules and the
// splitting into clauses never look inside them. What is left is brought to one spelling: half-width letters, digits and
// brackets, Chinese stops, no white space.
import { quote } from "../../wording/quoted.ts";

/** Source of a pattern for one literal: a quoted phrase or bare emoji. */
export const LITERAL = "[\ue000-\uefff]";
/** Source for literals in a row: “A”、“B”和“C”. */
export const LITERALS = `${LITERAL}(?:(?:、|,|，|和|与|及|以及|或|或者|并|/|及其)?${LITERAL})*`;
/** Source for a bare emoji alone. */
export const BARE = "[\ue800-\uefff]";

const PRIVATE_USE = /[\ue000-\uf8ff]/;
const FIRST_QUOTED = 0xe000;
const FIRST_BARE = 0xe800;
const MOST = 0x7ff;

/** Pairs of marks that hold a phrase. Straight and curved doubles are mixed freely in real texts, so they pair in turn. */
const DOUBLE = /[“”"＂]/;
const PAIRS: Readonly<Record<string, string>> = { "「": "」", "『": "』", "‘": "’", "`": "`" };
/** Signs that people send without quotation marks, a run of them as one phrase. A tilde between numbers is a range. */
const BARE_RUN =
  /^(?:\p{RGI_Emoji}|[\p{Emoji_Presentation}\p{Extended_Pictographic}]\ufe0f?|[\p{So}--[①-⓿㈠-㉃]]|[￥¥\&])+/v;
/** Holes to be filled in: such a phrase is a pattern, not itself. */
const HOLE =
  /[xX×]{2,}|某某|_{2,}|＿{2,}|\$\{?\w|(?<=[^*])\*{3,}|\*{3,}(?=[^*])|[○〇]{2,}|[+＋](?:数字|内容|时间|名字|姓名|文本)/;

export interface Masked {
  readonly text: string;
  readonly phrases: ReadonlyMap<string, string>;
}

/** The masked text, or null where quotation marks do not pair up, a phrase is empty, or has holes in it. */
export function mask(text: string): Masked | null {
  if (PRIVATE_USE.test(text)) return null;
  const phrases = new Map<string, string>();
  let quoted = 0;
  let bare = 0;
  let out = "";
  let at = 0;
  while (at < text.length) {
    const sign = text[at]!;
    const close = DOUBLE.test(sign) ? closingDouble(text, at) : PAIRS[sign] && text.indexOf(PAIRS[sign], at + 1);
    if (close !== undefined && close !== "") {
      if (close === -1) return null;
      const phrase = text.slice(at + 1, close).trim();
      if (phrase === "") {
        out += text.slice(at, close + 1); // the marks themselves are meant: 用“”括起来
        at = close + 1;
        continue;
      }
      if (/[“”]/.test(phrase) || HOLE.test(phrase) || quoted > MOST) return null;
      const token = String.fromCharCode(FIRST_QUOTED + quoted++);
      phrases.set(token, phrase);
      out += token;
      at = close + 1;
      continue;
    }
    const run = BARE_RUN.exec(text.slice(at, at + 200))?.[0];
    if (run !== undefined) {
      if (bare > MOST) return null;
      const token = String.fromCharCode(FIRST_BARE + bare++);
      phrases.set(token, run);
      out += token;
      at += run.length;
      continue;
    }
    out += sign;
    at += 1;
  }
  return { text: plain(out), phrases };
}

/** Where the phrase that opens here closes. “ inside “ ” nests; other doubles close at the next double. */
function closingDouble(text: string, open: number): number {
  if (text[open] === "“") {
    let depth = 0;
    for (let at = open; at < text.length; at += 1) {
      if (text[at] === "“") depth += 1;
      else if (text[at] === "”") depth -= 1;
      if (depth === 0) return at;
    }
  }
  for (let at = open + 1; at < text.length; at += 1) if (DOUBLE.test(text[at]!)) return at;
  return -1;
}

const HALF_WIDTH = /[\uff10-\uff19\uff21-\uff3a\uff41-\uff5a（）［］｛｝＜＞＝％＃＊＋－．／]/g;

function plain(text: string): string {
  return text
    .replace(HALF_WIDTH, (sign) => String.fromCharCode(sign.charCodeAt(0) - 0xfee0))
    .replace(/(?<=\d),(?=\d{3}(?!\d))/g, "")
    .replace(/,/g, "，")
    .replace(/;/g, "；")
    .replace(/:/g, "：")
    .replace(/!/g, "！")
    .replace(/\s+/g, "");
}

/** A group of a match with its literals back in it, each in “ ” as the exact wording quotes them. */
export function unmask(text: string, phrases: ReadonlyMap<string, string>): string {
  return text.replace(/[\ue000-\uefff]/g, (token) => quote(phrases.get(token) ?? ""));
}

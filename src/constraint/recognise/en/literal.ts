// Literals in a constraint's text: quoted phrases, emoji, symbols, bracketed examples. Each is folded into one opaque token
// before anything is read, so that no rule splits, lowercases or misreads what stands between quotation marks. A token
// carries its text in itself (moved into a private-use plane), so rules stay plain patterns over plain strings.

/** What a literal was in the text: decides what it can be an example of. */
export type LiteralKind = "quoted" | "emoji" | "symbol" | "angle" | "bracket" | "star";

const KINDS: readonly LiteralKind[] = ["quoted", "emoji", "symbol", "angle", "bracket", "star"];
const FIRST_KIND = 0xe000;
const FIRST_UNIT = 0xf0000;
const PAYLOAD = "[\\u{F0000}-\\u{FFFFF}]+";
const PRIVATE = /[\ue000-\uf8ff\u{f0000}-\u{10ffff}]/u;

const sourceOf = (...kinds: readonly LiteralKind[]): string =>
  `[${kinds.map((kind) => String.fromCharCode(FIRST_KIND + KINDS.indexOf(kind))).join("")}]${PAYLOAD}`;

/** Pattern sources: a phrase (quoted, or an emoji or symbol that stands for itself), and each kind of its own. */
export const PHRASE = sourceOf("quoted", "emoji", "symbol");
export const QUOTED = sourceOf("quoted");
export const EMOJI = sourceOf("emoji");
export const SYMBOL = sourceOf("symbol");
export const ANY_LITERAL = sourceOf(...KINDS);
/** Literals that can only be examples of a form: [name], <<title>>, *highlighted*. */
export const EXAMPLE = sourceOf("angle", "bracket", "star");

const token = (kind: LiteralKind, text: string): string =>
  String.fromCharCode(FIRST_KIND + KINDS.indexOf(kind)) +
  Array.from({ length: text.length }, (_, i) => String.fromCodePoint(FIRST_UNIT + text.charCodeAt(i))).join("");

/** The text of one literal token, white space around it taken off. */
export function literalText(literal: string): string {
  return Array.from(literal.slice(1), (unit) => String.fromCharCode(unit.codePointAt(0)! - FIRST_UNIT))
    .join("")
    .trim();
}

const LITERALS = new RegExp(ANY_LITERAL, "gu");
/** The texts of all literal tokens in a piece of text, in order. */
export const literalsIn = (text: string): string[] => (text.match(LITERALS) ?? []).map(literalText);

const DOUBLE = /[“”„"]([^“”„"]+)[“”"]|「([^「」]+)」|『([^『』]+)』|`+([^`]+)`+|«([^«»]+)»/gu;
/** Single marks quote only where no letter stands outside them: an apostrophe has one before it. */
const SINGLE = /(?<![\p{L}\p{N}])[‘']([^‘’']+(?:['’][\p{L}][^‘’']*)*)[’'](?![\p{L}\p{N}])/gu;
const ANGLE = /<<[^<>]*>>/g;
const SYMBOLS = /\*{3,}(?![^\s*.,;:!?)'"])|-{3,}|={3,}|~{3,}|_{3,}|#{1,6}(?=[\s,.)]|$)|[•●▪]/g;
const STAR = /\*+[^*\s][^*]*\*+/g;
const BRACKET = /\[[^[\]]*\]|【[^【】]*】/g;
const PICTOGRAPH = /\p{RGI_Emoji}|[\p{Emoji_Presentation}\p{Extended_Pictographic}]\ufe0f?/gv;
const TEXT_SIGN = /^[©®™‼⁉ℹ↔-↪Ⓜ▪-◾⤴⤵⬅-⬇〰〽㊗㊙]$/u;
/** A list of plain quotations in brackets, as programs write it: ['a', 'b']. */
const QUOTED_LIST = new RegExp(`\\[((?:${QUOTED})(?:, ?(?:${QUOTED}))*)\\]`, "gu");
/** A comma that American style puts inside the marks belongs to the sentence when the sentence goes on. */
const INNER_COMMA = new RegExp(`(?:${QUOTED})(?=\\s)`, "gu");

/** The text with every literal folded into a token; null if it already holds private-use characters. */
export function foldLiterals(text: string): string | null {
  if (PRIVATE.test(text)) return null;
  return text
    .replace(DOUBLE, (...match) => token("quoted", match.slice(1, 6).find((group) => group !== undefined) as string))
    .replace(SINGLE, (_, inner: string) => token("quoted", inner))
    .replace(QUOTED_LIST, "$1")
    .replace(ANGLE, (found) => token("angle", found))
    .replace(SYMBOLS, (found) => token("symbol", found))
    .replace(STAR, (found) => token("star", found))
    .replace(BRACKET, (found) => token("bracket", found))
    .replace(PICTOGRAPH, (found) => (TEXT_SIGN.test(found) ? found : token("emoji", found)))
    .replace(INNER_COMMA, (found) => {
      const inner = literalText(found);
      return inner.endsWith(",") && inner.length > 1 ? `${token("quoted", inner.slice(0, -1))},` : found;
    });
}

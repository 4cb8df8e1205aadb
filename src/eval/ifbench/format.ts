// format:*, the shape of a response.
import { z } from "zod";
import { counted, instruction } from "../ifeval/instruction.ts";
import { PythonError } from "../ifeval/python-error.ts";
import { isAlpha, isSpace, WORD } from "../python/characters.ts";
import { PUNCTUATION, stripCharacters, withoutPunctuation } from "../python/punctuation.ts";
import { isLower, isUpper, length, split, strip } from "../python/str.ts";
import { AROUND_WORDS } from "./python-list.ts";
import { sentencesOf } from "./sentences.ts";
import { tokensOf } from "./tokens.ts";

const NONE = z.strictObject({});

const CLOSES: Readonly<Record<string, string>> = { ")": "(", "]": "[", "}": "{" };
const DEEP_BRACKETS = 5;

/** Brackets within one another, five deep, of which the innermost closes as it should. A wrong one begins anew. */
export const parentheses = instruction(NONE, () => (text) => {
  let open: string[] = [];
  let deepest = 0;
  for (const sign of text) {
    if ("([{".includes(sign)) {
      open.push(sign);
      deepest = Math.max(deepest, open.length);
    } else if (CLOSES[sign] !== undefined) {
      if (open.at(-1) === CLOSES[sign]) {
        open.pop();
        if (deepest >= DEEP_BRACKETS) return true;
      } else {
        open = [];
        deepest = 0;
      }
    }
  }
  return false;
});

const DEEP_QUOTES = 3;

/** Quotes within one another: a sign that is not the last open one opens. */
export const quotes = instruction(NONE, () => (text) => {
  const open: string[] = [];
  let deepest = 0;
  for (const sign of text) {
    if (sign !== '"' && sign !== "'") continue;
    if (open.at(-1) === sign) {
      open.pop();
      if (deepest - open.length >= DEEP_QUOTES) return true;
    } else {
      open.push(sign);
      deepest = Math.max(deepest, open.length);
    }
  }
  return false;
});

const lettersABC = new RegExp(`^[^${WORD}]*[aA][^${WORD}]*[bB][^${WORD}]*[cC]`, "u");

/** One of the options, and nothing else; those that begin with a, b, c have to be as they are written. */
export const options = instruction(z.strictObject({ options: z.string() }), ({ options }) => {
  const separator = options.includes("/") ? "/" : options.includes("or") ? "or" : ",";
  const choices = options.split(separator).map(strip);
  if (lettersABC.test(options)) return (text) => choices.includes(text);
  const plain = (text: string): string => stripCharacters(text, AROUND_WORDS).toLowerCase();
  const known = new Set(choices.map(plain));
  return (text) => known.has(plain(text));
});

/** As many lines as words. */
export const newline = instruction(NONE, () => (text) => {
  const plain = strip(withoutPunctuation(text));
  return plain.split("\n").filter((line) => line !== "").length === split(plain).length;
});

/** One character, as the package emoji 2.15 lists them (Unicode 17). */
const emojiCharacter = /^(?![0-9#*])(?!\p{Regional_Indicator})\p{Emoji}$/u;
const isEmoji = (character: string | undefined): boolean => character !== undefined && emojiCharacter.test(character);

/** An emoji in the last two characters of each sentence, or at the beginning of the next. */
export const emoji = instruction(NONE, () => (text, context) => {
  const plain = sentencesOf(text, context).map((sentence) => [...strip(withoutPunctuation(sentence))]);
  return plain.every((characters, i) => {
    if (characters.length === 0) {
      if (context.suite === "ifbench_2026") return false;
      throw new PythonError("IndexError");
    }
    return characters.slice(-2).some(isEmoji) || isEmoji(plain[i + 1]?.[0]);
  });
});

const indent = (line: string): number => line.length - stripCharacters(line, " ", "left").length;

/** Each line is indented more than the one before. */
export const lineIndent = instruction(NONE, () => (text) => {
  const indents = linesLeft(text.split("\n")).map(indent);
  return indents.every((own, i) => i === 0 || own > (indents[i - 1] as number));
});

/**
 * The official program takes blank lines out of the list that it goes through: the line after one taken out is passed over, and
 * it is the first of equal lines that goes.
 */
function linesLeft(lines: readonly string[]): string[] {
  const left = new Set(lines.keys());
  /** Places of blank lines that are left, by the line, the first first. */
  const blanks = new Map<string, number[]>();
  const keep = (place: number): number[] => {
    const line = lines[place] as string;
    const places = blanks.get(line) ?? [];
    places.push(place);
    blanks.set(line, places);
    return places;
  };
  const isBlank = (place: number): boolean => place < lines.length && strip(lines[place] as string) === "";
  for (let at = 0; at < lines.length; at += 1) {
    if (!isBlank(at)) continue;
    left.delete(keep(at).shift() as number);
    at += 1;
    if (isBlank(at)) keep(at);
  }
  return [...left].map((place) => lines[place] as string);
}

/** No two quotes beside one another, and none at the end. In 2025 “ and ” are quotes too. */
export const quoteUnquote = instruction(NONE, () => (text, { suite }) => {
  const quoted = suite === "ifbench_2026" ? text : text.replace(/[“”]/g, '"');
  const joined = split(quoted.replaceAll("'\"'", "")).join("");
  if (joined.includes('""')) return false;
  const inside = stripCharacters(joined, DIGITS_AND_SIGNS);
  if (inside === "" && suite !== "ifbench_2026") throw new PythonError("IndexError");
  return !inside.endsWith('"');
});
const DIGITS_AND_SIGNS = `0123456789${PUNCTUATION.replace('"', "")}`;

/** The separator that stands for bullets, wherever it is. */
export const list = counted(
  z.strictObject({ sep: z.string() }),
  ({ sep }) =>
    (text) =>
      sep === "" ? length(text) + 1 : text.split(sep).length - 1,
  () => [2, Number.POSITIVE_INFINITY],
);

/** Something between <i> and </i>, or em, and something after it. */
export const thesis = instruction(NONE, () => (text) => {
  const start = firstOf(text, "<i>", "<em>");
  if (start === -1) return false;
  const rest = text.slice(start);
  const end = firstOf(rest, "</i>", "</em>");
  // The lengths are those of <i> and </i> also where it is em: its ">" is text then.
  return end !== -1 && strip(rest.slice("<i>".length, end)) !== "" && strip(rest.slice(end + "</i>".length)) !== "";
});

/** Where the first sign is, or else the second. */
function firstOf(text: string, first: string, second: string): number {
  const found = text.indexOf(first);
  return found === -1 ? text.indexOf(second) : found;
}

/** A hyphen after every asterisk, before the next. */
export const subBullets = instruction(
  NONE,
  () => (text) =>
    text
      .split("*")
      .slice(1)
      .every((bullet) => bullet.includes("-")),
);

/** Two sentences at least, on lines one after another, then nothing but bullets, two at least. */
export const noBulletsBullets = instruction(NONE, () => (text, context) => {
  let ended = false; // a line without a sentence ends them
  let sentences = 0;
  let bullets = 0;
  for (const line of text.split("\n").map(strip)) {
    if (line.startsWith("*")) {
      ended = true;
      if (sentences < 2) return false;
      bullets += 1;
    } else if (ended) return false;
    else {
      const found = sentencesOf(line, context).length;
      sentences += found;
      ended = found === 0;
    }
  }
  return bullets >= 2;
});

/** No word in small letters. In 2025 only words of two characters or more count, whatever they begin with. */
export const titleCase = instruction(
  NONE,
  () => (text, context) =>
    tokensOf(text, context).every((word) => {
      const [first = "", ...others] = word;
      const rest = others.join("");
      if (context.suite === "ifbench_2026") {
        if (!isAlpha(first)) return true;
        if (rest === "") return !isLower(first);
      }
      return !isLower(first) || !(isLower(rest) || isUpper(rest));
    }),
);

const TEMPLATE = ["My Answer:", "My Conclusion:", "Future Outlook:"];
export const outputTemplate = instruction(NONE, () => (text) => TEMPLATE.every((label) => text.includes(label)));

export const noWhitespace = instruction(NONE, () => (text) => !isSpace(text));

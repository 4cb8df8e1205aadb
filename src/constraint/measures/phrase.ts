// Phrases: how often one stands in the text, and where. Letters are compared regardless of case; white space around the
// text does not count.
import type { Arguments, MeasureDefinition } from "../measure.ts";
import type { TextView } from "../text-view.ts";
import { endsWith, startsWith } from "./phrase-edge.ts";

const phraseOf = (arg: Arguments, name = "phrase"): string => (arg[name] as string).toLowerCase();

function* positionsOf(text: TextView, phrase: string): Generator<number> {
  for (let at = text.lower.indexOf(phrase); at !== -1; at = text.lower.indexOf(phrase, at + phrase.length)) yield at;
}

function occurrences(text: TextView, phrase: string): number {
  let count = 0;
  for (const _ of positionsOf(text, phrase)) count += 1;
  return count;
}

const WORD_CHARACTER =
  /[[\p{L}\p{M}\p{N}_]--[\p{sc=Han}\p{sc=Hira}\p{sc=Kana}\p{sc=Thai}\p{sc=Lao}\p{sc=Khmr}\p{sc=Mymr}]]/v;
/** Whether a word ends between two characters: not where both belong to one. Scripts that are written without spaces end words anywhere. */
function boundary(before: string | undefined, after: string | undefined): boolean {
  return before === undefined || after === undefined || !WORD_CHARACTER.test(before) || !WORD_CHARACTER.test(after);
}

function wordOccurrences(text: TextView, word: string): number {
  let count = 0;
  for (const at of positionsOf(text, word)) {
    const end = at + word.length;
    if (boundary(text.lower[at - 1], word[0]) && boundary(word.at(-1), text.lower[end])) count += 1;
  }
  return count;
}

/** What stands between separators, trimmed; nothing between two is no part. A separator of one sign repeated is none within a longer run of it. */
function partsOf({ text }: TextView, separator: string): string[] {
  const sign = String.fromCodePoint(separator.codePointAt(0)!);
  const isRun = separator.length > sign.length && separator === sign.repeat(separator.length / sign.length);
  const parts: string[] = [];
  let from = 0;
  for (let at = text.indexOf(separator); at !== -1; ) {
    let end = at + separator.length;
    if (isRun) while (text.startsWith(sign, end)) end += sign.length;
    if (end === at + separator.length) {
      parts.push(text.slice(from, at));
      from = end;
    }
    at = text.indexOf(separator, end);
  }
  parts.push(text.slice(from));
  return parts.map((part) => part.trim()).filter((part) => part !== "");
}

/** Three asterisks between white space; `***bold***` has none. */
const DIVIDER = /(?<!\S)\*\*\*(?!\S)/g;
const dividedParagraphs = (text: TextView): number =>
  text.text.split(DIVIDER).filter((paragraph) => paragraph.trim() !== "").length;

const inOneLine = (text: string): string => text.trim().toLowerCase().replace(/\s+/g, " ");

/** Punctuation and Markdown signs around a text: they come before its first word and after its last, and are no words. */
const AROUND = /[\s\p{P}`>~]/u;

function withoutMarksAround(text: string): string {
  let start = 0;
  let end = text.length;
  while (start < end && AROUND.test(text[start]!)) start += 1;
  while (end > start && AROUND.test(text[end - 1]!)) end -= 1;
  return text.slice(start, end);
}

/** How often `a` stands without `b` after it; white space between them is let pass. */
function unfollowed(text: TextView, a: string, b: string): number {
  let count = 0;
  for (const at of positionsOf(text, a))
    if (
      !text.lower
        .slice(at + a.length)
        .trimStart()
        .startsWith(b)
    )
      count += 1;
  return count;
}

const yes = (holds: boolean): number => (holds ? 1 : 0);

export const PHRASE_MEASURES: Record<string, MeasureDefinition> = {
  occurrences: {
    args: { phrase: "text" },
    of: (text, arg) => occurrences(text, phraseOf(arg)),
    wording: {
      en: { none: "!contain {phrase}", some: "contain {phrase}", count: "contain {phrase} {q} {time|times}" },
      zh: { none: "!包含{phrase}", some: "包含{phrase}", count: "包含{phrase}{q}次" },
    },
  },
  "word-occurrences": {
    args: { word: "text" },
    of: (text, arg) => wordOccurrences(text, phraseOf(arg, "word")),
    wording: {
      en: {
        none: "!contain the word {word}",
        some: "contain the word {word}",
        count: "contain the word {word} {q} {time|times}",
      },
      zh: { none: "!包含单词{word}", some: "包含单词{word}", count: "包含单词{word}{q}次" },
    },
  },
  "starts-with": {
    args: { phrase: "text" },
    of: (text, arg) => yes(startsWith(text.trimmed.toLowerCase(), phraseOf(arg))),
    wording: {
      en: { none: "!start with {phrase}", some: "start with {phrase}" },
      zh: { none: "!以{phrase}开头", some: "以{phrase}开头" },
    },
  },
  "ends-with": {
    args: { phrase: "text" },
    of: (text, arg) => yes(endsWith(text.trimmed.toLowerCase(), phraseOf(arg))),
    wording: {
      en: { none: "!end with {phrase}", some: "end with {phrase}" },
      zh: { none: "!以{phrase}结尾", some: "以{phrase}结尾" },
    },
  },
  "starts-with-word": {
    args: { word: "text" },
    of: (text, arg) => {
      const word = phraseOf(arg, "word");
      const texts = [text.trimmed.toLowerCase(), withoutMarksAround(text.lower)];
      return yes(texts.some((said) => said.startsWith(word) && boundary(word.at(-1), said[word.length])));
    },
    wording: {
      en: { none: "!start with the word {word}", some: "start with the word {word}" },
      zh: { none: "!以单词{word}开头", some: "以单词{word}开头" },
    },
  },
  "ends-with-word": {
    args: { word: "text" },
    of: (text, arg) => {
      const word = phraseOf(arg, "word");
      const lower = withoutMarksAround(text.lower);
      return yes(lower.endsWith(word) && boundary(lower[lower.length - word.length - 1], word[0]));
    },
    wording: {
      en: { none: "!end with the word {word}", some: "end with the word {word}" },
      zh: { none: "!以单词{word}结尾", some: "以单词{word}结尾" },
    },
  },
  "repeats-query": {
    needsQuery: true,
    of: (text, _arg, query) => yes(text.trimmed.toLowerCase().startsWith((query?.trimmed ?? "").toLowerCase())),
    wording: {
      en: { none: "!start by repeating the user's message", some: "start by repeating the user's message" },
      zh: { none: "!以逐字重复用户消息开头", some: "以逐字重复用户消息开头" },
    },
  },
  "starts-by-repeating": {
    instructionOnly: true,
    args: { phrase: "text" },
    of: (text, arg) => {
      const phrase = inOneLine(arg.phrase as string);
      const said = inOneLine(text.text);
      return yes(said.startsWith(phrase) && boundary(phrase.at(-1), said[phrase.length]));
    },
    wording: {
      en: { none: "!start by repeating {phrase} word for word", some: "start by repeating {phrase} word for word" },
      zh: { none: "!以逐字重复{phrase}开头", some: "以逐字重复{phrase}开头" },
    },
  },
  "phrases-among": {
    instructionOnly: true,
    args: { set: "texts" },
    of: (text, arg) =>
      new Set((arg.set as readonly string[]).map((phrase) => phrase.toLowerCase()))
        .values()
        .filter((phrase) => text.lower.includes(phrase))
        .reduce((count) => count + 1, 0),
    wording: {
      en: { none: "contain none of the phrases {set}", count: "contain {q} different {phrase|phrases} out of {set}" },
      zh: { none: "!包含以下短语中的任何一个：{set}", count: "包含{q}个以下不同短语：{set}" },
    },
  },
  equals: {
    args: { phrase: "text" },
    of: (text, arg) => yes(text.trimmed.toLowerCase() === phraseOf(arg)),
    wording: {
      en: { none: "!be exactly {phrase}", some: "be exactly {phrase}" },
      zh: { none: "!是且仅是{phrase}", some: "是且仅是{phrase}" },
    },
  },
  unfollowed: {
    args: { phrase: "text", next: "text" },
    of: (text, arg) => unfollowed(text, phraseOf(arg), phraseOf(arg, "next")),
    wording: {
      en: {
        none: "have {next} right after every {phrase}",
        some: "have {phrase} at least once without {next} right after it",
        count: "have {phrase} {q} {time|times} without {next} right after it",
      },
      zh: {
        none: "在每个{phrase}之后紧跟{next}",
        some: "至少有一处{phrase}之后没有紧跟{next}",
        count: "有{q}处{phrase}之后没有紧跟{next}",
      },
    },
  },
  parts: {
    args: { separator: "text" },
    of: (text, arg) => partsOf(text, arg.separator as string).length,
    wording: {
      en: { count: "consist of {q} {part|parts} separated by {separator}" },
      zh: { count: "由{q}个以{separator}分隔的部分组成" },
    },
  },
  "distinct-parts": {
    args: { separator: "text" },
    of: (text, arg) => new Set(partsOf(text, arg.separator as string)).size,
    wording: {
      en: { count: "consist of {q} different {part|parts} separated by {separator}" },
      zh: { count: "由{q}个互不相同的以{separator}分隔的部分组成" },
    },
  },
  "divided-paragraphs": {
    instructionOnly: true,
    of: dividedParagraphs,
    wording: {
      en: { count: "consist of {q} {paragraph|paragraphs} separated by dividers of three asterisks" },
      zh: { count: "由{q}个以三个星号的分隔符隔开的段落组成" },
    },
  },
  sections: {
    args: { label: "text" },
    of: (text, arg) => sections(text, phraseOf(arg, "label")),
    wording: {
      en: {
        none: "contain no sections marked {label} with a number",
        count: "contain {q} {section|sections} marked {label} with a number",
      },
      zh: { none: "!包含标有{label}加编号的部分", count: "包含{q}个标有{label}加编号的部分" },
    },
  },
  postscript: {
    args: { marker: "text" },
    of: (text, arg) => yes(text.lines.some((line) => hasMarker(line.toLowerCase(), phraseOf(arg, "marker")))),
    wording: {
      en: {
        none: "!contain a postscript that starts with {marker}",
        some: "contain a postscript that starts with {marker}",
      },
      zh: { none: "!包含以{marker}开头的附言", some: "包含以{marker}开头的附言" },
    },
  },
};

/** Emphasis, headings, bullets, quotes and brackets before what a line says. */
const BEFORE_LABEL = /[\s*_#>"“”'‘’「『（(<[\-•:：]/;
const NUMBER = /^[\s.:：#-]{0,2}(\d{1,6}|[一二三四五六七八九十百]{1,5}|[ivxlc]{1,8}(?![\p{L}\p{N}]))/u;

/** Characters from a label to the end of its number. */
const LONGEST_NUMBER = 12;

/** Different numbers that follow the label at the beginning of a line, such as “SECTION 2”. */
function sections(text: TextView, label: string): number {
  const numbers = new Set<string>();
  for (const line of text.lines) {
    const lower = line.toLowerCase();
    let at = 0;
    while (at < lower.length && !lower.startsWith(label, at) && BEFORE_LABEL.test(lower[at]!)) at += 1;
    const number = lower.startsWith(label, at)
      ? NUMBER.exec(lower.slice(at + label.length, at + label.length + LONGEST_NUMBER))?.[1]
      : undefined;
    if (number !== undefined) numbers.add(number);
  }
  return numbers.size;
}

/** A line that begins with the marker; emphasis before it, and stops and spaces between its letters (P. S., PS), are let pass. */
function hasMarker(line: string, marker: string): boolean {
  const wanted = [...marker.replace(/[\s.:：]/gu, "")];
  let at = 0;
  const skip = (signs: RegExp): void => {
    while (at < line.length && signs.test(line[at]!)) at += 1;
  };
  skip(/[\s*_>#]/);
  for (const letter of wanted) {
    if (!line.startsWith(letter, at)) return false;
    at += letter.length;
    skip(/[\s.]/);
  }
  // "Psychology" begins with the letters of P.S., and is none: something other than a letter has to come after them.
  return (
    wanted.length > 0 && (at >= line.length || /[\s.*_:：]/.test(line[at - 1]!) || !WORD_CHARACTER.test(line[at]!))
  );
}

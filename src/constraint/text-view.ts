// A text as the measures see it: its words, sentences, lines, list items …, each found once and only when asked for. The
// definitions here are the ones that the rendered wording means; what counts as a word, 字 or sentence is decided here and
// nowhere else. Every reading takes time in proportion to the text, whatever the text is: patterns that could backtrack over
// a long run are scanned by hand.
import { type Means, NO_MEANS } from "./means.ts";
import { boldSpans } from "./span.ts";

/** The parts that a requirement can speak of. */
export const SEGMENTS = ["paragraph", "line", "sentence", "item", "heading", "bold", "word"] as const;
export type Segment = (typeof SEGMENTS)[number];

/** A list item: its marker (`-`, `1.`, `一、` …) and its text without the marker. */
export interface ListItem {
  readonly marker: string;
  readonly content: string;
}

const LINE_BREAK = /\r\n|\r|\n/;
/** Scripts written without spaces: each character counts as a word. */
const UNSPACED = "\\p{sc=Han}\\p{sc=Hira}\\p{sc=Kana}";
const WORD_CHARACTER = `[[\\p{L}\\p{M}\\p{N}_]--[${UNSPACED}]]`;
const WORD = new RegExp(`[${UNSPACED}]|${WORD_CHARACTER}+(?:['’\\-]${WORD_CHARACTER}+)*`, "gv");
const ASCII_WORD = /\w+(?:['-]\w+)*/g;
const NOT_ASCII = /[^\x00-\x7f]/;
/** Scripts whose words of several characters stand without spaces between them. */
const UNSPACED_WORDS = /[\p{sc=Thai}\p{sc=Lao}\p{sc=Khmr}\p{sc=Mymr}]/u;
let segmenter: Intl.Segmenter | undefined;
/** One blank line or more; what is left of a longer gap is trimmed from the next block. */
const BLANK_LINE = /(?:\r\n|\n|\r(?!\n))[^\S\n\r]*(?:\r\n|\n|\r(?!\n))/;

/** Bullets, and numbers in the styles that people use. A full stop or bracket wants a space after it (3.14 is no item); 、 does not. */
const ITEM_MARKER =
  /(?:[-*+•‣◦▪·●○–—]|(?:\d{1,3}|[IVXLC]{1,6}|[ivxlc]{1,6}|[A-Za-z])[.)])(?=\s)|(?:\d{1,3}|[一二三四五六七八九十]{1,3})[、．]|\d{1,3}\.(?=[\p{sc=Han}*“"《【])|[（(](?:\d{1,3}|[一二三四五六七八九十]{1,3}|[a-z])[）)]|[①-⑳]/uy;
const HEADING_MARKER = /^#{1,6}\s+(?=\S)/;

/** Shortened forms whose full stop ends no sentence. */
const ABBREVIATION =
  /(?:^|[\s(“"‘'])(?:[A-Z]|Mr|Mrs|Ms|Dr|Prof|Sr|Jr|St|vs|etc|e\.g|i\.e|cf|approx|No|Fig|Vol|pp?|al|Inc|Ltd|Co|a\.m|p\.m|U\.S|U\.K|P\.S|P\.P\.S)\.$/;
/** The longest of them has 7 characters with its full stop; one more shows what stands before it. */
const ABBREVIATION_REACH = 8;
/** A run of marks that end a sentence. Full stops do so only before white space or the end, quotes and brackets let pass. */
const SENTENCE_MARKS = /[。！？!?…।॥؟۔።։]+|\.+/g;
const CLOSERS = /["'”’」』）)\]*_]*/y;
/** What may stand between a full stop and the white space after it. */
const CLOSERS_OF_FULL_STOP = /["'”’)\]*_]*/y;
const SPACE = /\s/;
const SAYS_SOMETHING = /[\p{L}\p{N}]/u;

/**
 * Pictographs that people send as emoji. Signs of text (©, ™, arrows) count only when written in emoji style (U+FE0F).
 * The set of sequences has thousands of members and is slow to match: it is asked only where a pictograph is followed by
 * something that may join it, and its answers are kept.
 */
const EMOJI = /\p{RGI_Emoji}|[\p{Emoji_Presentation}\p{Extended_Pictographic}]\ufe0f?/vy;
const EMOJI_START = /[\p{Extended_Pictographic}\p{Regional_Indicator}]|[0-9#*]\ufe0f/gu;
/** An emoji with all that may belong to it: the longest sequences (a kiss with two skin tones) have 10 code points. */
const EMOJI_RUN =
  /[0-9#*]?(?:[\p{Extended_Pictographic}\p{Regional_Indicator}\p{Emoji_Modifier}]|\ufe0f|\u200d|\u20e3|[\u{e0020}-\u{e007f}]){1,10}/uy;
const TEXT_SIGN = /^[©®™‼⁉ℹ↔-↪Ⓜ▪-◾⤴⤵⬅-⬇〰〽㊗㊙]$/u;
const MAYBE_EMOJI = /[\u203c-\u2fff\u3030\u303d\u3297\u3299\ud83c-\ud83e]|\ufe0f/;
/** Sequences whose length is kept: a corpus repeats few of them. */
const EMOJI_LENGTHS_KEPT = 4_096;
const emojiLengths = new Map<string, number>();

/** Code units of the emoji that starts at a place, 0 if none does. */
function emojiLength(text: string, at: number): number {
  EMOJI_RUN.lastIndex = at;
  const run = EMOJI_RUN.exec(text)![0];
  // Most stand alone: one code point, and nothing after it that could belong to it.
  if (run.length === (run.codePointAt(0)! > 0xffff ? 2 : 1)) return run.length;
  let length = emojiLengths.get(run);
  if (length === undefined) {
    EMOJI.lastIndex = 0;
    length = EMOJI.exec(run)?.[0].length ?? 0;
    if (emojiLengths.size >= EMOJI_LENGTHS_KEPT) emojiLengths.clear();
    emojiLengths.set(run, length);
  }
  return length;
}

function emojiOf(text: string): string[] {
  const found: string[] = [];
  EMOJI_START.lastIndex = 0;
  for (let match = EMOJI_START.exec(text); match !== null; match = EMOJI_START.exec(text)) {
    const length = emojiLength(text, match.index);
    if (length === 0) continue;
    EMOJI_START.lastIndex = match.index + length;
    const sign = text.slice(match.index, match.index + length);
    if (length > 1 || !TEXT_SIGN.test(sign)) found.push(sign);
  }
  return found;
}

/** A text and its readings, each made when first asked for. Fields, not a map: a verdict on every word makes thousands of views. */
export class TextView {
  readonly text: string;
  /** What was passed in for measures that need more than the text; parts of the text have it too. */
  readonly means: Means;
  #trimmed: string | undefined;
  #lower: string | undefined;
  #isAscii: boolean | undefined;
  #lines: readonly string[] | undefined;
  #paragraphs: readonly string[] | undefined;
  #words: readonly string[] | undefined;
  #sentences: readonly string[] | undefined;
  #items: readonly ListItem[] | undefined;
  #headings: readonly string[] | undefined;
  #bolds: readonly string[] | undefined;
  #emoji: readonly string[] | undefined;
  #segments: Map<Segment, readonly TextView[]> | undefined;
  #remembered: Map<string, unknown> | undefined;

  constructor(text: string, means: Means = NO_MEANS) {
    this.text = text;
    this.means = means;
  }

  /** Computed once for this text: for measures that share a costly reading of it (language, JSON). */
  remember<T>(key: string, make: () => T): T {
    this.#remembered ??= new Map();
    if (!this.#remembered.has(key)) this.#remembered.set(key, make());
    return this.#remembered.get(key) as T;
  }

  /** Without surrounding white space. */
  get trimmed(): string {
    this.#trimmed ??= this.text.trim();
    return this.#trimmed;
  }

  /** In lower case: phrases are compared regardless of case. */
  get lower(): string {
    this.#lower ??= this.text.toLowerCase();
    return this.#lower;
  }

  get isAscii(): boolean {
    this.#isAscii ??= !NOT_ASCII.test(this.text);
    return this.#isAscii;
  }

  /** Lines that hold something, trimmed. */
  get lines(): readonly string[] {
    this.#lines ??= trimmedParts(this.text, this.text.includes("\r") ? LINE_BREAK : "\n");
    return this.#lines;
  }

  /** Blocks parted by blank lines, trimmed. */
  get paragraphs(): readonly string[] {
    this.#paragraphs ??= trimmedParts(this.text, BLANK_LINE);
    return this.#paragraphs;
  }

  /**
   * Runs of letters and digits, joined by apostrophes and hyphens; Han and kana characters one by one; Thai, Lao, Khmer and
   * Burmese as the dictionaries of this machine's Unicode library part them.
   */
  get words(): readonly string[] {
    this.#words ??= wordsOf(this.text, this.isAscii);
    return this.#words;
  }

  /**
   * Sentences end at 。！？!?…।؟۔ or a full stop before white space, and at the end of a line, unless it ends in a comma or
   * semicolon and its paragraph goes on, as verse does; marks alone are none.
   */
  get sentences(): readonly string[] {
    this.#sentences ??= this.paragraphs.flatMap(joinedLines).flatMap(sentencesOfLine);
    return this.#sentences;
  }

  /** List items, bulleted or numbered. */
  get items(): readonly ListItem[] {
    this.#items ??= this.lines.flatMap((line) => (isRuleLine(line) ? [] : (itemOf(line) ?? [])));
    return this.#items;
  }

  /** Texts of Markdown headings. */
  get headings(): readonly string[] {
    this.#headings ??= this.lines.flatMap((line) => headingOf(line) ?? []);
    return this.#headings;
  }

  /** Texts in Markdown bold. */
  get bolds(): readonly string[] {
    this.#bolds ??= boldSpans(this.text).map(({ from, to }) => this.text.slice(from, to));
    return this.#bolds;
  }

  /** Emoji in order, each a whole sequence (a flag or a family is one). */
  get emoji(): readonly string[] {
    this.#emoji ??= MAYBE_EMOJI.test(this.text) ? emojiOf(this.text) : [];
    return this.#emoji;
  }

  /** The parts of one kind, each a text of its own. */
  segments(kind: Segment): readonly TextView[] {
    this.#segments ??= new Map();
    let views = this.#segments.get(kind);
    if (views === undefined) {
      views = this.#texts(kind).map((text) => new TextView(text, this.means));
      this.#segments.set(kind, views);
    }
    return views;
  }

  /** The nth part of a kind (1 is the first, −1 the last); the empty text where there is none. */
  segmentAt(kind: Segment, at: number): TextView {
    return this.segments(kind).at(at > 0 ? at - 1 : at) ?? new TextView("", this.means);
  }

  #texts(kind: Segment): readonly string[] {
    switch (kind) {
      case "paragraph":
        return this.paragraphs;
      case "line":
        return this.lines;
      case "sentence":
        return this.sentences;
      case "item":
        return this.items.map((item) => item.content);
      case "heading":
        return this.headings;
      case "bold":
        return this.bolds;
      case "word":
        return this.words;
    }
  }
}

function wordsOf(text: string, isAscii: boolean): readonly string[] {
  const runs = text.match(isAscii ? ASCII_WORD : WORD) ?? [];
  if (isAscii || !UNSPACED_WORDS.test(text)) return runs;
  segmenter ??= new Intl.Segmenter("th", { granularity: "word" });
  return runs.flatMap((run) =>
    UNSPACED_WORDS.test(run)
      ? [...segmenter!.segment(run)].filter(({ isWordLike }) => isWordLike).map(({ segment }) => segment)
      : run,
  );
}

function trimmedParts(text: string, separator: RegExp | string): string[] {
  const parts: string[] = [];
  for (const part of text.split(separator)) {
    const trimmed = part.trim();
    if (trimmed !== "") parts.push(trimmed);
  }
  return parts;
}

/** Signs that a separator line can be made of. Dashes of all lengths may be mixed. */
const RULE_SIGNS: Readonly<Record<string, string>> = {
  "-": "-—–",
  "—": "-—–",
  "–": "-—–",
  "*": "*",
  _: "_",
  "=": "=",
  "~": "~",
};

/** Whether a line (trimmed) is nothing but a separator: three signs of one kind or more, with or without spaces. */
export function isRuleLine(line: string): boolean {
  const signs = RULE_SIGNS[line[0] ?? ""];
  if (signs === undefined) return false;
  let count = 0;
  for (let i = 0; i < line.length; i++) {
    if (signs.includes(line[i]!)) count += 1;
    else if (!SPACE.test(line[i]!)) return false;
  }
  return count >= 3;
}

/** The text of a heading line (trimmed) without the signs before and after it, or null. */
function headingOf(line: string): string | null {
  const marker = line.startsWith("#") ? HEADING_MARKER.exec(line) : null;
  if (marker === null) return null;
  const start = marker[0].length;
  let end = line.length;
  while (end > start + 1 && line[end - 1] === "#") end -= 1;
  return line.slice(start, end).trimEnd();
}

/** The list item that a line (trimmed) is, quote marks before it let pass, or null. */
function itemOf(line: string): ListItem | null {
  let start = 0;
  while (line[start] === ">") start += line[start + 1] === " " ? 2 : 1;
  ITEM_MARKER.lastIndex = start;
  const marker = ITEM_MARKER.exec(line)?.[0];
  return marker === undefined ? null : { marker, content: line.slice(start + marker.length).trim() };
}

function endOf(run: RegExp, text: string, at: number): number {
  run.lastIndex = at;
  run.test(text);
  return run.lastIndex;
}

/** A line that ends so goes on in the next one. */
const GOES_ON = /[,，、;；،؛]$/;

/** Lines of a paragraph, those that a sentence runs over made one. */
function joinedLines(paragraph: string): string[] {
  const joined: string[] = [];
  let open: string[] = [];
  for (const line of trimmedParts(paragraph, paragraph.includes("\r") ? LINE_BREAK : "\n")) {
    const begins = isRuleLine(line) || headingOf(line) !== null || itemOf(line) !== null;
    if (open.length > 0 && begins) {
      joined.push(open.join(" "));
      open = [];
    }
    open.push(line);
    if (GOES_ON.test(line)) continue;
    joined.push(open.join(" "));
    open = [];
  }
  if (open.length > 0) joined.push(open.join(" "));
  return joined;
}

function sentencesOfLine(line: string): string[] {
  if (isRuleLine(line)) return [];
  const body = headingOf(line) ?? itemOf(line)?.content ?? line;
  const sentences: string[] = [];
  let start = 0;
  const push = (end: number): void => {
    const sentence = body.slice(start, end).trim();
    if (SAYS_SOMETHING.test(sentence)) sentences.push(sentence);
    start = end;
  };
  SENTENCE_MARKS.lastIndex = 0;
  for (let match = SENTENCE_MARKS.exec(body); match !== null; match = SENTENCE_MARKS.exec(body)) {
    const { index } = match;
    const after = index + match[0].length;
    if (match[0][0] !== ".") push(endOf(CLOSERS, body, after));
    else {
      const end = endOf(CLOSERS_OF_FULL_STOP, body, after);
      if (end < body.length && !SPACE.test(body[end]!)) continue;
      const single = end === index + 1;
      if (single && end < body.length && ABBREVIATION.test(body.slice(Math.max(start, end - ABBREVIATION_REACH), end)))
        continue;
      push(end);
    }
  }
  push(body.length);
  return sentences;
}

// A text as the measures see it: its words, sentences, lines, list items …, each found once and only when asked for. The
// definitions here are the ones that the rendered wording means; what counts as a word, 字 or sentence is decided here and
// nowhere else.

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
const ASCII = /^[\x00-\x7f]*$/;

/** Bullets, and numbers in the styles that people use. A full stop or bracket wants a space after it (3.14 is no item); 、 does not. */
const ITEM =
  /^\s*(?:> ?)*((?:[-*+•‣◦▪·●○–—]|(?:\d{1,3}|[IVXLC]{1,6}|[ivxlc]{1,6}|[A-Za-z])[.)])(?=\s)|(?:\d{1,3}|[一二三四五六七八九十]{1,3})[、．]|(?:\d{1,3})\.(?=[\p{sc=Han}*“"《【])|[（(](?:\d{1,3}|[一二三四五六七八九十]{1,3}|[a-z])[）)]|[①-⑳])\s*(.*)$/u;
const HEADING = /^ {0,3}#{1,6}\s+(\S.*?)\s*#*\s*$/;
const BOLD = /\*\*(?=[^\s*])([^\n]*?[^\s*])\*\*(?!\*)|__(?=[^\s_])([^\n]*?[^\s_])__(?!_)/g;

/** Shortened forms whose full stop ends no sentence. */
const ABBREVIATION =
  /(?:^|[\s(“"‘'])(?:[A-Z]|Mr|Mrs|Ms|Dr|Prof|Sr|Jr|St|vs|etc|e\.g|i\.e|cf|approx|No|Fig|Vol|pp?|al|Inc|Ltd|Co|a\.m|p\.m|U\.S|U\.K|P\.S|P\.P\.S)\.$/;
/** A run of sentence ends with what closes after it. An ASCII full stop counts only before space or the end. */
const SENTENCE_END = /(?:[。！？!?…]+|\.+(?=["'”’)\]*_]*(?:\s|$)))["'”’」』）)\]*_]*/gu;
const SAYS_SOMETHING = /[\p{L}\p{N}]/u;

/**
 * Pictographs that people send as emoji. Signs of text (©, ™, arrows) count only when written in emoji style (U+FE0F). The
 * look-ahead changes nothing but the time: the set of sequences is slow to rule out at every letter.
 */
const EMOJI =
  /(?=[\p{Extended_Pictographic}\p{Regional_Indicator}]|[0-9#*]\ufe0f)(?:\p{RGI_Emoji}|[\p{Emoji_Presentation}\p{Extended_Pictographic}]\ufe0f?)/gv;
const TEXT_SIGN = /^[©®™‼⁉ℹ↔-↪Ⓜ▪-◾⤴⤵⬅-⬇〰〽㊗㊙]$/u;
const MAYBE_EMOJI = /[\u203c-\u3299\ud83c-\ud83e]|\ufe0f/;

export class TextView {
  readonly text: string;
  readonly #cache = new Map<string, unknown>();

  constructor(text: string) {
    this.text = text;
  }

  #once<T>(key: string, make: () => T): T {
    if (!this.#cache.has(key)) this.#cache.set(key, make());
    return this.#cache.get(key) as T;
  }

  /** Computed once for this text: for measures that share a costly reading of it (language, JSON). */
  remember<T>(key: string, make: () => T): T {
    return this.#once(`measure:${key}`, make);
  }

  /** Without surrounding white space. */
  get trimmed(): string {
    return this.#once("trimmed", () => this.text.trim());
  }

  /** In lower case: phrases are compared regardless of case. */
  get lower(): string {
    return this.#once("lower", () => this.text.toLowerCase());
  }

  get isAscii(): boolean {
    return this.#once("ascii", () => ASCII.test(this.text));
  }

  /** Lines that hold something, trimmed. */
  get lines(): readonly string[] {
    return this.#once("lines", () =>
      this.text
        .split(LINE_BREAK)
        .map((line) => line.trim())
        .filter((line) => line !== ""),
    );
  }

  /** Blocks parted by blank lines, trimmed. */
  get paragraphs(): readonly string[] {
    return this.#once("paragraphs", () =>
      this.text
        .split(/(?:\r\n|\r|\n)[^\S\n\r]*(?:(?:\r\n|\r|\n)[^\S\n\r]*)+/)
        .map((block) => block.trim())
        .filter((block) => block !== ""),
    );
  }

  /** Runs of letters and digits, joined by apostrophes and hyphens; Han and kana characters one by one. */
  get words(): readonly string[] {
    return this.#once("words", () => this.text.match(this.isAscii ? ASCII_WORD : WORD) ?? []);
  }

  /** Sentences end at 。！？!?… or a full stop before white space, and at the end of a line; marks alone are none. */
  get sentences(): readonly string[] {
    return this.#once("sentences", () => this.lines.flatMap(sentencesOfLine));
  }

  /** List items, bulleted or numbered. */
  get items(): readonly ListItem[] {
    return this.#once("items", () =>
      this.lines.flatMap((line) => {
        if (RULE_LINE.test(line)) return [];
        const match = ITEM.exec(line);
        return match === null ? [] : [{ marker: match[1]!, content: match[2]!.trim() }];
      }),
    );
  }

  /** Texts of Markdown headings. */
  get headings(): readonly string[] {
    return this.#once("headings", () => this.lines.flatMap((line) => HEADING.exec(line)?.[1] ?? []));
  }

  /** Texts in Markdown bold. */
  get bolds(): readonly string[] {
    return this.#once("bolds", () => [...this.text.matchAll(BOLD)].map((match) => (match[1] ?? match[2])!));
  }

  /** Emoji in order, each a whole sequence (a flag or a family is one). */
  get emoji(): readonly string[] {
    return this.#once("emoji", () =>
      MAYBE_EMOJI.test(this.text) ? (this.text.match(EMOJI) ?? []).filter((sign) => !TEXT_SIGN.test(sign)) : [],
    );
  }

  /** The parts of one kind, each a text of its own. */
  segments(kind: Segment): readonly TextView[] {
    return this.#once(`segments:${kind}`, () => this.#texts(kind).map((text) => new TextView(text)));
  }

  /** The nth part of a kind (1 is the first, −1 the last); the empty text where there is none. */
  segmentAt(kind: Segment, at: number): TextView {
    return this.segments(kind).at(at > 0 ? at - 1 : at) ?? EMPTY;
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

const EMPTY = new TextView("");

/** A line of nothing but a separator. */
export const RULE_LINE = /^(?:[-—–]\s*){3,}$|^(?:\*\s*){3,}$|^(?:_\s*){3,}$|^(?:=\s*){3,}$|^(?:~\s*){3,}$/;

function sentencesOfLine(line: string): string[] {
  if (RULE_LINE.test(line)) return [];
  const body = HEADING.exec(line)?.[1] ?? ITEM.exec(line)?.[2] ?? line;
  const sentences: string[] = [];
  let start = 0;
  const push = (end: number): void => {
    const sentence = body.slice(start, end).trim();
    if (SAYS_SOMETHING.test(sentence)) sentences.push(sentence);
    start = end;
  };
  for (const match of body.matchAll(SENTENCE_END)) {
    const end = match.index + match[0].length;
    if (match[0] === "." && end < body.length && ABBREVIATION.test(body.slice(start, end))) continue;
    push(end);
  }
  push(body.length);
  return sentences;
}

// Sentence spans as NLTK 3.8's Punkt finds them with given parameters (Kiss and Strunk 2006: abbreviations, collocations,
// frequent sentence starters, and in which case words were seen). Ignores training. Its time is linear in the text where
// NLTK's is: contexts of two words are looked at, one at each sign that may end a sentence.
import { DIGIT, SPACE, WORD } from "../python/characters.ts";
import { isLower, isUpper, rstrip } from "../python/str.ts";

/** What was learnt of a language. */
export interface PunktParameters {
  /** Without the final period, lower case. */
  readonly abbreviations: ReadonlySet<string>;
  readonly sentenceStarters: ReadonlySet<string>;
  /** Two types that stand beside each other although a period is between them; see `collocation`. */
  readonly collocations: ReadonlySet<string>;
  /** Type → in which case, and where in sentences, it was seen: flags below. */
  readonly orthography: ReadonlyMap<string, number>;
}

/** A span of the text in UTF-16 code units, end exclusive. */
export type Span = readonly [start: number, end: number];

/** How a collocation stands in its set. No type has a line end in it. */
export const collocation = (first: string, second: string): string => `${first}\n${second}`;

const SEEN_INSIDE_UPPER = 1 << 2;
const SEEN_FIRST_LOWER = 1 << 4;
const SEEN_UPPER = (1 << 1) | SEEN_INSIDE_UPPER | (1 << 3);
const SEEN_LOWER = SEEN_FIRST_LOWER | (1 << 5) | (1 << 6);

const NUMBER_TYPE = "##number##";
/** Signs that are no words; no sentence starts with them. */
const PUNCTUATION = new Set([";", ":", ",", ".", "!", "?"]);
/** Signs that end a word wherever they stand. */
const NOT_IN_WORDS = `[)";}\\]*:@'({\\[?!]`;
const SEVERAL_SIGNS = `(?:-{2,}|\\.{2,}|(?:\\.[${SPACE}]){2,}\\.)`;
const END_OF_WORD = `(?:[${SPACE}]|$|${NOT_IN_WORDS}|${SEVERAL_SIGNS}|,(?=$|[${SPACE}]|${NOT_IN_WORDS}|${SEVERAL_SIGNS}))`;

const tokens = new RegExp(
  `${SEVERAL_SIGNS}|(?=[^("\`{\\[:;&#*@)}\\]\\-,])[^${SPACE}]+?(?=${END_OF_WORD})|[^${SPACE}]`,
  "gu",
);
/** A sign that may end a sentence, and what follows it: another sign, or white space and a word (group 1). */
const candidates = new RegExp(`[.?!](?=${NOT_IN_WORDS}|[${SPACE}]+([^${SPACE}]+))`, "gu");
/** Closing signs at the beginning of a sentence belong to the one before. */
const closing = new RegExp(`["')\\]}]+?(?:[${SPACE}]+|(?=--)|(?=\\n)|$)`, "uy");
const notInWords = new RegExp(NOT_IN_WORDS, "u");
const number = new RegExp(`^-?[.,]?[${DIGIT}][${DIGIT},.\\-]*\\.?$`, "u");
const initial = new RegExp(`^(?![${DIGIT}])[${WORD}]\\.$`, "u");
const ellipsis = /^\.\.+$/;
const blank = new RegExp(`^[${SPACE}]*$`, "u");

/** Sentences of the text. */
export function sentenceSpans(text: string, parameters: PunktParameters): Span[] {
  return withClosingSigns(text, roughSpans(text, parameters));
}

/** A sign that may end a sentence. */
interface Candidate {
  readonly start: number;
  /** First code unit of the following word; -1 where another sign follows. */
  readonly next: number;
  /** The word that it ends, the sign, and what follows. */
  readonly context: string;
}

function* contexts(text: string): Generator<Candidate> {
  let previous: { match: RegExpExecArray; from: number } | null = null;
  const candidateOf = ({ match, from }: { match: RegExpExecArray; from: number }): Candidate => {
    const start = match.index;
    const word = match[1];
    if (word === undefined) return { start, next: -1, context: text.slice(from, start + 2) };
    const next = wordAfter(text, start + 1);
    return { start, next, context: text.slice(from, next + word.length) };
  };
  candidates.lastIndex = 0;
  for (const match of text.matchAll(candidates)) {
    const after: number = previous === null ? 0 : previous.match.index;
    const space = lastAsciiSpace(text, after, match.index);
    // A space right after the candidate before counts as none, as in NLTK.
    const from: number = space > after ? space + 1 : previous === null ? 0 : previous.from;
    if (previous !== null && after <= from) yield candidateOf(previous);
    previous = { match, from };
  }
  if (previous !== null) yield candidateOf(previous);
}

function wordAfter(text: string, from: number): number {
  let at = from;
  while (blank.test(text[at] as string)) at += 1;
  return at;
}

/** Where the last space of `[from, to)` is; `from` if there is none. */
function lastAsciiSpace(text: string, from: number, to: number): number {
  for (let i = to - 1; i > from; i -= 1) {
    const code = text.charCodeAt(i);
    if (code === 0x20 || (code >= 0x09 && code <= 0x0d)) return i;
  }
  return from;
}

function* roughSpans(text: string, parameters: PunktParameters): Generator<Span> {
  let from = 0;
  for (const { start, next, context } of contexts(text)) {
    if (!hasBreak(context, parameters)) continue;
    yield [from, start + 1];
    from = next === -1 ? start + 1 : next;
  }
  yield [from, rstrip(text).length];
}

function* pairs<T>(items: Iterable<T>): Generator<[T, T | null]> {
  let previous: { item: T } | null = null;
  for (const item of items) {
    if (previous !== null) yield [previous.item, item];
    previous = { item };
  }
  if (previous !== null) yield [previous.item, null];
}

function withClosingSigns(text: string, spans: Iterable<Span>): Span[] {
  const aligned: Span[] = [];
  let moved = 0;
  for (const [span, following] of pairs(spans)) {
    const [start, end] = [span[0] + moved, span[1]];
    moved = 0;
    if (following !== null && notInWords.test(text[following[0]] ?? "")) {
      closing.lastIndex = 0;
      const signs = closing.exec(text.slice(...following))?.[0];
      if (signs !== undefined) {
        aligned.push([start, following[0] + rstrip(signs).length]);
        moved = signs.length;
        continue;
      }
    }
    if (end > start) aligned.push([start, end]);
  }
  return aligned;
}

interface Token {
  readonly text: string;
  /** Lower case, numbers as one type. */
  readonly type: string;
  /** Whether it is an abbreviation or an ellipsis. */
  held: boolean;
  ends: boolean;
}

/** Whether a sentence ends in the context before its last word. */
function hasBreak(context: string, parameters: PunktParameters): boolean {
  const found: Token[] = [];
  for (const line of context.split("\n"))
    if (!blank.test(line)) for (const [word] of line.matchAll(tokens)) found.push(byItself(word, parameters));
  let ended = false;
  for (const [token, next] of pairs(found)) {
    if (next !== null) besideTheNext(token, next, parameters);
    if (ended) return true;
    ended = token.ends;
  }
  return false;
}

/** First pass: what the token says by itself. */
function byItself(text: string, { abbreviations }: PunktParameters): Token {
  const lowered = text.toLowerCase();
  const token: Token = { text, type: number.test(lowered) ? NUMBER_TYPE : lowered, held: false, ends: false };
  if (text === "." || text === "?" || text === "!") token.ends = true;
  else if (ellipsis.test(text)) token.held = true;
  else if (text.endsWith(".") && !text.endsWith("..")) {
    const word = text.slice(0, -1).toLowerCase();
    if (abbreviations.has(word) || abbreviations.has(word.slice(word.lastIndexOf("-") + 1))) token.held = true;
    else token.ends = true;
  }
  return token;
}

const withoutPeriod = (type: string): string => (type.length > 1 && type.endsWith(".") ? type.slice(0, -1) : type);

/** Second pass: what the word after it says about a token that ends with a period. */
function besideTheNext(token: Token, next: Token, parameters: PunktParameters): void {
  if (!token.text.endsWith(".")) return;
  const type = withoutPeriod(token.type);
  const nextType = next.ends ? withoutPeriod(next.type) : next.type;
  const isInitial = initial.test(token.text);
  if (parameters.collocations.has(collocation(type, nextType))) {
    token.ends = false;
    token.held = true;
    return;
  }
  const seen = parameters.orthography.get(nextType) ?? 0;
  const capital = isUpper(firstCharacter(next.text));
  if (token.held && !isInitial) {
    if (startsSentence(next, capital, seen) === true || (capital && parameters.sentenceStarters.has(nextType))) {
      token.ends = true;
      return;
    }
  }
  if (!isInitial && type !== NUMBER_TYPE) return;
  const starts = startsSentence(next, capital, seen);
  if (starts === false || (starts === null && isInitial && capital && (seen & SEEN_LOWER) === 0)) {
    token.ends = false;
    token.held = true;
  }
}

/** Whether a word starts a sentence by the cases it was seen in; null: they don't tell. */
function startsSentence(token: Token, capital: boolean, seen: number): boolean | null {
  if (PUNCTUATION.has(token.text)) return false;
  if (capital && (seen & SEEN_LOWER) !== 0 && (seen & SEEN_INSIDE_UPPER) === 0) return true;
  if (isLower(firstCharacter(token.text)) && ((seen & SEEN_UPPER) !== 0 || (seen & SEEN_FIRST_LOWER) === 0))
    return false;
  return null;
}

const firstCharacter = (text: string): string => String.fromCodePoint(text.codePointAt(0) as number);

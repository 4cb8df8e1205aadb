// Reads rendered wording back (render.ts). A recursive descent over exactly the grammar that is rendered; anything else is
// null, never a guess. Natural phrasings are the recogniser's business.
import type { WordingLanguage } from "../argument.ts";
import type { Atom, Constraint, Part, Requirement } from "../expression.ts";
import { MEASURES } from "../measure.ts";
import { SEGMENTS, type Segment } from "../text-view.ts";
import { GRAMMARS, type Grammar, type Mood, type Scope } from "./grammar.ts";
import { QUOTED_PATTERN, unquote } from "./quoted.ts";
import { type PredicateReader, predicateReaders, type ReadAtom } from "./template.ts";

/** Deeper brackets than this are refused, so that no text can exhaust the stack. */
const MAX_DEPTH = 50;

/** Lower case of the grammar's own letters alone: it keeps every position (the lower case of İ is two characters). */
const asciiLower = (text: string): string => text.replace(/[A-Z]+/g, (letters) => letters.toLowerCase());

interface Read<T> {
  readonly value: T;
  readonly end: number;
}

/** The constraint that a rendered sentence says, or null if the text is no such sentence. */
export function parse(text: string, language: WordingLanguage): Constraint | null {
  return new Parser(text.trim(), language).constraint();
}

class Parser {
  readonly #text: string;
  readonly #lower: string;
  readonly #language: WordingLanguage;
  readonly #grammar: Grammar;

  constructor(text: string, language: WordingLanguage) {
    this.#grammar = GRAMMARS[language];
    this.#language = language;
    const { stop } = this.#grammar;
    this.#text = text.endsWith(stop) ? text.slice(0, -stop.length) : text;
    this.#lower = asciiLower(this.#text);
  }

  constraint(): Constraint | null {
    const [before, after] = this.#grammar.trigger;
    if (this.#lower.startsWith(before)) {
      const when = this.#compound(before.length, "query", "is", 0);
      if (when === null || !this.#at(when.end, after)) return null;
      const must = this.#compound(when.end + after.length, "response", "must", 0);
      return must === null || must.end !== this.#text.length ? null : { when: when.value, must: must.value };
    }
    const must = this.#compound(0, "response", "must", 0);
    return must === null || must.end !== this.#text.length ? null : { must: must.value };
  }

  #at(position: number, words: string): boolean {
    return this.#lower.startsWith(asciiLower(words), position);
  }

  /** One part, or several joined by only "and" or only "or". */
  #compound(at: number, scope: Scope, mood: Mood, depth: number): Read<Requirement> | null {
    const first = this.#part(at, scope, mood, depth);
    if (first === null) return null;
    const { and, or } = this.#grammar;
    const joiner = this.#at(first.end, and) ? and : or;
    const parts = [first.value];
    let end = first.end;
    while (this.#at(end, joiner)) {
      const next = this.#part(end + joiner.length, scope, mood, depth);
      if (next === null) return null;
      parts.push(next.value);
      end = next.end;
    }
    if (parts.length === 1) return first;
    return { value: joiner === and ? { all: parts } : { any: parts }, end };
  }

  #part(at: number, scope: Scope, mood: Mood, depth: number): Read<Requirement> | null {
    const { open, close } = this.#grammar;
    if (!this.#at(at, open)) return this.#clause(at, scope, mood, depth);
    if (depth >= MAX_DEPTH) return null;
    const inner = this.#compound(at + open.length, scope, mood, depth + 1);
    return inner === null || !this.#at(inner.end, close) ? null : { value: inner.value, end: inner.end + close.length };
  }

  #clause(at: number, scope: Scope, mood: Mood, depth: number): Read<Requirement> | null {
    return (
      this.#judged(at, mood) ??
      this.#forEach(at, scope, mood, depth) ??
      this.#quantified(at, scope, mood) ??
      this.#atom(at, scope, mood)
    );
  }

  #judged(at: number, mood: Mood): Read<Requirement> | null {
    const hole = "\u0000";
    const [before, after] = this.#grammar.judge[mood](hole, "").split(hole) as [string, string];
    if (!this.#at(at, before)) return null;
    const quoted = new RegExp(QUOTED_PATTERN, "yu");
    quoted.lastIndex = at + before.length;
    const question = quoted.exec(this.#text)?.[0];
    if (question === undefined || !this.#at(quoted.lastIndex, after)) return null;
    const answerAt = quoted.lastIndex + after.length;
    for (const [answer, want] of [
      [this.#grammar.yes, true],
      [this.#grammar.no, false],
    ] as const)
      if (this.#at(answerAt, answer))
        return { value: { judge: unquote(question), want }, end: answerAt + answer.length };
    return null;
  }

  #forEach(at: number, scope: Scope, mood: Mood, depth: number): Read<Requirement> | null {
    const { close } = this.#grammar;
    for (const { quantifier, segment, words } of openingsFor(this.#language, scope).forEach) {
      if (!this.#lower.startsWith(words, at) || depth >= MAX_DEPTH) continue;
      const inner = this.#compound(at + words.length, "segment", mood, depth + 1);
      if (inner === null || !this.#at(inner.end, close)) return null;
      return { value: quantify(quantifier, segment, inner.value), end: inner.end + close.length };
    }
    return null;
  }

  #quantified(at: number, scope: Scope, mood: Mood): Read<Requirement> | null {
    for (const { quantifier, segment, words } of openingsFor(this.#language, scope).quantified) {
      if (!this.#lower.startsWith(words, at)) continue;
      const read = this.#predicate(at + words.length, mood);
      if (read !== null) return { value: quantify(quantifier, segment, atomOf(read)), end: read.end };
    }
    return null;
  }

  #atom(at: number, scope: Scope, mood: Mood): Read<Requirement> | null {
    const subject = this.#grammar.subject[scope];
    if (this.#at(at, subject)) {
      const read = this.#predicate(at + subject.length, mood);
      if (read !== null) return { value: atomOf(read), end: read.end };
    }
    const part = this.#partOf(at, scope);
    const read = part === null ? null : this.#predicate(part.end, mood);
    return part === null || read === null ? null : { value: atomOf(read, part.value), end: read.end };
  }

  #partOf(at: number, scope: Scope): Read<Part> | null {
    const numbers = /\d{1,9}/g;
    numbers.lastIndex = at;
    const number = Number(numbers.exec(this.#text)?.[0] ?? 0);
    const candidates = number > 0 ? [1, -1, number, -number] : [1, -1];
    for (const segment of SEGMENTS) {
      for (const position of candidates) {
        const words = this.#grammar.part({ segment, at: position }, scope);
        if (this.#at(at, words)) return { value: { segment, at: position }, end: at + words.length };
      }
    }
    return null;
  }

  /** The longest predicate that starts here: “contain “x” twice” is more than “contain “x””. */
  #predicate(at: number, mood: Mood): ReadAtom | null {
    let best: ReadAtom | null = null;
    for (const reader of readersFor(this.#language, mood)) {
      if (!this.#lower.startsWith(reader.prefix, at)) continue;
      const read = reader.read(this.#text, at);
      if (read !== null && (best === null || read.end > best.end)) best = read;
    }
    return best;
  }
}

const quantify = (quantifier: "every" | "some", segment: Segment, is: Requirement): Requirement =>
  quantifier === "every" ? { every: segment, is } : { some: segment, is };

function atomOf(read: ReadAtom, of?: Part): Atom {
  return {
    measure: read.measure.name,
    ...(Object.keys(read.arg).length > 0 && { arg: read.arg }),
    ...(of && { of }),
    in: read.in,
  };
}

/** How a clause begins that is about each segment, or one: in the letters that the parser looks for. */
interface Opening {
  readonly quantifier: "every" | "some";
  readonly segment: Segment;
  readonly words: string;
}
interface Openings {
  readonly forEach: readonly Opening[];
  readonly quantified: readonly Opening[];
}
const OPENINGS = new Map<string, Openings>();
function openingsFor(language: WordingLanguage, scope: Scope): Openings {
  const key = `${language}/${scope}`;
  let openings = OPENINGS.get(key);
  if (openings === undefined) {
    const { forEach, quantified, open } = GRAMMARS[language];
    const all = (wordsOf: (quantifier: "every" | "some", segment: Segment) => string): Opening[] =>
      (["every", "some"] as const).flatMap((quantifier) =>
        SEGMENTS.map((segment) => ({ quantifier, segment, words: asciiLower(wordsOf(quantifier, segment)) })),
      );
    openings = {
      forEach: all((quantifier, segment) => forEach(quantifier, segment, scope) + open),
      quantified: all((quantifier, segment) => quantified(quantifier, segment, scope)),
    };
    OPENINGS.set(key, openings);
  }
  return openings;
}

const READERS = new Map<string, readonly PredicateReader[]>();
function readersFor(language: WordingLanguage, mood: Mood): readonly PredicateReader[] {
  const key = `${language}/${mood}`;
  let readers = READERS.get(key);
  if (readers === undefined) {
    readers = MEASURES.flatMap((measure) => predicateReaders(measure, language, mood));
    READERS.set(key, readers);
  }
  return readers;
}

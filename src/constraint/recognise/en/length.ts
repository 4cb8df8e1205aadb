// How long: words, characters, sentences, lines, paragraphs; "keep … under", "exceed", "limit … to".
import { atom, type Requirement } from "../../expression.ts";
import { atMost, exactly, type IntervalSet } from "../../interval.ts";
import type { Noun } from "./predicate.ts";

const unit = (measure: string, pattern: string): Noun => ({
  name: `length/${measure}`,
  pattern,
  of: (set) => atom(measure, set),
  unit: true,
});

export const LENGTH_NOUNS: readonly Noun[] = [
  unit("words", "(?:English )?words?(?: of text)?"),
  unit("characters", "characters?(?: including spaces|,? spaces included|,? counting spaces)?"),
  { name: "length/han", pattern: "(?:Chinese|Han|hanzi) characters?|hanzi", of: (set) => atom("han", set) },
  unit("sentences", "(?:(?:full|complete) )?sentences?"),
  unit("lines", "lines?(?: of text)?"),
  unit("paragraphs", "paragraphs?(?: of text)?"),
  {
    name: "length/line-breaks",
    pattern: "line[ -]?breaks?|newlines?",
    of: (set) => lineBreaks(set),
  },
];

/** No line breaks: at most one line. Other numbers of breaks would count blank lines, which lines do not. */
const lineBreaks = (set: IntervalSet): Requirement | null =>
  set.length === 1 && set[0]![1] === 0 ? atom("lines", atMost(1)) : null;

/** "A one-sentence reply", "a single-paragraph answer", "a three-line poem". */
export const COMPOUND_UNIT: Readonly<Record<string, string>> = {
  word: "words",
  sentence: "sentences",
  line: "lines",
  paragraph: "paragraphs",
};
export const exactUnits = (name: string, n: number): Requirement | null => {
  const measure = COMPOUND_UNIT[name.toLowerCase()];
  return measure === undefined ? null : atom(measure, exactly(n));
};

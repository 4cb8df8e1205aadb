// Templates of a measure's wording (measure.ts, Wording): filled to render an atom, turned into patterns to read one back.
import {
  type ArgumentKind,
  BENCHMARKS,
  DETECTED_LANGUAGES,
  LANGUAGES,
  MARKS,
  SCRIPTS,
  type WordingLanguage,
} from "../argument.ts";
import type { Argument } from "../expression.ts";
import { type IntervalSet, NONE, SOME, sameSet } from "../interval.ts";
import type { Arguments, Measure } from "../measure.ts";
import { GRAMMARS, type Mood } from "./grammar.ts";
import { isSingular, parseQuantity, quantityPattern, renderQuantity } from "./quantity.ts";
import { QUOTED_PATTERN, quote, unquote } from "./quoted.ts";

const SLOT = /\{([^{}|]+)(?:\|([^{}]+))?\}/g;

/** The template that words this set, of the measure's forms. */
function templateFor(measure: Measure, set: IntervalSet, language: WordingLanguage): string {
  const { none, some, count } = measure.wording[language];
  if (none !== undefined && sameSet(set, NONE)) return none;
  if (some !== undefined && sameSet(set, SOME)) return some;
  return count!;
}

/** The predicate of an atom, in a mood: "must contain at most 3 emoji". */
export function renderPredicate(
  measure: Measure,
  set: IntervalSet,
  arg: Arguments,
  language: WordingLanguage,
  mood: Mood,
): string {
  const singular = isSingular(set);
  const text = GRAMMARS[language].predicate(templateFor(measure, set, language), mood);
  return text.replace(SLOT, (_, name: string, plural?: string) => {
    if (plural !== undefined) return singular ? name : plural;
    if (name === "q") return renderQuantity(set, language);
    if (name === "p") return renderQuantity(set, language, "%");
    return renderArgument(measure.args[name]!, arg[name]!, language, singular);
  });
}

function renderArgument(kind: ArgumentKind, value: Argument, language: WordingLanguage, singular: boolean): string {
  if (kind === "texts") return (value as readonly string[]).map(quote).join(GRAMMARS[language].listComma);
  const text = value as string;
  switch (kind) {
    case "language":
      return LANGUAGES[text]![language];
    case "detected":
      return DETECTED_LANGUAGES[text]![language];
    case "benchmark":
      return BENCHMARKS[text]![language];
    case "script":
      return SCRIPTS[text]![language];
    case "mark":
      return language === "zh" ? MARKS[text]!.zh : MARKS[text]!.en[singular ? 0 : 1];
    default:
      return quote(text);
  }
}

/** An atom read back from a predicate, and where the predicate ends. */
export interface ReadAtom {
  readonly measure: Measure;
  readonly arg: Arguments;
  readonly in: IntervalSet;
  readonly end: number;
}

/** Reads the predicate that starts at `at`; null if none does. */
export interface PredicateReader {
  /** What every such predicate begins with, in lower case: a quick test before the pattern. */
  readonly prefix: string;
  read(text: string, at: number): ReadAtom | null;
}

/** A reader for each form of the measure's wording. */
export function predicateReaders(measure: Measure, language: WordingLanguage, mood: Mood): PredicateReader[] {
  const { none, some, count } = measure.wording[language];
  const forms: [string | undefined, IntervalSet | null][] = [
    [none, NONE],
    [some, SOME],
    [count, null],
  ];
  return forms.flatMap(([template, set]) =>
    template === undefined ? [] : [readerOf(measure, template, set, language, mood)],
  );
}

const escaped = (text: string): string => text.replace(/[\\^$.*+?()[\]{}|]/g, "\\$&");

function readerOf(
  measure: Measure,
  template: string,
  fixed: IntervalSet | null,
  language: WordingLanguage,
  mood: Mood,
): PredicateReader {
  const slots: string[] = [];
  const literal = GRAMMARS[language].predicate(template, mood);
  let source = "";
  let last = 0;
  for (const match of literal.matchAll(SLOT)) {
    source += escaped(literal.slice(last, match.index));
    last = match.index + match[0].length;
    const [, name, plural] = match;
    if (plural !== undefined) source += `(?:${escaped(plural)}|${escaped(name!)})`;
    else {
      slots.push(name!);
      source += `(${slotPattern(name!, measure, language)})`;
    }
  }
  const pattern = new RegExp(source + escaped(literal.slice(last)), "yiu");
  const firstSlot = literal.search(SLOT);
  const prefix = (firstSlot === -1 ? literal : literal.slice(0, firstSlot)).toLowerCase();
  const read = (text: string, at: number): ReadAtom | null => {
    pattern.lastIndex = at;
    const match = pattern.exec(text);
    if (match === null) return null;
    let set = fixed;
    const arg: Record<string, Argument> = {};
    for (const [i, name] of slots.entries()) {
      const found = match[i + 1]!;
      if (name === "q" || name === "p") set = quantityOrNull(found, language, name === "p" ? "%" : "");
      else arg[name] = readArgument(measure.args[name]!, found, language);
    }
    if (set === null || measure.faultOf(arg, set) !== null) return null;
    return { measure, arg, in: set, end: pattern.lastIndex };
  };
  return { prefix, read };
}

function quantityOrNull(text: string, language: WordingLanguage, unit: string): IntervalSet | null {
  try {
    const set = parseQuantity(text.toLowerCase(), language, unit);
    return sameSet(set, [[0, null]]) ? null : set;
  } catch (error) {
    if (error instanceof RangeError) return null; // "between 5 and 3"
    throw error;
  }
}

function namesOf(kind: ArgumentKind, language: WordingLanguage): [name: string, key: string][] {
  const named = (table: Readonly<Record<string, Readonly<Record<WordingLanguage, string>>>>) =>
    Object.entries(table).map(([key, names]): [string, string] => [names[language], key]);
  switch (kind) {
    case "language":
      return named(LANGUAGES);
    case "detected":
      return named(DETECTED_LANGUAGES);
    case "benchmark":
      return named(BENCHMARKS);
    case "script":
      return named(SCRIPTS);
    case "mark":
      return Object.entries(MARKS).flatMap(([key, mark]) =>
        (language === "zh" ? [mark.zh] : [...mark.en].reverse()).map((name): [string, string] => [name, key]),
      );
    default:
      return [];
  }
}

function slotPattern(name: string, measure: Measure, language: WordingLanguage): string {
  if (name === "q") return quantityPattern(language);
  if (name === "p") return quantityPattern(language, "%");
  const kind = measure.args[name]!;
  if (kind === "texts") return `${QUOTED_PATTERN}(?:${GRAMMARS[language].listComma}${QUOTED_PATTERN})*`;
  const names = namesOf(kind, language).map(([shown]) => escaped(shown));
  return names.length > 0 ? names.join("|") : QUOTED_PATTERN;
}

function readArgument(kind: ArgumentKind, found: string, language: WordingLanguage): Argument {
  if (kind === "texts") return (found.match(new RegExp(QUOTED_PATTERN, "gu")) ?? []).map(unquote);
  const named = namesOf(kind, language).find(([shown]) => shown.toLowerCase() === found.toLowerCase());
  return named?.[1] ?? unquote(found);
}

// A measure maps a text to a natural number and knows how that number is spoken of. The families stand in measures/.
import { type ArgumentKind, faultOfArgument, type WordingLanguage } from "./argument.ts";
import type { Argument } from "./expression.ts";
import { type IntervalSet, NONE, SOME, sameSet } from "./interval.ts";
import { EMOJI_MEASURES } from "./measures/emoji.ts";
import { FORM_MEASURES } from "./measures/form.ts";
import { LAYOUT_MEASURES } from "./measures/layout.ts";
import { LENGTH_MEASURES } from "./measures/length.ts";
import { MARK_MEASURES } from "./measures/mark.ts";
import { PHRASE_MEASURES } from "./measures/phrase.ts";
import { PROGRAM_MEASURES } from "./measures/program.ts";
import { SCRIPT_MEASURES } from "./measures/script.ts";
import type { TextView } from "./text-view.ts";

export type Arguments = Readonly<Record<string, Argument>>;

/**
 * Wording as templates. They begin with the bare verb ("contain …", in Chinese "包含…"); `!` before it negates. Slots:
 * `{q}` the quantity ("at most 3"), `{p}` the same in per cent, `{name}` an argument, `{word|words}` by number.
 * `none` words the set {0}, `some` the set of all from 1; `count` any other. A yes/no measure has no `count`.
 */
export interface Wording {
  readonly none?: string;
  readonly some?: string;
  readonly count?: string;
}

/** A measure as its family defines it. */
export interface MeasureDefinition {
  /** Arguments by name; all are required. */
  readonly args?: Readonly<Record<string, ArgumentKind>>;
  /** The measure of a text: a natural number; 0 or 1 for a yes/no measure. `query` is the user's message, if known. */
  readonly of: (text: TextView, arg: Arguments, query?: TextView) => number;
  /** It compares the text with the user's message: without one there is no verdict. */
  readonly needsQuery?: true;
  /** It needs more than the texts, and gets it with them (means.ts). */
  readonly needsMeans?: true;
  /** It says what a benchmark's instruction says; of people's own phrasings none is read as it. */
  readonly instructionOnly?: true;
  readonly wording: Readonly<Record<WordingLanguage, Wording>>;
}

export interface Measure extends MeasureDefinition {
  readonly name: string;
  readonly args: Readonly<Record<string, ArgumentKind>>;
  /** Whether its only values are 0 and 1. */
  readonly yesNo: boolean;
  /** What is wrong with an atom of this measure, or null. */
  faultOf(arg: Arguments, intervals: IntervalSet): string | null;
}

const REGISTRY: ReadonlyMap<string, Measure> = new Map(
  Object.entries({
    ...LENGTH_MEASURES,
    ...PHRASE_MEASURES,
    ...EMOJI_MEASURES,
    ...LAYOUT_MEASURES,
    ...MARK_MEASURES,
    ...SCRIPT_MEASURES,
    ...FORM_MEASURES,
    ...PROGRAM_MEASURES,
  }).map(([name, definition]) => [name, measure(name, definition)]),
);

function measure(name: string, definition: MeasureDefinition): Measure {
  const args = definition.args ?? {};
  const yesNo = definition.wording.en.count === undefined;
  return {
    ...definition,
    name,
    args,
    yesNo,
    faultOf(arg, intervals) {
      for (const key of Object.keys(arg)) if (!Object.hasOwn(args, key)) return `takes no argument "${key}"`;
      for (const [key, kind] of Object.entries(args)) {
        const fault = Object.hasOwn(arg, key) ? faultOfArgument(kind, arg[key]) : "missing";
        if (fault !== null) return `argument "${key}": ${fault}`;
      }
      if (yesNo && !sameSet(intervals, SOME) && !sameSet(intervals, NONE))
        return "a yes/no measure is in [[1,null]] (yes) or [[0,0]] (no)";
      return null;
    },
  };
}

export const isMeasure = (name: string): boolean => REGISTRY.has(name);

/** All measures, in a fixed order. */
export const MEASURES: readonly Measure[] = [...REGISTRY.values()];

/** The measure of that name. Throws RangeError if there is none. */
export function measureNamed(name: string): Measure {
  const found = REGISTRY.get(name);
  if (found === undefined) throw new RangeError(`no such measure: ${name}`);
  return found;
}

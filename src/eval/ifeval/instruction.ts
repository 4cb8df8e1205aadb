// What an instruction is: the arguments that it takes, and its rule on one text. The rules are those of the official programs
// in parity mode, quirks included (spec/evaluation.md); each family of instructions is a file beside this one.
import type { z } from "zod";
import type { SyllableDictionary } from "../ifbench/syllables.ts";
import type { PunktParameters } from "../nltk/punkt.ts";
import type { TaggerWeights } from "../nltk/tagger.ts";

/** ifbench is IFBench's program of 2025, which the published scores and verdicts are of; ifbench_2026 is what it became since. */
export const SUITES = ["ifeval", "multi_if", "ifbench", "ifbench_2026"] as const;
export type Suite = (typeof SUITES)[number];

/** What rules need beyond the text. */
export interface RuleContext {
  readonly suite: Suite;
  /** langdetect's detect(): a language code. @throws an error named LangDetectError where it finds none */
  readonly detect: (text: string) => string;
  /** Punkt's parameters for English; null where they could not be fetched. @throws where a rule needs them */
  readonly punkt: () => PunktParameters;
  /** Number of words of a Thai text, by newmm. */
  readonly thaiWords: (text: string) => number;
  /** NLTK's English stop words. @throws as punkt */
  readonly stopWords: () => ReadonlySet<string>;
  /** Weights of NLTK's part-of-speech tagger. @throws as punkt */
  readonly tagger: () => TaggerWeights;
  /** syllapy's dictionary. @throws as punkt */
  readonly syllables: () => SyllableDictionary;
}

/** Whether a text follows; @throws PythonError where the official program raises, UnsupportedPattern, and what the context throws. */
export type Rule = (text: string, context: RuleContext) => boolean;

export interface Instruction {
  /** Arguments, each optional where the official program has a default that it draws at random. */
  readonly arguments: z.ZodObject;
  /** The rule for these arguments. @throws PythonError where the official program refuses them */
  readonly rule: (kwargs: never, suite: Suite) => Rule;
  /** Of a rule that is a number within bounds: both, so that a constraint on the same number can be made of it. */
  readonly counted?: CountedRule;
}

/** A number that a text has. @throws as a rule; NaN follows no bounds */
export type Count = (text: string, context: RuleContext) => number;

export interface CountedRule {
  readonly count: (kwargs: never) => Count;
  /** The least and the most that follow. */
  readonly bounds: (kwargs: never) => readonly [least: number, most: number];
}

/** Keeps the schema and the rule's argument of one type. */
export function instruction<Schema extends z.ZodObject>(
  schema: Schema,
  rule: (kwargs: z.output<Schema>, suite: Suite) => Rule,
): Instruction {
  return { arguments: schema, rule };
}

/** An instruction that is a number within bounds. */
export function counted<Schema extends z.ZodObject>(
  schema: Schema,
  count: (kwargs: z.output<Schema>) => Count,
  bounds: (kwargs: z.output<Schema>) => readonly [least: number, most: number],
): Instruction {
  const rule = (kwargs: z.output<Schema>): Rule => {
    const number = count(kwargs);
    const [least, most] = bounds(kwargs);
    return (text, context) => {
      const found = number(text, context);
      return least <= found && found <= most;
    };
  };
  return { arguments: schema, rule, counted: { count, bounds } };
}

/** The name of langdetect's exception in this project. */
const NO_LANGUAGE = "LangDetectError";

/** The text's language, or null where langdetect finds none. */
export function languageOf(text: string, { detect }: RuleContext): string | null {
  try {
    return detect(text);
  } catch (error) {
    if ((error as Error).name === NO_LANGUAGE) return null;
    throw error;
  }
}

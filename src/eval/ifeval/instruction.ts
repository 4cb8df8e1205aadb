// What an instruction is: the arguments that it takes, and its rule on one text. The rules are those of the official programs
// in parity mode, quirks included (spec/evaluation.md); each family of instructions is a file beside this one.
import type { z } from "zod";
import type { PunktParameters } from "../nltk/punkt.ts";

export type Suite = "ifeval" | "multi_if";

/** What rules need beyond the text. */
export interface RuleContext {
  readonly suite: Suite;
  /** langdetect's detect(): a language code. @throws an error named LangDetectError where it finds none */
  readonly detect: (text: string) => string;
  /** Punkt's parameters for English; null where they could not be fetched. @throws where a rule needs them */
  readonly punkt: () => PunktParameters;
  /** Number of words of a Thai text, by newmm. */
  readonly thaiWords: (text: string) => number;
}

/** Whether a text follows; @throws PythonError where the official program raises, UnsupportedPattern, and what the context throws. */
export type Rule = (text: string, context: RuleContext) => boolean;

export interface Instruction {
  /** Arguments, each optional where the official program has a default that it draws at random. */
  readonly arguments: z.ZodObject;
  /** The rule for these arguments. @throws PythonError where the official program refuses them */
  readonly rule: (kwargs: never) => Rule;
}

/** Keeps the schema and the rule's argument of one type. */
export function instruction<Schema extends z.ZodObject>(
  schema: Schema,
  rule: (kwargs: z.output<Schema>) => Rule,
): Instruction {
  return { arguments: schema, rule };
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

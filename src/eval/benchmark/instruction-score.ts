// The score of a model on IFEval, IFBench or Multi-IF: accuracies by turn, language, family and instruction, with what is missing of
// it. A score without all responses says so and is no published number's equal. Pure.
import {
  type Accuracies,
  accuraciesOf,
  familyOf,
  type InstructionAccuracy,
  type IntervalOptions,
  instructionAccuracies,
  type PromptVerdicts,
} from "./accuracy.ts";
import type { JudgedBenchmark, TurnVerdicts } from "./instruction-verdicts.ts";
import type { Unanswered } from "./responses.ts";

export interface TurnScore extends Accuracies {
  /** From 1. */
  readonly turn: number;
  /** Where the data set names languages. */
  readonly languages: readonly ({ readonly language: string } & Accuracies)[];
  readonly by_family: readonly InstructionAccuracy[];
  readonly by_instruction: readonly InstructionAccuracy[];
}

export interface InstructionScore {
  /** Whether there is a verdict on every turn that has an official one. */
  readonly complete: boolean;
  readonly missing: readonly Unanswered[];
  /** Turns left out because their official verdict is drawn at random. */
  readonly random: readonly Unanswered[];
  /** Turns on which there are verdicts: one of IFEval and IFBench, three of Multi-IF. */
  readonly turns: readonly TurnScore[];
}

export function instructionScore(
  { turns, missing, random }: JudgedBenchmark,
  options: IntervalOptions,
): InstructionScore {
  const byTurn = [...Map.groupBy(turns, ({ turn }) => turn)].sort(([a], [b]) => a - b);
  return {
    complete: missing.length === 0,
    missing,
    random,
    turns: byTurn.map(([turn, judged]) => turnScore(turn, judged, options)),
  };
}

function turnScore(turn: number, judged: readonly TurnVerdicts[], options: IntervalOptions): TurnScore {
  const verdictsOf = (some: readonly TurnVerdicts[]): PromptVerdicts[] => some.map(({ verdicts }) => verdicts);
  const all = verdictsOf(judged);
  const languages = [...Map.groupBy(judged, ({ language }) => language)].flatMap(([language, some]) =>
    language === null ? [] : [{ language, ...accuraciesOf(verdictsOf(some), options) }],
  );
  return {
    turn,
    ...accuraciesOf(all, options),
    languages: languages.sort((a, b) => (a.language < b.language ? -1 : 1)),
    by_family: instructionAccuracies(all, familyOf, options),
    by_instruction: instructionAccuracies(all, (id) => id, options),
  };
}

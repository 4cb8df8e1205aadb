// Verdicts on a model's responses to IFEval, IFBench or Multi-IF, turn by turn. What has none (no response, an instruction whose
// official verdict is random, a response on which the official program would break off) is told apart, and never a fail.
import { RandomVerdictError, type Verdicts } from "../ifeval/verify.ts";
import { UnsupportedPattern } from "../python/regex.ts";
import type { PromptVerdicts } from "./accuracy.ts";
import type { AskedInstruction, InstructionItem, InstructionTurn } from "./benchmark-item.ts";
import { type ResponseFile, type Unanswered, unanswered } from "./responses.ts";

/** @throws NoVerdictError, UnsupportedPattern */
export type VerifyInstruction = (instruction: AskedInstruction, response: string, turn: InstructionTurn) => Verdicts;

/** The verdicts on one response. */
export interface TurnVerdicts {
  readonly key: string;
  /** From 1. */
  readonly turn: number;
  readonly language: string | null;
  readonly prompt: string;
  readonly response: string;
  readonly verdicts: PromptVerdicts;
}

export interface JudgedBenchmark {
  /** In the order of the data set. */
  readonly turns: readonly TurnVerdicts[];
  /** Turns that lack a response, or a verdict on it. */
  readonly missing: readonly Unanswered[];
  /** Turns on which there is no official verdict: it is drawn at random. */
  readonly random: readonly Unanswered[];
}

/** @throws what `verify` throws for other reasons: a table that is not here */
export function judgeResponses(
  items: readonly InstructionItem[],
  responses: ResponseFile,
  verify: VerifyInstruction,
): JudgedBenchmark {
  const turns: TurnVerdicts[] = [];
  const missing: Unanswered[] = unanswered(items, responses);
  const random: Unanswered[] = [];
  for (const { id: key, language, turns: asked } of items)
    for (const [index, turn] of asked.entries()) {
      const response = responses.byItem.get(key)?.[index] ?? null;
      if (response === null) continue;
      const at = { key, turn: index + 1 };
      try {
        turns.push({ ...at, language, prompt: turn.prompt, response, verdicts: verdictsOn(turn, response, verify) });
      } catch (error) {
        if (error instanceof RandomVerdictError) random.push({ ...at, cause: error.message });
        else if (error instanceof NoOfficialVerdict || error instanceof UnsupportedPattern)
          missing.push({ ...at, cause: error.message });
        else throw error;
      }
    }
  return { turns, missing, random };
}

class NoOfficialVerdict extends Error {}

function verdictsOn(turn: InstructionTurn, response: string, verify: VerifyInstruction): PromptVerdicts {
  return turn.instructions.map((instruction) => {
    const { strict, loose } = verify(instruction, response, turn);
    for (const verdict of [strict, loose])
      if (typeof verdict !== "boolean")
        throw new NoOfficialVerdict(`${instruction.id}: the official program breaks off, ${verdict}`);
    return { id: instruction.id, strict: strict as boolean, loose: loose as boolean };
  });
}

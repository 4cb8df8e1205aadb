// IFEval, IFBench and Multi-IF as benchmarks: how their data sets and responses are read, which rules give the verdicts, and the settings
// that their official programs ask models with.

import { cachedSyllables } from "../ifbench/syllables.ts";
import type { Suite } from "../ifeval/instruction.ts";
import { checkInstruction, FIXED_SUITES, verify } from "../ifeval/verify.ts";
import { verifyOptions } from "../ifeval/verify-tables.ts";
import { cachedPunktParameters } from "../nltk/punkt-parameters.ts";
import { cachedStopWords } from "../nltk/stop-words.ts";
import { cachedTaggerWeights } from "../nltk/tagger-weights.ts";
import { cachedLangdetect } from "../python/langdetect-files.ts";
import type { ScoreMode } from "../scored-run.ts";
import { cachedThaiDictionary } from "../thai/thai-dictionary.ts";
import type { CheckInstruction } from "./asked-instructions.ts";
import type { InstructionItem } from "./benchmark-item.ts";
import type { VerifyInstruction } from "./instruction-verdicts.ts";
import { readMultiIfItems } from "./multiif-items.ts";
import { readMultiIfResponses, unwrapped } from "./multiif-responses.ts";
import { readPromptItems } from "./prompt-items.ts";
import { readPromptResponses } from "./prompt-responses.ts";
import type { ResponseFile } from "./responses.ts";

/** The rules of a benchmark, with the tables that they need. */
export interface InstructionRules {
  readonly check: CheckInstruction;
  readonly verify: VerifyInstruction;
}

/** A mode that a benchmark's rules haven't. */
export class NoSuchModeError extends Error {
  constructor(suite: string, mode: string) {
    super(`there is no mode ${mode} of ${suite}'s rules: only parity`);
    this.name = "NoSuchModeError";
  }
}

/** Tables of the evaluation that are not in the cache. */
export class TablesMissingError extends Error {
  constructor() {
    super("tables that verdicts need are not here: fetch them by rpo eval tables --pull");
    this.name = "TablesMissingError";
  }
}

export interface InstructionBenchmark {
  /** As scored runs name it. */
  readonly name: Suite;
  /** As commands name it. */
  readonly command: string;
  readonly title: string;
  /** Whether conversations have several turns. */
  readonly severalTurns: boolean;
  /** Longest response, in tokens, of the official program; where it has none, of those who report it. */
  readonly maxTokens: number;
  /** What a data file is, for people. */
  readonly data: string;
  /** What a file of responses is. */
  readonly responses: string;
  readonly readItems: (path: string, check: CheckInstruction) => Promise<InstructionItem[]>;
  readonly readResponses: (paths: readonly string[], items: readonly InstructionItem[]) => Promise<ResponseFile>;
  /** A row of a file of responses, as `readResponses` takes it. @param turn from 1 */
  readonly responseRow: (item: InstructionItem, turn: number, response: string) => object;
  /** What verdicts are given on of a response: as files of responses are read. */
  readonly asRead: (response: string) => string;
  /** @throws TablesMissingError, NoSuchModeError */
  readonly rules: (mode: ScoreMode) => Promise<InstructionRules>;
}

const PROMPTS = {
  severalTurns: false,
  data: "JSON Lines with {key, prompt, instruction_id_list, kwargs}",
  responses: "JSON Lines with {prompt, response}",
  readItems: readPromptItems,
  readResponses: readPromptResponses,
  asRead: (response: string) => response,
  responseRow: ({ id, turns }: InstructionItem, turn: number, response: string) => ({
    key: id,
    prompt: turns[turn - 1]!.prompt,
    response,
  }),
};

/** Of the official program that asks endpoints. */
const IFBENCH_TOKENS = 4096;

export const IFEVAL: InstructionBenchmark = {
  ...PROMPTS,
  name: "ifeval",
  command: "ifeval",
  title: "IFEval",
  maxTokens: 1280, // of lm-evaluation-harness, whose greedy settings most published figures are made with
  rules: (mode) => rulesOf("ifeval", mode),
};

/** By the program that the published scores are of. */
export const IFBENCH: InstructionBenchmark = {
  ...PROMPTS,
  name: "ifbench",
  command: "ifbench",
  title: "IFBench",
  maxTokens: IFBENCH_TOKENS,
  rules: (mode) => rulesOf("ifbench", mode),
};

/** By the program as it is since 2026. */
export const IFBENCH_2026: InstructionBenchmark = {
  ...IFBENCH,
  name: "ifbench_2026",
  command: "ifbench_2026",
  title: "IFBench (2026)",
  rules: (mode) => rulesOf("ifbench_2026", mode),
};

export const MULTIIF: InstructionBenchmark = {
  name: "multi_if",
  command: "multiif",
  title: "Multi-IF",
  severalTurns: true,
  maxTokens: 1024, // of the official program for endpoints
  data: "Multi-IF's CSV",
  responses: "JSON Lines with {key, turn, response}, or the official program's CSV of each turn",
  readItems: readMultiIfItems,
  readResponses: readMultiIfResponses,
  asRead: unwrapped,
  responseRow: ({ id, language }, turn, response) => ({ key: id, turn, language, response }),
  rules: (mode) => rulesOf("multi_if", mode),
};

export const INSTRUCTION_BENCHMARKS: readonly InstructionBenchmark[] = [IFEVAL, IFBENCH, IFBENCH_2026, MULTIIF];

const OF_IFEVAL = [() => cachedPunktParameters(), () => cachedLangdetect()];
const OF_IFBENCH = [
  () => cachedPunktParameters(),
  () => cachedStopWords(),
  () => cachedTaggerWeights(),
  () => cachedSyllables(),
];
/** Which verdicts of a suite may need. */
const TABLES_OF: Readonly<Record<Suite, readonly (() => unknown)[]>> = {
  ifeval: OF_IFEVAL,
  multi_if: [...OF_IFEVAL, () => cachedThaiDictionary()],
  ifbench: OF_IFBENCH,
  ifbench_2026: [...OF_IFBENCH, () => cachedLangdetect()],
};

async function rulesOf(suite: Suite, mode: ScoreMode): Promise<InstructionRules> {
  if (mode === "fixed" && !FIXED_SUITES.includes(suite)) throw new NoSuchModeError(suite, mode);
  const wanted = mode === "fixed" ? [() => cachedLangdetect()] : TABLES_OF[suite];
  const tables = await Promise.all(wanted.map((cached) => cached()));
  if (tables.includes(null)) throw new TablesMissingError();
  const options = verifyOptions({ suite, mode });
  return {
    check: ({ id, kwargs }) => checkInstruction(id, kwargs, suite, mode),
    verify: ({ id, kwargs }, response) => verify(id, kwargs, response, options),
  };
}

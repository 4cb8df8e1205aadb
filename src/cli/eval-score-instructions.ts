// `rpo eval score ifeval|multiif`: the official accuracies of responses that are there already; asks no model.
import { Command } from "commander";
import { InputError } from "../dataset/input-error.ts";
import {
  INSTRUCTION_BENCHMARKS,
  type InstructionBenchmark,
  type InstructionRules,
  NoSuchModeError,
  TablesMissingError,
} from "../eval/benchmark/instruction-benchmark.ts";
import { type InstructionScore, instructionScore } from "../eval/benchmark/instruction-score.ts";
import { instructionScoreText } from "../eval/benchmark/instruction-score-text.ts";
import { scoredItems } from "../eval/benchmark/instruction-scored-items.ts";
import { type JudgedBenchmark, judgeResponses } from "../eval/benchmark/instruction-verdicts.ts";
import { unanswered } from "../eval/benchmark/responses.ts";
import type { ScoredRun, ScoreMode } from "../eval/scored-run.ts";
import { counted } from "../preference/counted.ts";
import { CliError } from "./cli-error.ts";
import { requireOptions } from "./required-options.ts";
import { runName, SCORE_RESAMPLES, type ScoreFlags, withScoreFlags, writeScoredRun } from "./scored-run-output.ts";
import { reportingSystemErrors } from "./system-failure.ts";

interface InstructionFlags extends ScoreFlags {
  readonly responses: readonly string[];
  readonly data?: string;
  readonly allowMissing?: true;
}

async function run(benchmark: InstructionBenchmark, flags: InstructionFlags): Promise<void> {
  const { check, verify } = await openRules(benchmark, flags.mode);
  const data = flags.data ?? flags.responses[0]!; // a file with both
  const items = await benchmark.readItems(data, check).catch((error: unknown) => {
    if (flags.data !== undefined || !(error instanceof InputError)) throw error;
    throw new InputError(`${error.message}. Without --data, the responses must have what was asked: ${benchmark.data}`);
  });
  const responses = await benchmark.readResponses(flags.responses, items);
  const missing = unanswered(items, responses);
  const [first] = missing;
  if (first !== undefined && !flags.allowMissing) {
    const { file, line } = items.find(({ id }) => id === first.key)!;
    const others = missing.length > 1 ? `, and none to ${missing.length - 1} more` : "";
    throw new InputError(
      `${responses.name}: no response to ${benchmark.severalTurns ? `turn ${first.turn} of ` : ""}${JSON.stringify(first.key)} (${file}:${line})${others}. ` +
        "Give all, or score those that are there by --allow-missing",
    );
  }
  if (responses.strangers > 0)
    process.stderr.write(
      `rpo: ${counted(responses.strangers, "response")} left out: they answer nothing that is in ${data}\n`,
    );
  const judged = judgeResponses(items, responses, verify);
  if (judged.turns.length === 0) throw new CliError(`${responses.name}: no response that a verdict can be given on`);
  const name = flags.name ?? runName(flags.responses[0]!);
  if (flags.items !== undefined) await writeScoredRun(flags.items, scoredRun(benchmark, flags.mode, name, judged));
  const score = instructionScore(judged, { seed: flags.seed, resamples: SCORE_RESAMPLES });
  process.stdout.write(
    flags.json
      ? `${JSON.stringify(scoreJson(benchmark, { ...flags, name }, score))}\n`
      : instructionScoreText(`${benchmark.title}, ${name}, mode ${flags.mode}`, score),
  );
  if (!score.complete && !flags.allowMissing) process.exitCode = 1;
}

/** @throws CliError where tables are to be fetched first, or the benchmark has no such mode */
export async function openRules(benchmark: InstructionBenchmark, mode: ScoreMode): Promise<InstructionRules> {
  try {
    return await benchmark.rules(mode);
  } catch (error) {
    if (error instanceof TablesMissingError || error instanceof NoSuchModeError) throw new CliError(error.message);
    throw error;
  }
}

export const scoredRun = (
  benchmark: InstructionBenchmark,
  mode: ScoreMode,
  run: string,
  { turns }: JudgedBenchmark,
): ScoredRun => ({ benchmark: benchmark.name, mode, run, items: scoredItems(turns, benchmark.severalTurns) });

/** The score as JSON, with what it is of. */
export const scoreJson = (
  { name: benchmark }: InstructionBenchmark,
  { mode, seed, name }: Pick<ScoreFlags, "mode" | "seed"> & { readonly name: string },
  score: InstructionScore,
): object => ({ benchmark, mode, run: name, ...score, seed, resamples: SCORE_RESAMPLES });

function scoreCommand(benchmark: InstructionBenchmark): Command {
  const command = new Command(benchmark.command)
    .summary(`${benchmark.title}'s accuracies of responses`)
    .description(
      `${benchmark.title}'s accuracies of responses: prompts and instructions, strict and loose, with 95% bootstrap intervals, and by\n` +
        `instruction (docs/evaluation.md). Responses are ${benchmark.responses};\ndata is ${benchmark.data}. Plain or gzip.`,
    )
    .option("--responses <FILE...>", "the responses")
    .option("--data <FILE>", "what was asked; without it, the responses' file has it as well")
    .option("--allow-missing", "score what is there where responses are missing; the score says so");
  return withScoreFlags(command).action((flags: InstructionFlags, self: Command) => {
    requireOptions(self, ["--responses"]);
    return reportingSystemErrors(() => run(benchmark, flags));
  });
}

export const instructionScoreCommands: readonly Command[] = INSTRUCTION_BENCHMARKS.map(scoreCommand);

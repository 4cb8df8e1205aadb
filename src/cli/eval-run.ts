// `rpo eval run BENCHMARK --model M --data FILE --out DIR`: a benchmark from its questions to its score. DIR keeps every response the
// moment it ends, so that the run can be stopped and started again; what is made of them at the end is the same either way.

import { rm } from "node:fs/promises";
import { basename, join } from "node:path";
import { Command, InvalidArgumentError, Option } from "commander";
import { InputError } from "../dataset/input-error.ts";
import { jsonLine } from "../dataset/jsonl.ts";
import { type StagedText, stageText } from "../dataset/staged-file.ts";
import type { BenchmarkItem } from "../eval/benchmark/benchmark-item.ts";
import type { BenchmarkScore, PreparedBenchmark, RunnableBenchmark } from "../eval/benchmark/benchmark-run.ts";
import { NoSuchModeError, TablesMissingError } from "../eval/benchmark/instruction-benchmark.ts";
import { RUNNABLE_INSTRUCTION_BENCHMARKS } from "../eval/benchmark/instruction-run.ts";
import { type RespondedItem, respond } from "../eval/benchmark/respond.ts";
import { SCORE_MODES, type ScoreMode, scoredRunLines } from "../eval/scored-run.ts";
import { sha256OfFile } from "../model/file-hash.ts";
import { ModelFailure } from "../model/model-failure.ts";
import { counted } from "../preference/counted.ts";
import { terminalText } from "../report/terminal-text.ts";
import { BudgetReached } from "../run/budget.ts";
import { Interrupted } from "../run/interrupted.ts";
import { ledgerTable } from "../run/ledger-text.ts";
import type { StageProgress } from "../run/stage.ts";
import { type BenchmarkModelFlags, openBenchmarkModel, withBenchmarkModelOption } from "./benchmark-model.ts";
import { CliError } from "./cli-error.ts";
import type { KeptModel } from "./model-option.ts";
import { wholeNumber } from "./option-value.ts";
import { progressLine } from "./progress-line.ts";
import { requireOptions } from "./required-options.ts";
import { SCORE_RESAMPLES } from "./scored-run-output.ts";
import { stageProgressText } from "./stage-progress-text.ts";
import { EXIT_INTERRUPTED, stopOnSignal } from "./stop-on-signal.ts";
import { reportingSystemErrors } from "./system-failure.ts";

export interface BenchmarkRunFlags extends BenchmarkModelFlags {
  readonly data: string;
  readonly out: string;
  readonly limit?: number;
  readonly maxTokens?: number;
  readonly temperature: number;
  readonly seed: number;
  readonly mode: ScoreMode;
  readonly name?: string;
  readonly json?: true;
}

/** The budget ended the run, cleanly. */
const EXIT_BUDGET = 3;

/** The note of a run's store that says what the directory is of. */
const BENCHMARK_NOTE = "benchmark";

/** Files of a run's directory beside its store. */
const FILES = {
  responses: "responses.jsonl",
  failed: "failed.jsonl",
  items: "items.jsonl",
  scores: "scores.json",
} as const;

const say = (text: string): void => void process.stderr.write(`${process.stderr.isTTY ? "\r\u001b[K" : ""}${text}\n`);

/**
 * Runs a benchmark, writes what it comes to and prints its score; sets the exit code.
 * @throws CliError, InputError
 */
export async function runBenchmark<Item extends BenchmarkItem>(
  benchmark: RunnableBenchmark<Item>,
  flags: BenchmarkRunFlags,
): Promise<void> {
  const prepared = await prepare(benchmark, flags);
  const items = prepared.items.slice(0, flags.limit);
  const maxTokens = flags.maxTokens ?? benchmark.maxTokens;
  const sampling = { temperature: flags.temperature, maxTokens, seed: flags.seed };
  const stop = stopOnSignal(() => say("\nstopping: what was answered is kept; once more ends at once …"));
  const progress = progressLine(performance.now.bind(performance), process.stderr);
  let open: KeptModel | undefined;
  try {
    open = await openBenchmarkModel(flags, {
      contextSize: contextFor(items, maxTokens),
      width: 1, // one response to each question
      signal: stop.signal,
      say,
      role: "policy",
      stage: `eval ${benchmark.command}`,
      dir: flags.out,
    });
    const { chat, identity, store, ledger } = open;
    bindDirectory(open, benchmark, flags.out);
    const onProgress = (now: StageProgress): void => progress.update(() => stageProgressText(now, "items", ledger));
    const responded = await respond(items, {
      benchmark: benchmark.name,
      model: chat,
      identity,
      sampling,
      store,
      ...(prepared.history !== undefined && { history: prepared.history }),
      signal: stop.signal,
      onProgress,
    });
    const name = flags.name ?? chat.name;
    const score = await prepared.score(responded, {
      run: name,
      seed: flags.seed,
      resamples: SCORE_RESAMPLES,
      store,
      ledger,
      signal: stop.signal,
      onProgress,
    });
    const counts = countsOf(responded, prepared.items.length);
    const whole = items.length === prepared.items.length;
    const scores = {
      ...score.json,
      complete: score.complete && whole,
      model: { name: chat.name, identity },
      sampling,
      data: { file: basename(flags.data), sha256: prepared.sha256 ?? (await sha256OfFile(flags.data)) },
      responses: counts,
    };
    await writeResults(flags.out, prepared, responded, score, scores);
    progress.done();
    process.stdout.write(
      flags.json
        ? `${JSON.stringify(scores)}\n`
        : `${score.text}${countsText(counts)}\n${ledgerTable(ledger)}kept in ${flags.out}\n`,
    );
    if (!whole)
      say(`rpo: no score to publish: only the first ${items.length} of ${prepared.items.length} items were asked`);
    if (!score.complete) {
      say("rpo: the score is incomplete; the same command asks again for what is missing");
      process.exitCode = 1;
    }
  } catch (error) {
    progress.done();
    ended(error);
  } finally {
    progress.done();
    await open?.chat.dispose();
    stop.release();
  }
}

async function prepare<Item extends BenchmarkItem>(
  benchmark: RunnableBenchmark<Item>,
  { data, mode }: BenchmarkRunFlags,
): Promise<PreparedBenchmark<Item>> {
  try {
    return await benchmark.prepare(data, mode);
  } catch (error) {
    if (error instanceof TablesMissingError || error instanceof NoSuchModeError) throw new CliError(error.message);
    throw error;
  }
}

/** Bytes of UTF-8 that a token has at least, on average over a prompt, in any language. */
const BYTES_PER_TOKEN = 2.5;
/** What a chat template puts around a message, and a system message of its own. */
const TOKENS_PER_MESSAGE = 32;

/** Tokens that the longest conversation may come to, all its responses at full length. */
function contextFor(items: readonly BenchmarkItem[], maxTokens: number): number {
  const lengths = items.map(({ turns }) =>
    turns.reduce(
      (sum, { messages }) =>
        sum +
        maxTokens +
        messages.reduce(
          (own, { content }) => own + Buffer.byteLength(content) / BYTES_PER_TOKEN + TOKENS_PER_MESSAGE,
          0,
        ),
      0,
    ),
  );
  return Math.ceil(lengths.reduce((most, length) => Math.max(most, length), 1) / 256) * 256;
}

/** A directory is of one benchmark and one model: another's results would take the place of these. @throws InputError */
function bindDirectory(
  { chat, identity, store }: KeptModel,
  { name, title }: Pick<RunnableBenchmark, "name" | "title">,
  dir: string,
): void {
  const own = JSON.stringify({ benchmark: name, model: identity });
  const before = store.note(BENCHMARK_NOTE);
  if (before === null) store.setNote(BENCHMARK_NOTE, own);
  else if (before !== own)
    throw new InputError(
      `${dir} has the run of another benchmark or model; this is ${title} by ${chat.name}: name another directory as --out`,
    );
}

interface Counts {
  /** Asked. */
  readonly items: number;
  /** In the data. */
  readonly of: number;
  /** Items without all their responses. */
  readonly failed: number;
  /** Responses that reached their greatest length. */
  readonly cut_short: number;
  /** Responses that a server's filter took away. */
  readonly filtered: number;
}

function countsOf(responded: readonly RespondedItem<BenchmarkItem>[], of: number): Counts {
  const given = responded.flatMap((one) => ("responses" in one ? one.responses : []));
  return {
    items: responded.length,
    of,
    failed: responded.filter((one) => "cause" in one).length,
    cut_short: given.filter(({ finishReason }) => finishReason === "length").length,
    filtered: given.filter(({ finishReason }) => finishReason === "filter").length,
  };
}

function countsText({ items, of, failed, cut_short, filtered }: Counts): string {
  const parts = [
    items < of ? `${items} of ${counted(of, "item")} asked` : `${counted(items, "item")} asked`,
    ...(failed > 0 ? [`${failed} failed (${FILES.failed})`] : []),
    ...(cut_short > 0 ? [`${counted(cut_short, "response")} cut short at the greatest length`] : []),
    ...(filtered > 0 ? [`${counted(filtered, "response")} taken away by a filter`] : []),
  ];
  return `\n${parts.join(", ")}\n`;
}

/** Writes what the run comes to, all files or none. */
async function writeResults<Item extends BenchmarkItem>(
  dir: string,
  { responseRow }: PreparedBenchmark<Item>,
  responded: readonly RespondedItem<Item>[],
  { scored, files: further = {} }: BenchmarkScore,
  scores: object,
): Promise<void> {
  const files: StagedText[] = [];
  const write = async (name: string, lines: Iterable<string>): Promise<void> => {
    const file = await stageText(join(dir, name));
    files.push(file);
    for (const line of lines) await file.write(line);
    await file.close();
  };
  const failed = responded.flatMap((one) => ("cause" in one ? [jsonLine({ key: one.item.id, cause: one.cause })] : []));
  try {
    await write(
      FILES.responses,
      responded.flatMap((one) =>
        "responses" in one
          ? one.responses.map(({ text }, index) => jsonLine(responseRow(one.item, index + 1, text)))
          : [],
      ),
    );
    await write(FILES.scores, [`${JSON.stringify(scores, null, 2)}\n`]);
    if (scored !== null) await write(FILES.items, scoredRunLines(scored));
    for (const [name, lines] of Object.entries(further)) await write(name, lines);
    if (failed.length > 0) await write(FILES.failed, failed);
    for (const file of files) await file.commit();
    // What an earlier try left is no longer so.
    if (failed.length === 0) await rm(join(dir, FILES.failed), { force: true });
    if (scored === null) await rm(join(dir, FILES.items), { force: true });
  } finally {
    for (const file of files) await file.discard();
  }
}

/** What ended the run, in words and as an exit code. */
function ended(error: unknown): void {
  if (error instanceof Interrupted) {
    say(`stopped with ${error.done} of ${counted(error.total, "item")} done; the same command goes on from there`);
    process.exitCode = EXIT_INTERRUPTED;
    return;
  }
  if (error instanceof BudgetReached) {
    say(error.message);
    process.exitCode = EXIT_BUDGET;
    return;
  }
  if (error instanceof ModelFailure)
    throw new CliError(
      `${terminalText(error.message)}. What was answered is kept; the same command goes on from there`,
    );
  throw error;
}

function temperature(text: string): number {
  const value = Number(text);
  if (text.trim() === "" || !(value >= 0 && value <= 10))
    throw new InvalidArgumentError("It must be a number from 0 to 10.");
  return value;
}

type BenchmarkNames = Pick<RunnableBenchmark, "command" | "title" | "data" | "maxTokens">;

/** The command of a benchmark, with the flags that all have; its action calls `runBenchmark`. */
export function benchmarkRunCommand(names: BenchmarkNames): Command {
  const { command: name, title, data } = names;
  const command = new Command(name)
    .summary(`${title} on a model`)
    .description(
      `Ask a model all of ${title}, and score its responses. Every response is kept in DIR as it ends: stop it at any time, and\n` +
        `start it again. DIR then has ${FILES.responses}, ${FILES.items} (for rpo eval compare), ${FILES.scores}, and ${FILES.failed} where items\n` +
        `failed. FILE is ${data}, plain or gzip.`,
    )
    .option("--data <FILE>", "what is asked")
    .option("--out <DIR>", "directory of the run");
  return withBenchmarkRunFlags(command, names).addOption(
    new Option("--mode <MODE>", "parity: as the official program scores, quirks included; fixed: its faults repaired")
      .choices(SCORE_MODES)
      .default("parity"),
  );
}

/** Adds the flags of the model, the sampling and the output, which all have. */
export const withBenchmarkRunFlags = (command: Command, { maxTokens }: Pick<BenchmarkNames, "maxTokens">): Command =>
  withBenchmarkModelOption(command)
    .option("--max-tokens <N>", "longest response, in tokens", wholeNumber(1), maxTokens)
    .option("--temperature <T>", "0 takes the likeliest token each time", temperature, 0)
    .option("--seed <N>", "seed of the samples and of the intervals", wholeNumber(0), 1)
    .option("--limit <N>", "only the first so many items, to try", wholeNumber(1))
    .option("--name <NAME>", "what the run is called in reports (default: the model's name)")
    .option("--json", "print one JSON object");

/** To be called first in the action of such a command. @throws CommanderError for a flag that is missing */
export const requireRunFlags = ({ config }: BenchmarkRunFlags, command: Command): void =>
  requireOptions(command, [...(config === undefined ? ["--model"] : []), "--data", "--out"]);

export const runCommand = new Command("run").description(
  "a benchmark from its questions to its score, on any model; resumable",
);
for (const benchmark of RUNNABLE_INSTRUCTION_BENCHMARKS)
  runCommand.addCommand(
    benchmarkRunCommand(benchmark).action((flags: BenchmarkRunFlags, self: Command) => {
      requireRunFlags(flags, self);
      return reportingSystemErrors(() => runBenchmark(benchmark, flags));
    }),
  );

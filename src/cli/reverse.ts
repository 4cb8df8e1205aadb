// `rpo reverse run` and `rpo reverse audit`: reversal files made, tried and shown.
import { stat } from "node:fs/promises";
import { Command } from "commander";
import { reverseText } from "../constraint/reverse-text.ts";
import { jsonLine, readJsonl } from "../dataset/jsonl.ts";
import { type ReversalRow, readReversalRows } from "../dataset/reversal-file.ts";
import { stageText } from "../dataset/staged-file.ts";
import { readTurnTable } from "../dataset/turn-table.ts";
import { PER_CALL } from "../judge/llm-judge.ts";
import { requireMeans } from "../judge/require-means.ts";
import { ModelFailure } from "../model/model-failure.ts";
import { readProfiles } from "../profile/profile-files.ts";
import { terminalText } from "../report/terminal-text.ts";
import {
  auditedReversals,
  FLIP_THRESHOLD,
  REWRITES,
  type ReversalRequest,
  TRIALS,
} from "../reverse/audited-reversals.ts";
import { compareByCode } from "../reverse/exact-complement.ts";
import type { Reversal } from "../reverse/reversal.ts";
import { textJudge } from "../reverse/reversal-audit.ts";
import { ReversalRequests } from "../reverse/reversal-requests.ts";
import { reversalSummary, reversalText, type ShownReversal } from "../reverse/reversal-text.ts";
import { CliError } from "./cli-error.ts";
import { type KeptModelFlags, openKeptModel, withKeptModelOption } from "./model-option.ts";
import { oddNumber, share, wholeNumber } from "./option-value.ts";
import { duration, progressLine } from "./progress-line.ts";
import { requireOptions } from "./required-options.ts";
import { EXIT_INTERRUPTED, stopOnSignal } from "./stop-on-signal.ts";
import { reportingSystemErrors } from "./system-failure.ts";

interface RunFlags extends KeptModelFlags {
  readonly out: string;
  readonly reversals?: string;
  readonly trials: number;
  readonly threshold: number;
  readonly rewrites: number;
  readonly votes: number;
  readonly rejudge?: true;
  readonly seed: number;
}

/** Prompt and answer of a request: instructions, a dozen constraints or a long response with its verdicts. */
const CONTEXT = 8192;

const say = (text: string): void => void process.stderr.write(`${text}\n`);

/** Whether a file is of profiles: a folder, YAML, or JSON Lines whose first row has no responses. Standard input is a table. */
async function isOfProfiles(input: string): Promise<boolean> {
  if (input === "-") return false;
  if (/\.ya?ml$/i.test(input) || (await stat(input).catch(() => null))?.isDirectory()) return true;
  for await (const { value } of readJsonl(input))
    return !(typeof value === "object" && value !== null && "responses" in value);
  return false;
}

/** The constraints of turn tables and of profiles; what a file gives for them. */
async function requestsOf(inputs: readonly string[], flags: RunFlags): Promise<ReversalRequest[]> {
  const { trials, seed, rejudge = false } = flags;
  const gathered = new ReversalRequests({ trials, seed, rejudge });
  for (const input of inputs)
    if (await isOfProfiles(input))
      for (const { constraints } of await readProfiles(input))
        for (const { text } of constraints) gathered.meetText(text);
    else for await (const { turn } of readTurnTable([input])) gathered.meetTurn(turn);
  const given = new Map<string, string>();
  if (flags.reversals !== undefined)
    for await (const { value: row, refusal } of readReversalRows(flags.reversals)) {
      if (!("text" in row)) throw refusal("id", "give the text: reverses are tried by their texts");
      if (typeof row.reversed === "string") given.set(row.text, row.reversed);
    }
  return gathered.requests().map((request) => {
    const reversed = given.get(request.text);
    return reversed === undefined ? request : { ...request, given: reversed };
  });
}

async function run(inputs: readonly string[], flags: RunFlags): Promise<void> {
  const requests = await requestsOf(inputs, flags);
  if (requests.length === 0) throw new CliError(`${inputs.join(", ")}: no constraints`);
  // What the rules reverse is exact, and no response is judged for it.
  for (const { text, given } of requests)
    if (given !== undefined) requireMeans([{ text }, { text: given }]);
    else if (reverseText(text) === null) requireMeans([{ text }]);
  const stop = stopOnSignal(() => say("\nstopping: what was answered is kept; once more ends at once …"));
  const progress = progressLine(performance.now.bind(performance), process.stderr);
  const begun = performance.now();
  try {
    const { chat } = await openKeptModel(flags, {
      contextSize: CONTEXT,
      signal: stop.signal,
      say,
      role: "reverser",
      stage: "reverse",
    });
    let reversals: readonly Reversal[];
    try {
      reversals = await auditedReversals(requests, {
        reverser: { model: chat, seed: flags.seed },
        judge: textJudge({ model: chat, seed: flags.seed, perCall: PER_CALL, votes: flags.votes }),
        width: chat.concurrency,
        threshold: flags.threshold,
        rewrites: flags.rewrites,
        signal: stop.signal,
        onProgress: ({ what, done, total }) => progress.update(() => `${what}: ${done} of ${total}`),
      });
    } finally {
      await chat.dispose();
    }
    progress.done();
    const file = await stageText(flags.out);
    try {
      for (const reversal of reversals) await file.write(jsonLine(reversal));
      await file.close();
      await file.commit();
    } finally {
      await file.discard();
    }
    process.stdout.write(reversalText(reversals.map(shown)));
    say(`${duration((performance.now() - begun) / 1000)}; give ${flags.out} to rpo pairs as --reversals`);
  } catch (error) {
    if (stop.signal.aborted) {
      say(
        `stopped; nothing was written, and the answers so far are kept in ${flags.dir}: the same command goes on from there`,
      );
      process.exitCode = EXIT_INTERRUPTED;
      return;
    }
    if (error instanceof ModelFailure) throw new CliError(terminalText(error.message));
    throw error;
  } finally {
    progress.done();
    stop.release();
  }
}

/** A row of a file as the table shows it. */
function shown(row: ReversalRow): ShownReversal {
  const name = "text" in row ? row.text : [row.turn, row.id].filter((part) => part !== undefined).join(" ");
  const { reversed } = row;
  const isComparable = "text" in row && typeof reversed === "string";
  const code = isComparable ? compareByCode(row.text, reversed) : ({ kind: "open" } as const);
  return {
    name,
    reversed,
    source: row.source ?? null,
    state: row.state ?? null,
    flipRate: row.flip_rate ?? null,
    judged: row.judged ?? 0,
    flipped: row.flipped ?? 0,
    satisfied: row.satisfied ?? 0,
    exact: code.kind === "exact",
    code,
    tried: row.tried ?? [],
    cause: row.cause ?? null,
  };
}

async function audit(path: string, { json }: { readonly json?: true }): Promise<void> {
  const rows: ShownReversal[] = [];
  for await (const { value: row } of readReversalRows(path)) rows.push(shown(row));
  process.stdout.write(json ? `${JSON.stringify({ summary: reversalSummary(rows), rows })}\n` : reversalText(rows));
}

export const command = new Command("reverse").description(
  "Reverses of constraints: made, tried on responses, and shown",
);

withKeptModelOption(command.command("run"))
  .description(
    "Reverse every constraint of the inputs: by rules where they recognise it, by the model where it is free text; try the model's\n" +
      "reverses on responses, rewrite those that fail, and drop what fails again (docs/reversal.md). Safety and refusal clauses are\n" +
      "left alone. INPUT is a turn table (its responses and their verdicts are what reverses are tried on) or profiles (whose reverses\n" +
      "stay untried, and are not used).",
  )
  .argument(
    "<INPUT...>",
    "turn tables in JSON Lines, plain or gzip (- is standard input), or profiles (a folder, YAML, or JSON Lines)",
  )
  .option("--out <FILE>", "reversal file to write, for rpo pairs --reversals")
  .option("--reversals <FILE>", "try the reverses of this file in place of asking for them")
  .option("--trials <N>", "responses that each reverse is tried on", wholeNumber(1), TRIALS)
  .option("--threshold <SHARE>", "share of them on which exactly one of the two must hold", share, FLIP_THRESHOLD)
  .option("--rewrites <N>", "times that a reverse that fails is written anew", wholeNumber(0), REWRITES)
  .option("--votes <K>", "judgements of each constraint, an odd number; the majority holds", oddNumber, 1)
  .option("--rejudge", "judge the constraints themselves as well, in place of the table's verdicts")
  .option("--seed <N>", "seed of the draw of responses and of the model", wholeNumber(0), 1)
  .action((inputs: string[], flags: RunFlags, self: Command) => {
    requireOptions(self, ["--model", "--out"]);
    return reportingSystemErrors(() => run(inputs, flags));
  });

command
  .command("audit")
  .description(
    "Print a reversal file as a table: where each reverse comes from, how often it flipped the verdict, and what became of it.\n" +
      "Where code reads a constraint and its reverse, it says whether they are exact complements. Asks no model.",
  )
  .argument("<FILE>", "reversal file in JSON Lines (docs/reversal.md); - is standard input")
  .option("--json", "print {summary, rows}")
  .action((path: string, flags: { readonly json?: true }) => reportingSystemErrors(() => audit(path, flags)));

// `rpo judge audit TABLE…`: how good a judge is, measured on the responses of a turn table.
import { Command } from "commander";
import { readTurnTable } from "../dataset/turn-table.ts";
import { auditJudge } from "../judge/audit.ts";
import { AuditSample, auditItems } from "../judge/audit-sample.ts";
import { auditText } from "../judge/audit-text.ts";
import { PER_CALL } from "../judge/llm-judge.ts";
import { requireMeans } from "../judge/require-means.ts";
import { ModelFailure } from "../model/model-failure.ts";
import { terminalText } from "../report/terminal-text.ts";
import { CliError } from "./cli-error.ts";
import { type KeptModelFlags, openKeptModel, withKeptModelOption } from "./model-option.ts";
import { wholeNumber } from "./option-value.ts";
import { duration, progressLine } from "./progress-line.ts";
import { requireOptions } from "./required-options.ts";
import { EXIT_INTERRUPTED, stopOnSignal } from "./stop-on-signal.ts";
import { reportingSystemErrors } from "./system-failure.ts";

interface AuditFlags extends KeptModelFlags {
  readonly sample: number;
  readonly repeats: number;
  readonly perCall: number;
  readonly seed: number;
  readonly json?: true;
}

/** Prompt and answer of a request: instructions, a round or two, a long response, eight verdicts with reasons. */
const CONTEXT = 8192;

const say = (text: string): void => void process.stderr.write(`${text}\n`);

async function runAudit(files: readonly string[], flags: AuditFlags): Promise<void> {
  const sample = new AuditSample(flags.sample, flags.seed);
  for await (const { turn } of readTurnTable(files)) {
    requireMeans(turn.constraints);
    for (const item of auditItems(turn)) sample.offer(item);
  }
  const items = sample.items();
  if (items.length === 0)
    throw new CliError(`${files.join(", ")}: no response with a text and a constraint, so there is nothing to judge`);
  if (sample.withCode === 0)
    say("rpo: code has a verdict on none of these constraints: only the judge's agreement with itself is measured");
  const stop = stopOnSignal(() => say("\nstopping: comparing what was judged; once more ends at once …"));
  const progress = progressLine(performance.now.bind(performance), process.stderr);
  try {
    const { chat } = await openKeptModel(flags, {
      contextSize: CONTEXT,
      signal: stop.signal,
      say,
      role: "judge",
      stage: "judge-audit",
    });
    try {
      const audit = await auditJudge(items, {
        model: chat,
        seed: flags.seed,
        perCall: flags.perCall,
        repeats: flags.repeats,
        signal: stop.signal,
        onProgress: ({ done, total }) =>
          progress.update(
            (seconds) => `${done} of ${total} judged, ${duration(((total - done) * seconds) / done)} left`,
          ),
      });
      progress.done();
      process.stdout.write(flags.json ? `${JSON.stringify(audit)}\n` : auditText(audit));
      if (!audit.complete) process.exitCode = EXIT_INTERRUPTED;
    } finally {
      await chat.dispose();
    }
  } catch (error) {
    if (error instanceof ModelFailure) throw new CliError(terminalText(error.message));
    throw error;
  } finally {
    progress.done();
    stop.release();
  }
}

export const command = new Command("judge").description("How good a judge is");

withKeptModelOption(command.command("audit"))
  .description(
    "Judge a sample of the responses of a turn table, and say how far the judge agrees with code on the constraints that both can\n" +
      "judge, with the verdicts of the table, with itself when asked again, and with itself when the constraints stand in another order\n" +
      "(docs/judging.md). FILE is a turn table in JSON Lines, plain or gzip; - is standard input.",
  )
  .argument("<FILE...>", "turn table")
  .option("--sample <N>", "responses to judge, first those on which code has a verdict", wholeNumber(1), 100)
  .option("--repeats <N>", "times that each is judged again at a temperature, for self-agreement", wholeNumber(0), 2)
  .option("--per-call <N>", "most constraints of one request", wholeNumber(1), PER_CALL)
  .option("--seed <N>", "seed of the sample and of the judge", wholeNumber(0), 1)
  .option("--json", "print one JSON object")
  .action((files: string[], flags: AuditFlags, self: Command) => {
    requireOptions(self, ["--model"]);
    return reportingSystemErrors(() => runAudit(files, flags));
  });

// `rpo eval score sysbench`: CSR, ISR and SSR of judged rounds, with their splits and intervals.
import { Command } from "commander";
import { readJudgedRounds } from "../eval/sysbench/rounds.ts";
import { sysbenchScore } from "../eval/sysbench/sysbench-score.ts";
import { requireOptions } from "./required-options.ts";
import { runName, SCORE_RESAMPLES, type ScoreFlags, withScoreFlags, writeScoredRun } from "./scored-run-output.ts";
import { reportingSystemErrors } from "./system-failure.ts";

interface SysbenchFlags extends ScoreFlags {
  readonly verdicts: string;
  readonly sessions?: string;
  readonly responses?: string;
}

async function score(flags: SysbenchFlags): Promise<void> {
  const { verdicts, sessions, responses, mode, seed, name } = flags;
  const rounds = await readJudgedRounds({ verdicts, sessions, responses });
  const run = name ?? runName(verdicts);
  const { scored, json, text, told } = sysbenchScore(rounds, { mode, run, seed, resamples: SCORE_RESAMPLES });
  if (flags.items !== undefined) await writeScoredRun(flags.items, scored);
  process.stdout.write(flags.json ? `${JSON.stringify(json)}\n` : text);
  if (told !== null) process.stderr.write(`rpo: ${told}\n`);
}

export const scoreSysbenchCommand = withScoreFlags(
  new Command("sysbench")
    .summary("SysBench's CSR, ISR and SSR of judged rounds")
    .description(
      "CSR, ISR and SSR of the judged rounds of SysBench, with their splits and 95% intervals by session. A line of the verdicts\n" +
        "is a round: {system_id, round, related, alignment, verdicts: [[criterion id, type, verdict], …]} (docs/evaluation.md).",
    )
    .option("--verdicts <FILE>", "judged rounds, JSON Lines, plain or gzip; - is standard input")
    .option("--sessions <FILE>", "the benchmark's sessions: verdicts must be of their criteria, and of all of them")
    .option("--responses <FILE>", "{system_id, round, answer}: what was judged, for the scored items"),
).action((flags: SysbenchFlags, self: Command) => {
  requireOptions(self, ["--verdicts"]);
  return reportingSystemErrors(() => score(flags));
});

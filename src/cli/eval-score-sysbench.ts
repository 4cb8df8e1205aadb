// `rpo eval score sysbench`: CSR, ISR and SSR of judged rounds, with their splits and intervals.
import { Command } from "commander";
import type { Estimate } from "../eval/estimate.ts";
import { type Measures, measuresOf } from "../eval/measures.ts";
import { readJudgedRounds } from "../eval/sysbench/rounds.ts";
import { otherVerdicts, type SysbenchScores, sysbenchItems, sysbenchScores } from "../eval/sysbench/score.ts";
import { counted } from "../preference/counted.ts";
import { percent } from "../report/number-text.ts";
import { terminalText, textTable } from "../report/terminal-text.ts";
import { requireOptions } from "./required-options.ts";
import { runName, SCORE_RESAMPLES, type ScoreFlags, withScoreFlags, writeScoredRun } from "./scored-run-output.ts";
import { reportingSystemErrors } from "./system-failure.ts";

interface SysbenchFlags extends ScoreFlags {
  readonly verdicts: string;
  readonly sessions?: string;
  readonly responses?: string;
}

async function score(flags: SysbenchFlags): Promise<void> {
  const { verdicts, sessions, responses, mode, seed } = flags;
  const rounds = await readJudgedRounds({ verdicts, sessions, responses });
  const items = sysbenchItems(rounds, mode);
  const run = { benchmark: "sysbench", mode, run: flags.name ?? runName(verdicts) };
  if (flags.items !== undefined) await writeScoredRun(flags.items, { ...run, items });
  const measures = measuresOf({ benchmark: run.benchmark, items }, { seed, resamples: SCORE_RESAMPLES });
  const other = otherVerdicts(rounds);
  if (flags.json) {
    const of = <T>(take: (estimate: Estimate) => T): SysbenchScores<T> =>
      sysbenchScores((name) => take(measures[name] ?? NONE));
    const object = {
      ...run,
      scores: of(({ value }) => numberOrNull(value)),
      intervals: of(({ low, high }) => [numberOrNull(low), numberOrNull(high)]),
      sessions: rounds.length / 5,
      rounds: rounds.length,
      criteria: measures.CSR?.of ?? 0,
      other_verdicts: other,
      seed,
      resamples: SCORE_RESAMPLES,
    };
    process.stdout.write(`${JSON.stringify(object)}\n`);
  } else process.stdout.write(scoreText(run, measures));
  const others = Object.entries(other);
  if (others.length > 0)
    process.stderr.write(
      `rpo: ${counted(
        others.reduce((sum, [, count]) => sum + count, 0),
        "verdict",
      )} other than 是 and 否 (${others.map(([verdict, count]) => `${terminalText(verdict)} ${count}`).join(", ")}); ${
        mode === "parity"
          ? "as in the official program they fail in CSR and pass in ISR and SSR"
          : "counted as not satisfied"
      }\n`,
    );
}

/** A measure that no item counts in: a split that the data does not have. */
const NONE: Estimate = { value: Number.NaN, low: Number.NaN, high: Number.NaN };

const numberOrNull = (value: number): number | null => (Number.isNaN(value) ? null : value);

/** Scores as a table for the terminal. */
function scoreText({ run, mode }: { readonly run: string; readonly mode: string }, measures: Measures): string {
  const row = (label: string, name: string): string[] => {
    const { value, low, high } = measures[name] ?? NONE;
    const interval = Number.isNaN(value) ? "" : `[${(100 * low).toFixed(1)}, ${(100 * high).toFixed(1)}]`;
    return [label, percent(value), interval, String(measures[name]?.of ?? 0)];
  };
  const types = ["action", "content", "background", "role", "format", "style"];
  const rows = [
    ["", "", "95% interval", "of"],
    row("CSR, criteria satisfied", "CSR"),
    ...types.map((type) => row(`  ${type}`, `CSR.${type}`)),
    row("ISR, rounds that satisfy all", "ISR"),
    row("  aligned", "ISR.aligned"),
    row("  misaligned", "ISR.misaligned"),
    row("SSR, rounds before the first failure", "SSR"),
    row("  dependent", "SSR.dependent"),
    row("  parallel", "SSR.parallel"),
    ...[1, 2, 3, 4, 5].map((round) => row(`  R${round}, sessions unbroken so far`, `R${round}`)),
  ];
  return `SysBench, ${terminalText(run)}, mode ${mode}\n${textTable(rows).join("\n")}\n`;
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

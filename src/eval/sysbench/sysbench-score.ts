// SysBench's scores of judged rounds, as `rpo eval score sysbench` and `rpo eval run sysbench` give them.
import { percent } from "../../report/number-text.ts";
import { terminalText, textTable } from "../../report/terminal-text.ts";
import type { Estimate } from "../estimate.ts";
import { type MeasureOptions, type Measures, measuresOf } from "../measures.ts";
import type { ScoredRun, ScoreMode } from "../scored-run.ts";
import type { JudgedRound } from "./rounds.ts";
import { otherVerdicts, type SysbenchScores, sysbenchItems, sysbenchScores } from "./score.ts";
import { CRITERION_TYPES, ROUNDS } from "./sessions.ts";

export interface SysbenchScore {
  readonly scored: ScoredRun;
  readonly json: object;
  readonly text: string;
  /** How often the judge answered other than 是 and 否, in words; null where it never did. */
  readonly told: string | null;
}

export interface SysbenchScoreOptions extends Pick<ScoredRun, "run" | "setting"> {
  readonly mode: ScoreMode;
}

/** @param rounds whole sessions, by session and round; at least one */
export function sysbenchScore(
  rounds: readonly JudgedRound[],
  { mode, run, setting, ...options }: MeasureOptions & SysbenchScoreOptions,
): SysbenchScore {
  const items = sysbenchItems(rounds, mode);
  const scored: ScoredRun = { benchmark: "sysbench", mode, run, ...(setting !== undefined && { setting }), items };
  const measures = measuresOf(scored, options);
  const other = otherVerdicts(rounds);
  const of = <T>(take: (estimate: Estimate) => T): SysbenchScores<T> =>
    sysbenchScores((name) => take(measures[name] ?? NONE));
  return {
    scored,
    json: {
      ...{ benchmark: "sysbench", mode, run },
      ...of(({ value }) => numberOrNull(value)),
      intervals: of(({ low, high }) => [numberOrNull(low), numberOrNull(high)]),
      average: measures.average ?? null,
      sessions: rounds.length / ROUNDS,
      rounds: rounds.length,
      criteria: measures.CSR?.of ?? 0,
      other_verdicts: other,
      ...options,
    },
    text: scoreText(run, mode, measures),
    told: toldOf(other, mode),
  };
}

/** A measure that no item counts in: a split that the data does not have. */
const NONE: Estimate = { value: Number.NaN, low: Number.NaN, high: Number.NaN };

const numberOrNull = (value: number): number | null => (Number.isNaN(value) ? null : value);

function toldOf(other: Readonly<Record<string, number>>, mode: ScoreMode): string | null {
  const counts = Object.entries(other);
  if (counts.length === 0) return null;
  const sum = counts.reduce((total, [, count]) => total + count, 0);
  const named = counts.map(([verdict, count]) => `${terminalText(verdict)} ${count}`).join(", ");
  const meaning =
    mode === "parity"
      ? "as in the official program they fail in CSR and pass in ISR and SSR"
      : "counted as not satisfied";
  return `${sum} ${sum === 1 ? "verdict" : "verdicts"} other than 是 and 否 (${named}); ${meaning}`;
}

/** Scores as a table for the terminal. */
function scoreText(run: string, mode: ScoreMode, measures: Measures): string {
  const row = (label: string, name: string): string[] => {
    const { value, low, high } = measures[name] ?? NONE;
    const interval = Number.isNaN(value) ? "" : `[${(100 * low).toFixed(1)}, ${(100 * high).toFixed(1)}]`;
    return [label, percent(value), interval, String(measures[name]?.of ?? 0)];
  };
  const rows = [
    ["", "", "95% interval", "of"],
    row("CSR, criteria satisfied", "CSR"),
    ...Object.values(CRITERION_TYPES).map((type) => row(`  ${type}`, `CSR.${type}`)),
    row("ISR, rounds that satisfy all", "ISR"),
    row("  aligned", "ISR.aligned"),
    row("  misaligned", "ISR.misaligned"),
    row("SSR, rounds before the first failure", "SSR"),
    row("  dependent", "SSR.dependent"),
    row("  parallel", "SSR.parallel"),
    ...Array.from({ length: ROUNDS }, (_, index) => row(`  R${index + 1}, sessions unbroken so far`, `R${index + 1}`)),
    row("average of the three", "average"),
  ];
  return `SysBench, ${terminalText(run)}, mode ${mode}\n${textTable(rows).join("\n")}\n`;
}

// A comparison in words and as a table for the terminal (report/evaluation-section.ts draws it for the page).
import { counted } from "../preference/counted.ts";
import { percent } from "../report/number-text.ts";
import { type Comparison, MEASURES, type Measure, SCOPES } from "./comparison.ts";
import type { Estimate } from "./estimate.ts";

export const MEASURE_NAME: Readonly<Record<Measure, string>> = {
  constraintSatisfaction: "constraint satisfaction",
  allSatisfied: "all satisfied",
};

/** A difference of shares in percentage points, with its sign: "+1.8", "−0.4", "0.0"; "–" where there is none. */
export function points(difference: number): string {
  if (Number.isNaN(difference)) return "–";
  const text = Math.abs(100 * difference).toFixed(1);
  return text === "0.0" ? text : `${difference < 0 ? "−" : "+"}${text}`;
}

/** A value and its interval, apart: "61.2%" and "[55.0, 67.1]"; no interval where there is no value. */
export type EstimateText = readonly [value: string, interval: string];

export function shareText({ value, low, high }: Estimate): EstimateText {
  if (Number.isNaN(value)) return ["–", ""];
  return [percent(value), `[${(100 * low).toFixed(1)}, ${(100 * high).toFixed(1)}]`];
}

/** The same of a difference, in percentage points: "+1.8" and "[−0.4, +4.0]". */
export const differenceText = ({ value, low, high }: Estimate): EstimateText =>
  Number.isNaN(value) ? ["–", ""] : [points(value), `[${points(low)}, ${points(high)}]`];

/** What the comparison shows, and no more. */
export function comparisonSentence({ base, tuned, difference, finding, counts }: Comparison): string {
  const [before, after, change] = [base, tuned, difference].map(({ both }) => both.constraintSatisfaction) as [
    Estimate,
    Estimate,
    Estimate,
  ];
  const figures =
    `${percent(after.value)} of the constraints instead of ${percent(before.value)}, ` +
    `${points(change.value)} points (95% interval ${points(change.low)} to ${points(change.high)})`;
  const what = {
    better: `Better: with the adapter the model satisfies ${figures}`,
    worse: `Worse: with the adapter the model satisfies ${figures}`,
    "no difference shown": `No difference shown: with the adapter the model satisfies ${figures}, and the interval holds 0`,
  }[finding];
  return `${what}, on ${counted(counts.questions, "question")} to ${counted(counts.profiles, "profile")} that no training pair comes from.`;
}

/** What "both forms" means, for those who meet it first. */
export const FIFTY_PER_CENT =
  "Over both forms a model that does not heed its constraints satisfies about 50%: what it happens to satisfy by the one form it fails by the other.";

/** The table, what it shows, and how to read it, as lines for a terminal. */
export function comparisonText(comparison: Comparison): string {
  const { base, tuned, difference, counts } = comparison;
  const rows = MEASURES.flatMap((measure) => [
    [MEASURE_NAME[measure]],
    ...SCOPES.map((scope) => [
      `  ${scope}`,
      ...[
        shareText(base[scope][measure]),
        shareText(tuned[scope][measure]),
        differenceText(difference[scope][measure]),
      ].map((estimate) => estimate.join(" ").trimEnd()),
    ]),
  ]);
  const table = [["", "base", "RPO adapter", "difference, points"], ...rows];
  const widths = [0, 1, 2, 3].map((column) => Math.max(...table.map((row) => row[column]?.length ?? 0)));
  const lines = table.map((row) =>
    row
      .map((cell, column) => cell.padEnd(widths[column]!))
      .join("   ")
      .trimEnd(),
  );
  return [
    `${counted(counts.responses, "response")} of each model to ${counted(counts.questions, "held-out question")}, with the constraints as written and all reversed; 95% intervals`,
    "",
    ...lines,
    "",
    comparisonSentence(comparison),
    FIFTY_PER_CENT,
    "",
  ].join("\n");
}

// A census as a table with bars for the terminal (report/census-chart.ts draws the picture). Bars are proportional to the
// counts; a count that is not zero always shows.
import { CASE_MEANING, CASES, type PairCase } from "./case.ts";
import type { Census } from "./census.ts";
import { counted } from "./counted.ts";

/** One row of the table. */
interface Bar {
  readonly label: string;
  readonly count: number;
  readonly meaning: string;
}

function caseBars(census: Census): Bar[] {
  const bar = (name: PairCase, count: number): Bar => ({
    label: name === "identical" ? name : `case ${name}`,
    count,
    meaning: CASE_MEANING[name],
  });
  return [bar("identical", census.identical), ...CASES.map((name) => bar(name, census.cases[name] ?? 0))];
}

const gapBars = (census: Census): Bar[] =>
  Object.entries(census.gaps).map(([gap, count]) => ({ label: `gap ${gap}`, count, meaning: "" }));

const EIGHTHS = ["", "▏", "▎", "▍", "▌", "▋", "▊", "▉"];
/** Columns of the longest bar in a terminal. */
const BAR_COLUMNS = 24;

const withCommas = (count: number): string => count.toLocaleString("en-US");
const percent = (count: number, of: number): string => `${of === 0 ? "0.0" : ((100 * count) / of).toFixed(1)} %`;

/** The census as lines of text, ready to print. @param turns the number of turns counted */
export function censusText(census: Census, turns: number): string {
  const sections = [
    { title: "cases, of all pairs", bars: caseBars(census), total: census.pairs },
    { title: "gaps, of the pairs that differ", bars: gapBars(census), total: census.pairs - census.identical },
  ];
  const lines = [`${counted(census.pairs, "pair")} of two responses in ${counted(turns, "turn")}`];
  for (const { title, bars, total } of sections) {
    if (bars.length === 0) continue;
    const longest = Math.max(1, ...bars.map(({ count }) => count));
    lines.push("", title);
    for (const { label, count, meaning } of bars) {
      const cells = [
        label.padEnd(9),
        withCommas(count).padStart(11),
        percent(count, total).padStart(8),
        textBar(count / longest).padEnd(BAR_COLUMNS),
        meaning,
      ];
      lines.push(cells.join("  ").trimEnd());
    }
  }
  return `${lines.join("\n")}\n`;
}

function textBar(share: number): string {
  if (share === 0) return "";
  const eighths = Math.max(1, Math.round(share * BAR_COLUMNS * 8));
  return "█".repeat(Math.floor(eighths / 8)) + (EIGHTHS[eighths % 8] ?? "");
}

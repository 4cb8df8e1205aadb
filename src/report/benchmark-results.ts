// Our runs beside published ones, as one list of figures that the terminal, the CSV, the picture and the page are made of. Pure.
import { AVERAGE, headlineOf, type Mean } from "../eval/headline.ts";
import type { Measures } from "../eval/measures.ts";
import {
  PUBLISHED_METHODS,
  PUBLISHED_SOURCE,
  type PublishedResult,
  publishedResults,
} from "../eval/published-results.ts";
import { type ScoredRun, settingText } from "../eval/scored-run.ts";
import { terminalText, textTable } from "./terminal-text.ts";

/** A run of ours with its measures. */
export interface MeasuredRun {
  readonly run: ScoredRun;
  readonly measures: Measures;
}

/** The runs of a benchmark, and what is published on it. */
export interface BenchmarkResults {
  readonly benchmark: string;
  readonly title: string;
  /** The figure that stands for it: what the published ones are. */
  readonly main: { readonly measure: string; readonly name: string };
  /** What a run is shown by first. */
  readonly headline: readonly string[];
  /** The headline for a terminal: its measures, or means of them. */
  readonly columns: readonly Mean[];
  readonly published: readonly PublishedResult[];
  readonly runs: readonly MeasuredRun[];
}

/** The results by benchmark, in the order in which the runs come. */
export function benchmarkResults(runs: readonly MeasuredRun[]): BenchmarkResults[] {
  return [...Map.groupBy(runs, ({ run }) => run.benchmark)].map(([benchmark, some]) => {
    const names = [...new Set(some.flatMap(({ measures }) => Object.keys(measures)))];
    const { title, measures, average, means } = headlineOf(benchmark, names);
    const main =
      average === null
        ? { measure: measures[0] ?? names[0]!, name: measures[0] ?? names[0]! }
        : { measure: AVERAGE, name: average };
    const columns = means ?? measures.map((name) => ({ name, measures: [name] }));
    return { benchmark, title, main, headline: measures, columns, published: publishedResults(benchmark), runs: some };
  });
}

/** "62.31" of 0.62312, as papers print; "–" where there is none. */
const hundredths = (share: number): string => (Number.isNaN(share) ? "–" : (100 * share).toFixed(2));

/** Published models with their figures by method, in the order of the methods. */
export function publishedRows({ published }: BenchmarkResults): { model: string; values: (number | null)[] }[] {
  return [...Map.groupBy(published, ({ model }) => model)].map(([model, results]) => ({
    model,
    values: PUBLISHED_METHODS.map((method) => results.find((result) => result.method === method)?.value ?? null),
  }));
}

/** The results as tables for a terminal. */
export function resultsText(results: readonly BenchmarkResults[]): string {
  const lines = results.flatMap((result) => {
    const { title, main, runs } = result;
    const published = publishedRows(result);
    const publishedTable =
      published.length === 0
        ? []
        : [
            "",
            ...textTable([
              ["published", ...PUBLISHED_METHODS],
              ...published.map(({ model, values }) => [
                model,
                ...values.map((value) => (value === null ? "" : hundredths(value))),
              ]),
            ]),
          ];
    const columns = result.columns.filter(({ name }) => name !== main.measure).slice(0, MOST_COLUMNS);
    const ours = textTable(
      [
        [
          "ours",
          "mode",
          main.measure === AVERAGE ? "average" : main.name,
          "95% interval",
          ...columns.map(({ name }) => name),
          "items",
          ...(runs.some(({ run }) => run.setting !== undefined) ? ["with"] : []),
        ],
        ...runs.map(({ run, measures }) => {
          const first = measures[main.measure];
          return [
            terminalText(run.run),
            run.mode,
            hundredths(first?.value ?? Number.NaN),
            first === undefined ? "" : `[${hundredths(first.low)}, ${hundredths(first.high)}]`,
            ...columns.map((column) => hundredths(meanOf(column, measures))),
            String(run.items.length),
            terminalText(settingText(run)),
          ];
        }),
      ],
      [0, 1],
    );
    return [`${title}: ${main.name}, per cent`, ...publishedTable, "", ...ours, ""];
  });
  const cited = results.some(({ published }) => published.length > 0);
  return `${[...lines, ...(cited ? [`published: ${PUBLISHED_SOURCE.text} (${PUBLISHED_SOURCE.url})`] : [])].join("\n")}\n`;
}

/** NaN where one of them is missing. */
const meanOf = (mean: Mean, measures: Measures): number =>
  mean.measures.reduce((sum, name) => sum + (measures[name]?.value ?? Number.NaN), 0) / mean.measures.length;

/** Of a benchmark that isn't known all measures are its headline: more than a terminal may be wide for. */
const MOST_COLUMNS = 5;

const CSV_COLUMNS = [
  "source",
  "benchmark",
  "measure",
  "model",
  "method",
  "mode",
  "value",
  "low",
  "high",
  "of",
  "items",
  "setting",
];

/** All figures as CSV (RFC 4180): published ones, and every measure of every run. Shares from 0 to 1. */
export function resultsCsv(results: readonly BenchmarkResults[]): string {
  const rows = results.flatMap(({ benchmark, main, published, runs }) => [
    ...published.map(({ model, method, value }) => ["published", benchmark, main.measure, model, method, "", value]),
    ...runs.flatMap(({ run, measures }) =>
      Object.entries(measures).map(([name, { value, low, high, of }]) => [
        ...["ours", benchmark, name, run.run, "", run.mode],
        ...[value, low, high].map((number) => (Number.isNaN(number) ? "" : number)),
        of,
        itemsBehind(run, name).length,
        settingText(run),
      ]),
    ),
  ]);
  const width = CSV_COLUMNS.length;
  return [CSV_COLUMNS, ...rows.map((row) => [...row, ...Array<string>(width - row.length).fill("")])]
    .map((row) => `${row.map(csvCell).join(",")}\r\n`)
    .join("");
}

/** A cell; text that a spreadsheet would take for a formula begins with an apostrophe. */
function csvCell(value: string | number): string {
  if (typeof value === "number") return String(value);
  const text = /^[=+\-@\t\r]/.test(value) ? `'${value}` : value;
  return /[",\r\n]/.test(text) ? `"${text.replaceAll('"', '""')}"` : text;
}

/** The items that a measure of a run is made of; an average's are those of what it averages. */
export function itemsBehind({ benchmark, items }: ScoredRun, measure: string): ScoredRun["items"] {
  const names = measure === AVERAGE ? headlineOf(benchmark, []).measures : [measure];
  return items.filter(({ outcomes }) => names.some((name) => outcomes[name] !== undefined));
}

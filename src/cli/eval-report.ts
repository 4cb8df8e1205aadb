// `rpo eval report RUN… --out DIR`: scored runs beside published results, as a table, CSV, a picture and pages.
import { readdir, rm } from "node:fs/promises";
import { join } from "node:path";
import { Command } from "commander";
import { writeWhole } from "../dataset/staged-file.ts";
import { measuresOf } from "../eval/measures.ts";
import { readScoredRun } from "../eval/scored-run.ts";
import { benchmarkSvg } from "../report/benchmark-chart.ts";
import { benchmarkReport } from "../report/benchmark-report.ts";
import { benchmarkResults, type MeasuredRun, resultsCsv, resultsText } from "../report/benchmark-results.ts";
import { scoredItemsPage } from "../report/scored-items-page.ts";
import { wholeNumber } from "./option-value.ts";
import { requireOptions } from "./required-options.ts";
import { SCORE_RESAMPLES } from "./scored-run-output.ts";
import { reportingSystemErrors } from "./system-failure.ts";

interface ReportFlags {
  readonly out: string;
  readonly seed: number;
}

async function report(files: readonly string[], { out, seed }: ReportFlags): Promise<void> {
  const runs: MeasuredRun[] = [];
  for (const file of files) {
    const run = await readScoredRun(file);
    runs.push({ run, measures: measuresOf(run, { seed, resamples: SCORE_RESAMPLES }) });
  }
  const results = benchmarkResults(runs);
  const pages = new Map(runs.map((run, index) => [run, `items-${index + 1}.html`]));
  const pageOf = (run: MeasuredRun): string => pages.get(run)!;
  // What a run is called is no name for a file: pages are numbered.
  for (const [run, page] of pages) await writeWhole(join(out, page), scoredItemsPage(run));
  await writeWhole(join(out, "results.csv"), resultsCsv(results));
  await writeWhole(join(out, "results.svg"), `${benchmarkSvg(results).text}\n`);
  await writeWhole(join(out, "index.html"), benchmarkReport(results, pageOf));
  await removeOtherPages(out, new Set(pages.values()));
  process.stdout.write(`${resultsText(results)}\nopen ${join(out, "index.html")}\n`);
}

/** Pages of items that an earlier report of more runs left: nothing leads to them any more. */
async function removeOtherPages(out: string, pages: ReadonlySet<string>): Promise<void> {
  const others = (await readdir(out)).filter((name) => /^items-\d+\.html$/.test(name) && !pages.has(name));
  for (const name of others) await rm(join(out, name));
}

export const reportCommand = new Command("report")
  .summary("scored runs beside published results: a table and a page")
  .description(
    "Scored runs beside published results: a table here, and in DIR index.html, with every number a link to its items,\n" +
      "results.csv and results.svg. RUN is a file of scored items, as rpo eval score … --items writes it.",
  )
  .argument("<RUN...>", "scored items")
  .option("--out <DIR>", "folder to write")
  .option("--seed <N>", "seed of the intervals", wholeNumber(0), 1)
  .action((files: string[], flags: ReportFlags, self: Command) => {
    requireOptions(self, ["--out"]);
    return reportingSystemErrors(() => report(files, flags));
  });

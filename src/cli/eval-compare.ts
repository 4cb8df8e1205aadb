// `rpo eval compare A B`: two scored runs of one benchmark, paired item by item.
import { Command } from "commander";
import { comparePaired, NotComparable } from "../eval/paired-difference.ts";
import { pairedJson, pairedText } from "../eval/paired-text.ts";
import { readScoredRun } from "../eval/scored-run.ts";
import { CliError } from "./cli-error.ts";
import { wholeNumber } from "./option-value.ts";
import { SCORE_RESAMPLES } from "./scored-run-output.ts";
import { reportingSystemErrors } from "./system-failure.ts";

interface CompareFlags {
  readonly all?: boolean;
  readonly json?: true;
  readonly seed: number;
}

async function compare(fileA: string, fileB: string, { all = false, json, seed }: CompareFlags): Promise<void> {
  const [a, b] = [await readScoredRun(fileA), await readScoredRun(fileB)];
  try {
    const comparison = comparePaired(a, b, { seed, resamples: SCORE_RESAMPLES });
    process.stdout.write(json ? `${pairedJson(comparison)}\n` : pairedText(comparison, { all }));
  } catch (error) {
    if (error instanceof NotComparable) throw new CliError(`${fileA}, ${fileB}: ${error.message}`);
    throw error;
  }
}

export const compareCommand = new Command("compare")
  .summary("two scored runs of one benchmark, paired item by item")
  .description(
    "Two scored runs of one benchmark, on the items that both have: the difference of each measure (B less A) with a paired 95%\n" +
      "interval, and McNemar's test. A and B are files of scored items, as rpo eval score … --items writes them.",
  )
  .argument("<A>", "scored items of one run")
  .argument("<B>", "scored items of the other")
  .option("--all", "every measure, not only the benchmark's main ones")
  .option("--seed <N>", "seed of the intervals", wholeNumber(0), 1)
  .option("--json", "print one JSON object, with every measure")
  .action((a: string, b: string, flags: CompareFlags) => reportingSystemErrors(() => compare(a, b, flags)));

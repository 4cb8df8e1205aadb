// `rpo census FILE…`: how many pairs of responses fall in each case, and how large their gaps are.
import { rename } from "node:fs/promises";
import { Command } from "commander";
import { refuseBadRow } from "../dataset/input-error.ts";
import { RejectsFile } from "../dataset/rejects-file.ts";
import { stageText, stagingPath } from "../dataset/staged-file.ts";
import { readTurnTable } from "../dataset/turn-table.ts";
import { countTurn, emptyCensus } from "../preference/census.ts";
import { censusText } from "../preference/census-text.ts";
import { counted } from "../preference/counted.ts";
import { censusSvg } from "../report/census-chart.ts";
import { countsAndRate, progressLine } from "./progress-line.ts";
import { reportingSystemErrors } from "./system-failure.ts";

interface CensusFlags {
  readonly json?: true;
  readonly svg?: string;
  readonly skipBad?: true;
  readonly rejects: string;
}

async function run(files: readonly string[], flags: CensusFlags): Promise<void> {
  const census = emptyCensus();
  const progress = progressLine(performance.now.bind(performance), process.stderr);
  const rejects = new RejectsFile(stagingPath(flags.rejects));
  let turns = 0;
  try {
    for await (const { turn } of readTurnTable(files, flags.skipBad ? (row) => rejects.add(row) : refuseBadRow)) {
      countTurn(
        census,
        turn.responses.map(({ verdicts }) => verdicts),
      );
      turns += 1;
      progress.update((seconds) => countsAndRate({ pairs: census.pairs, turns }, seconds));
    }
    if (flags.svg !== undefined) {
      const picture = await stageText(flags.svg);
      await picture.write(`${await censusSvg(census)}\n`);
      await picture.close();
      await picture.commit();
    }
    rejects.close();
    if (rejects.rows > 0) await rename(rejects.path, flags.rejects);
  } finally {
    progress.done();
    rejects.discard();
  }
  if (rejects.rows > 0) {
    process.stderr.write(`rpo: ${counted(rejects.rows, "bad row")} left out, see ${flags.rejects}\n`);
  }
  process.stdout.write(flags.json ? `${JSON.stringify(census)}\n` : censusText(census, turns));
}

export const command = new Command("census")
  .description(
    "Count the pairs of responses of a turn table by case (identical, 1 to 6) and by gap.\n" +
      "FILE is a turn table in JSON Lines (docs/turn-table.md), plain or gzip; - is standard input.",
  )
  .argument("<FILE...>", "turn table")
  .option("--json", "print {pairs, identical, cases, gaps}")
  .option("--svg <FILE>", "write a picture as well")
  .option("--skip-bad", "leave bad rows out, count them and collect them")
  .option("--rejects <FILE>", "where --skip-bad collects them", "rejects.jsonl")
  .action((files: string[], flags: CensusFlags) => reportingSystemErrors(() => run(files, flags)));

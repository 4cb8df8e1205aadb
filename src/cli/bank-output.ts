// What the subcommands of `rpo bank` have in common: a JSON Lines file written all or nothing, bad rows that end the work or
// are collected, progress on stderr.
import { rename } from "node:fs/promises";
import { type OnBadRow, refuseBadRow } from "../dataset/input-error.ts";
import { jsonLine } from "../dataset/jsonl.ts";
import { RejectsFile } from "../dataset/rejects-file.ts";
import { stageText, stagingPath } from "../dataset/staged-file.ts";
import { counted } from "../preference/counted.ts";
import { countsAndRate, progressLine } from "./progress-line.ts";

export interface BadRowFlags {
  readonly skipBad?: true;
  readonly rejects: string;
}

/** What a command's work gets. */
export interface BankWork {
  /** Writes a row to the output. */
  readonly write: (row: unknown) => Promise<void>;
  readonly onBad: OnBadRow;
  /** Says how far the work is. */
  readonly progress: (counts: Readonly<Record<string, number>>) => void;
}

/**
 * Runs the work, then puts the output in its place; where it fails, nothing is left of it.
 * @param out the output; none where the command only reads
 */
export async function bankOutput<T>(
  out: string | undefined,
  flags: BadRowFlags,
  work: (tools: BankWork) => Promise<T>,
): Promise<T> {
  const progress = progressLine(performance.now.bind(performance), process.stderr);
  const rejects = new RejectsFile(stagingPath(flags.rejects));
  const file = out === undefined ? null : await stageText(out);
  try {
    const result = await work({
      write: async (row) => file?.write(jsonLine(row)),
      onBad: flags.skipBad ? (row) => rejects.add(row) : refuseBadRow,
      progress: (counts) => progress.update((seconds) => countsAndRate(counts, seconds)),
    });
    await file?.close();
    rejects.close();
    if (rejects.rows > 0) await rename(rejects.path, flags.rejects);
    await file?.commit();
    progress.done();
    if (rejects.rows > 0)
      process.stderr.write(`rpo: ${counted(rejects.rows, "bad row")} left out, see ${flags.rejects}\n`);
    return result;
  } finally {
    progress.done();
    rejects.discard();
    await file?.discard();
  }
}

// What filters of JSON Lines share (`rpo check`, `rpo eval verify`): files or standard input in, lines out to standard output or,
// all or nothing, to a file; bad rows refused or collected; progress. Ignores what the rows mean.
import { once } from "node:events";
import { rename } from "node:fs/promises";
import type { Command } from "commander";
import { type OnBadRow, refuseBadRow } from "../dataset/input-error.ts";
import { RejectsFile } from "../dataset/rejects-file.ts";
import { stageText, stagingPath } from "../dataset/staged-file.ts";
import { countsAndRate, progressLine } from "./progress-line.ts";

export interface FilterFlags {
  readonly out?: string;
  readonly skipBad?: true;
  readonly rejects: string;
}

/** The flags of a filter. */
export const withFilterFlags = (command: Command): Command =>
  command
    .option("--out <FILE>", "write there, all or nothing, instead of to standard output")
    .option("--skip-bad", "leave bad rows out, count them and collect them")
    .option("--rejects <FILE>", "where --skip-bad collects them", "rejects.jsonl");

/** Rows are written in pieces of about this many characters. */
const PIECE = 1 << 16;

/**
 * Runs a filter over files, one after another.
 * @param linesOf the lines, ends included, that a file comes to
 * @throws RowError for the first bad row, unless they are to be left out
 */
export async function runFilter(
  files: readonly string[],
  flags: FilterFlags,
  linesOf: (path: string, onBad: OnBadRow) => AsyncIterable<string>,
): Promise<void> {
  const progress = progressLine(performance.now.bind(performance), process.stderr);
  const rejects = new RejectsFile(stagingPath(flags.rejects));
  const out = flags.out === undefined ? null : await stageText(flags.out);
  const write = async (text: string): Promise<void> => {
    if (out !== null) await out.write(text);
    else if (!process.stdout.write(text)) await once(process.stdout, "drain");
  };
  let rows = 0;
  let piece = "";
  const flush = async (): Promise<void> => {
    const text = piece;
    piece = "";
    if (text !== "") await write(text);
  };
  try {
    for (const file of files) {
      for await (const line of linesOf(file, flags.skipBad ? (row) => rejects.add(row) : refuseBadRow)) {
        if (piece === "" && out === null) setImmediate(flush); // when the input pauses, what is there is shown
        piece += line;
        rows += 1;
        if (piece.length >= PIECE) await flush();
        progress.update((seconds) => countsAndRate({ rows }, seconds));
      }
    }
    await flush();
    rejects.close();
    if (rejects.rows > 0) await rename(rejects.path, flags.rejects);
    await out?.close();
    await out?.commit();
    if (rejects.rows > 0) process.stderr.write(`rpo: ${rejects.rows} bad rows left out, see ${flags.rejects}\n`);
  } finally {
    progress.done();
    rejects.discard();
    await out?.discard();
  }
}

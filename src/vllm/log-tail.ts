// The last lines of a log that another program writes, fit to be shown: other programs' output is data, and moves no cursor.
import { open } from "node:fs/promises";
import { stripVTControlCharacters } from "node:util";

/** Bytes of the end of a file that are looked at: a traceback, and the lines before it. */
const END_BYTES = 16_384;

/** @returns at most so many lines that say something, the last one last; none where there is no file */
export async function logTail(path: string, lines: number): Promise<string[]> {
  const file = await open(path).catch(() => null);
  if (file === null) return [];
  try {
    const { size } = await file.stat();
    const from = Math.max(0, size - END_BYTES);
    const { buffer, bytesRead } = await file.read(Buffer.alloc(size - from), 0, size - from, from);
    const text = stripVTControlCharacters(buffer.toString("utf8", 0, bytesRead));
    // A progress bar writes its line over and over, with carriage returns; the last state of it is what counts.
    const shown = text.split(/\r?\n/).map((line) => line.split("\r").findLast((state) => state.trim() !== "") ?? "");
    return shown
      .map((line) => line.replace(/\p{Cc}/gu, " ").trimEnd())
      .filter((line) => line.trim() !== "")
      .slice(-lines);
  } finally {
    await file.close();
  }
}

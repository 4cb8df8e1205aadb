// The folder engine/ of a run directory: the files from which an engine works, to be read and changed. A file that a person has
// changed is kept as it is, told by the hash of what was written. Ignores what the files say.
import { createHash } from "node:crypto";
import { chmod, mkdir, readFile, rm } from "node:fs/promises";
import { dirname, join } from "node:path";
import { z } from "zod";
import { writeWhole } from "../dataset/staged-file.ts";
import type { EngineFile } from "./engine-file.ts";

/** Hashes of what was written last, by path. */
const RECORD = "written.json";
const recordSchema = z.record(z.string(), z.string());

const hashOf = (text: string): string => createHash("sha256").update(text).digest("hex");

/**
 * Writes the files, but for those that were changed since they were last written.
 * @param earlier paths of files that an earlier call may have written and that are not wanted now; a changed one stays
 * @returns paths of the changed ones, which were kept
 */
export async function writeEngineFiles(
  folder: string,
  files: readonly EngineFile[],
  earlier: readonly string[],
): Promise<string[]> {
  await mkdir(folder, { recursive: true });
  const written = await readRecord(folder);
  const record: Record<string, string> = {};
  const kept: string[] = [];
  for (const { path, text, isProgram } of files) {
    const place = join(folder, path);
    const there = await readFile(place, "utf8").catch(() => null);
    const hash = hashOf(text);
    if (there !== null && written[path] !== undefined && hashOf(there) !== written[path] && there !== text) {
      kept.push(path);
      record[path] = written[path];
      continue;
    }
    await mkdir(dirname(place), { recursive: true });
    await writeWhole(place, text);
    if (isProgram) await chmod(place, 0o755);
    record[path] = hash;
  }
  for (const path of earlier) {
    if (files.some((file) => file.path === path)) continue;
    const there = await readFile(join(folder, path), "utf8").catch(() => null);
    if (there !== null && written[path] === hashOf(there)) await rm(join(folder, path));
  }
  await writeWhole(join(folder, RECORD), `${JSON.stringify(record, null, 2)}\n`);
  return kept;
}

async function readRecord(folder: string): Promise<Record<string, string>> {
  try {
    return recordSchema.parse(JSON.parse(await readFile(join(folder, RECORD), "utf8")));
  } catch {
    return {}; // none yet, or of no use: everything is written anew
  }
}

// Where fetched model files are kept, and how it is known that one is whole without hashing it each time: beside each file
// stands a stamp with the SHA-256 it was checked against, and the size and time it had then. Ignores how files get there.
import { readFile, stat, writeFile } from "node:fs/promises";
import { join } from "node:path";
import envPaths from "env-paths";
import { z } from "zod";
import { sha256OfFile } from "./file-hash.ts";

export type Environment = Readonly<Record<string, string | undefined>>;

/** The cache directory of this user: RPO_CACHE, or where the system keeps caches. */
export function cacheDirectory(env: Environment): string {
  return env.RPO_CACHE || envPaths("rpo-kit", { suffix: "" }).cache;
}

/** Path of a known model's file. */
export function cataloguePath(cache: string, { name, file }: { readonly name: string; readonly file: string }): string {
  return join(cache, "models", name, file);
}

/** Path of a file fetched by its hub name. `path` has plain segments only: see `modelReference`. */
export function hubPath(cache: string, { repo, path }: { readonly repo: string; readonly path: string }): string {
  return join(hubRoot(cache), ...repo.split("/"), ...path.split("/"));
}

/** The folder under which `hubPath` puts its files. */
export const hubRoot = (cache: string): string => join(cache, "models", "hub");

const stampSchema = z.object({
  sha256: z.string().regex(/^[0-9a-f]{64}$/),
  bytes: z.int(),
  mtimeMs: z.number(),
});

/** A file whose SHA-256 is known. */
export interface VerifiedFile {
  readonly path: string;
  readonly sha256: string;
  readonly bytes: number;
}

/**
 * The file, if it is there and is what it should be; else null. Hashes it only if it changed since its stamp was written.
 * @param expected SHA-256 that it must have; null takes the stamp's word.
 */
export async function verifiedFile(path: string, expected: string | null): Promise<VerifiedFile | null> {
  const [found, stamp] = await Promise.all([stat(path).catch(() => null), readStamp(path)]);
  if (found === null || !found.isFile()) return null;
  const wanted = expected ?? stamp?.sha256;
  if (wanted === undefined) return null;
  const unchanged = stamp !== null && stamp.bytes === found.size && stamp.mtimeMs === found.mtimeMs;
  const actual = unchanged ? stamp.sha256 : await sha256OfFile(path);
  if (actual !== wanted) return null;
  if (!unchanged) await writeStamp(path, wanted);
  return { path, sha256: wanted, bytes: found.size };
}

/** Writes down that the file has this SHA-256. */
export async function writeStamp(path: string, sha256: string): Promise<VerifiedFile> {
  const { size, mtimeMs } = await stat(path);
  await writeFile(stampPath(path), `${JSON.stringify({ sha256, bytes: size, mtimeMs })}\n`).catch(() => {
    // A cache that others own can't be stamped; the file is then hashed each time.
  });
  return { path, sha256, bytes: size };
}

/** The ending of a stamp's name, after the file's. */
export const STAMP_ENDING = ".verified.json";

const stampPath = (path: string): string => `${path}${STAMP_ENDING}`;

async function readStamp(path: string): Promise<z.output<typeof stampSchema> | null> {
  try {
    return stampSchema.parse(JSON.parse(await readFile(stampPath(path), "utf8")));
  } catch {
    return null;
  }
}

// The SHA-256 that stands for a model: of its one file, or of the list of its files' hashes. What was hashed once is not hashed
// again while size and time of the file stay: a note of them lies in the cache. Ignores what is in the files.
import { createHash } from "node:crypto";
import { createReadStream } from "node:fs";
import { mkdir, readFile, rename, stat, writeFile } from "node:fs/promises";
import { basename, dirname, join } from "node:path";
import { z } from "zod";

/** Bytes read at once: large, for files of many gigabytes. */
const READ_BYTES = 1 << 20;

export interface IdentityOptions {
  /** Where the notes lie. */
  readonly folder: string;
  /** Told the bytes hashed so far and of all files; not called where notes suffice. */
  readonly onBytes?: ((done: number, total: number) => void) | undefined;
  readonly signal?: AbortSignal | undefined;
}

const noteSchema = z.object({
  path: z.string(),
  bytes: z.int(),
  mtimeMs: z.number(),
  sha256: z.string().regex(/^[0-9a-f]{64}$/),
});

/**
 * The identity of files, in lower-case hexadecimal. One file: its SHA-256. Several: the SHA-256 of lines of hash and name.
 * @param files absolute paths; their folders don't count.
 * @throws the system's error when a file can't be read; the signal's reason.
 */
export async function modelIdentity(files: readonly string[], options: IdentityOptions): Promise<string> {
  const sizes = await Promise.all(files.map(async (file) => (await stat(file)).size));
  const total = sizes.reduce((sum, size) => sum + size, 0);
  let before = 0;
  const lines: string[] = [];
  const hashes: string[] = [];
  for (const [i, file] of files.entries()) {
    const start = before;
    const hash = await fileHash(file, options, (bytes) => options.onBytes?.(start + bytes, total));
    hashes.push(hash);
    lines.push(`${hash}  ${basename(file)}\n`);
    before += sizes[i]!;
  }
  if (hashes.length === 1) return hashes[0]!;
  return createHash("sha256").update(lines.sort().join("")).digest("hex");
}

async function fileHash(file: string, options: IdentityOptions, onBytes: (bytes: number) => void): Promise<string> {
  const found = await stat(file);
  const note = join(options.folder, `${createHash("sha256").update(file).digest("hex")}.json`);
  const noted = await readNote(note);
  if (noted !== null && noted.path === file && noted.bytes === found.size && noted.mtimeMs === found.mtimeMs)
    return noted.sha256;
  const hash = createHash("sha256");
  let done = 0;
  for await (const chunk of createReadStream(file, { highWaterMark: READ_BYTES })) {
    options.signal?.throwIfAborted();
    hash.update(chunk as Buffer);
    done += (chunk as Buffer).length;
    onBytes(done);
  }
  const sha256 = hash.digest("hex");
  const content = { path: file, bytes: found.size, mtimeMs: found.mtimeMs, sha256 };
  await writeNote(note, content).catch(() => {
    // Without a note the file is hashed each time.
  });
  return sha256;
}

async function readNote(path: string): Promise<z.output<typeof noteSchema> | null> {
  try {
    return noteSchema.parse(JSON.parse(await readFile(path, "utf8")));
  } catch {
    return null;
  }
}

async function writeNote(path: string, note: z.output<typeof noteSchema>): Promise<void> {
  await mkdir(dirname(path), { recursive: true });
  const own = `${path}.${process.pid}`;
  await writeFile(own, `${JSON.stringify(note)}\n`);
  await rename(own, path);
}

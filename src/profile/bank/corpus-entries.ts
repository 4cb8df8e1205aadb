// The text files of a published corpus, as they come: out of a tar file (plain or gzip) or of the folder it was unpacked to,
// in byte order of their names. Names are compared, never used as paths of anything written. Ignores what is in the files.
import { isUtf8 } from "node:buffer";
import { readdir, readFile, stat } from "node:fs/promises";
import { join } from "node:path";
import { Readable } from "node:stream";
import { extract } from "tar-stream";
import { InputError, type OnBadRow } from "../../dataset/input-error.ts";
import { inputBytes } from "../../dataset/jsonl.ts";

/** Largest text file that is read. The largest prompt of the published corpora has 260,296 characters; more is another kind of file. */
const MAX_ENTRY_BYTES = 16 << 20;

/** A text file of a corpus. */
export interface CorpusEntry {
  /** Its path inside the corpus, with slashes. */
  readonly path: string;
  readonly text: string;
  /** How messages call it: the corpus and the path in it. */
  readonly name: string;
}

/**
 * The wanted files of a corpus in byte order of their paths. A tar file is read twice, first for the names: one whose entries
 * are in order already is then held in memory one file at a time, another as far as it is out of order.
 * @param source a tar file, plain or gzip, or a folder
 * @param wanted is asked with each path, slashes between its parts
 * @param onBad takes files that are too long or no UTF-8
 * @throws InputError where the corpus cannot be read, is no tar file, or is cut short
 */
export async function* corpusEntries(
  source: string,
  wanted: (path: string) => boolean,
  onBad: OnBadRow,
): AsyncGenerator<CorpusEntry> {
  const isFolder = await stat(source).then(
    (found) => found.isDirectory(),
    (error: NodeJS.ErrnoException) => {
      throw new InputError(
        `${source}: ${error.code === "ENOENT" ? "no such file or folder" : `cannot be read (${error.code})`}`,
      );
    },
  );
  const paths: string[] = [];
  if (isFolder) {
    for (const entry of await readdir(source, { recursive: true, withFileTypes: true })) {
      const path = join(entry.parentPath, entry.name).slice(join(source, "/").length).replaceAll("\\", "/");
      if (entry.isFile() && wanted(path)) paths.push(path);
    }
    for (const path of paths.sort(byBytes)) {
      const file = join(source, path);
      const bytes = (await stat(file)).size > MAX_ENTRY_BYTES ? null : await readFile(file);
      const entry = textEntry(source, path, bytes, onBad);
      if (entry !== null) yield entry;
    }
    return;
  }
  for await (const { path } of tarFiles(source, wanted, false)) paths.push(path);
  paths.sort(byBytes);
  const repeated = paths.find((path, index) => path === paths[index + 1]);
  if (repeated !== undefined) throw new InputError(`${source}: the entry ${repeated} is there twice`);
  const early = new Map<string, Buffer | null>();
  let next = 0;
  for await (const { path, bytes } of tarFiles(source, wanted, true)) {
    early.set(path, bytes);
    for (let due = paths[next]; due !== undefined && early.has(due); due = paths[next]) {
      const entry = textEntry(source, due, early.get(due) ?? null, onBad);
      early.delete(due);
      next += 1;
      if (entry !== null) yield entry;
    }
  }
}

/** Byte order of the names in UTF-8, as `LC_ALL=C ls` and Python's `sorted` of bytes have it. */
const byBytes = (a: string, b: string): number => Buffer.compare(Buffer.from(a), Buffer.from(b));

/** The wanted files of a tar file in its own order; bytes are null where they are not asked for, or too many. */
async function* tarFiles(
  source: string,
  wanted: (path: string) => boolean,
  withBytes: boolean,
): AsyncGenerator<{ path: string; bytes: Buffer | null }> {
  const tar = extract();
  // What goes wrong on the way is thrown by the loop over the entries.
  const input = Readable.from(inputBytes(source)).on("error", (error) => tar.destroy(error));
  input.pipe(tar);
  let entries = 0;
  try {
    for await (const entry of tar) {
      entries += 1;
      const path = entry.header.name.replace(/^(?:\.\/)+/, "");
      if (entry.header.type !== "file" || !wanted(path) || !withBytes) {
        if (entry.header.type === "file" && wanted(path)) yield { path, bytes: null };
        entry.resume();
        continue;
      }
      const chunks: Buffer[] = [];
      const tooLong = (entry.header.size ?? 0) > MAX_ENTRY_BYTES;
      for await (const chunk of entry) if (!tooLong) chunks.push(chunk as Buffer);
      yield { path, bytes: tooLong ? null : Buffer.concat(chunks) };
    }
  } catch (error) {
    if (error instanceof InputError) throw error;
    throw new InputError(`${source}: no tar file, or damaged (${(error as Error).message})`);
  } finally {
    input.destroy();
  }
  if (entries === 0) throw new InputError(`${source}: no tar file, or an empty one`);
}

function textEntry(source: string, path: string, bytes: Buffer | null, onBad: OnBadRow): CorpusEntry | null {
  const name = `${source}:${path.replace(/\p{Cc}/gu, "\uFFFD")}`; // a terminal would obey what a stranger named a file
  const refuse = (reason: string): null => {
    onBad({ file: name, line: 1, field: "file", reason, raw: "" });
    return null;
  };
  if (bytes === null) return refuse(`longer than ${MAX_ENTRY_BYTES >> 20} MiB`);
  if (!isUtf8(bytes)) return refuse("not valid UTF-8");
  return { path, text: bytes.toString("utf8"), name };
}

/** Refuses a file of a corpus as a whole or at a line. */
export function refuseEntry(entry: CorpusEntry, onBad: OnBadRow, reason: string, field = "file", line = 1): void {
  onBad({ file: entry.name, line, field, reason, raw: entry.text });
}

/** The files that a corpus must have were not there. */
export const notThatCorpus = (source: string, expected: string): InputError =>
  new InputError(`${source}: no ${expected} in it; is it the corpus that was named?`);

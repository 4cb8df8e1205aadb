// Files that appear whole or not at all: written beside their place under another name, and renamed when everything that
// belongs together is complete. Several of them are committed at once, which a writer of one file cannot do.
import { mkdir, open, rename, rm } from "node:fs/promises";
import { dirname } from "node:path";

/** Bytes gathered before they are written: large enough that a system call is rare, small beside a row group. */
const CHUNK_BYTES = 1 << 18;

/** A file under its staging name: `commit` puts it in its place, `discard` removes it. */
export interface StagedFile {
  readonly path: string;
  /** Puts the closed file in its place. */
  commit(): Promise<void>;
  /** Closes and removes what was written. Harmless after a failed write. */
  discard(): Promise<void>;
}

/** The name a file is written under until it is complete; always the same, so that the next export overwrites a remnant. */
export const stagingPath = (path: string): string => `${path}.partial`;

/** Text staged for `path`. Await each `write`: it holds the caller back while the disk is behind. */
export interface StagedText extends StagedFile {
  write(text: string): Promise<void>;
  /** Writes what is left and closes; the file is then ready for `commit`. */
  close(): Promise<void>;
}

/** Opens a text file (UTF-8, no byte order mark) under its staging name, its folder made where missing. */
export async function stageText(path: string): Promise<StagedText> {
  const staging = stagingPath(path);
  await mkdir(dirname(path), { recursive: true });
  const handle = await open(staging, "w");
  // One buffer for all of the file: strings go into it and from it to the disk, and leave no garbage behind.
  const buffer = Buffer.allocUnsafe(CHUNK_BYTES);
  const encoder = new TextEncoder();
  let used = 0;
  let isOpen = true;
  const flush = async (): Promise<void> => {
    for (let start = 0; start < used; ) start += (await handle.write(buffer, start, used - start)).bytesWritten;
    used = 0;
  };
  const closeHandle = async (): Promise<void> => {
    if (!isOpen) return;
    isOpen = false;
    await handle.close();
  };
  return {
    path,
    async write(text) {
      for (let rest = text; rest !== ""; ) {
        const { read, written } = encoder.encodeInto(rest, buffer.subarray(used));
        used += written;
        rest = rest.slice(read);
        if (rest !== "") await flush(); // the next character does not fit
      }
    },
    async close() {
      await flush();
      await handle.sync();
      await closeHandle();
    },
    commit: () => rename(staging, path),
    async discard() {
      await closeHandle();
      await rm(staging, { force: true });
    },
  };
}

/** Writes a file that is there whole or not at all. */
export async function writeWhole(path: string, text: string): Promise<void> {
  const file = await stageText(path);
  try {
    await file.write(text);
    await file.close();
    await file.commit();
  } finally {
    await file.discard();
  }
}

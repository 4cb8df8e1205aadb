// A binary file that appears whole or not at all, written in pieces of any size, as staged-file.ts does for text. Ignores
// what is in it.
import { mkdir, open, rename, rm } from "node:fs/promises";
import { dirname } from "node:path";
import { type StagedFile, stagingPath } from "../dataset/staged-file.ts";

/** Bytes gathered before they are written: a model has thousands of rows smaller than this. */
const CHUNK_BYTES = 1 << 20;

/** Bytes staged for a path. */
export interface StagedBytes extends StagedFile {
  /** Bytes written so far. */
  readonly position: number;
  /** Appends; the bytes may be changed by their owner once it has resolved. */
  write(bytes: Uint8Array): Promise<void>;
  /** Appends zeros until the position is a multiple of `alignment`. */
  pad(alignment: number): Promise<void>;
  /** Writes what is left to the disk and closes; the file is then ready for `commit`. */
  close(): Promise<void>;
}

/** Opens a binary file under its staging name, its folder made where missing. */
export async function stageBytes(path: string): Promise<StagedBytes> {
  const staging = stagingPath(path);
  await mkdir(dirname(path), { recursive: true });
  const handle = await open(staging, "w");
  const buffer = Buffer.allocUnsafe(CHUNK_BYTES);
  let used = 0;
  let position = 0;
  let isOpen = true;
  const put = async (bytes: Uint8Array): Promise<void> => {
    for (let start = 0; start < bytes.length; )
      start += (await handle.write(bytes, start, bytes.length - start)).bytesWritten;
  };
  const flush = async (): Promise<void> => {
    await put(buffer.subarray(0, used));
    used = 0;
  };
  const closeHandle = async (): Promise<void> => {
    if (!isOpen) return;
    isOpen = false;
    await handle.close();
  };
  const write = async (bytes: Uint8Array): Promise<void> => {
    if (used + bytes.length > CHUNK_BYTES) await flush();
    if (bytes.length > CHUNK_BYTES) await put(bytes);
    else {
      buffer.set(bytes, used);
      used += bytes.length;
    }
    position += bytes.length;
  };
  return {
    path,
    get position() {
      return position;
    },
    write,
    pad: (alignment) => write(new Uint8Array((alignment - (position % alignment)) % alignment)),
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

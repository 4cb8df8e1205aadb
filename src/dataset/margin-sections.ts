// Lines sorted by a whole number without being held in memory: one temporary file for each number, joined in order at the
// end. The numbers are the margins of pairs, so they are few: no more than a turn has constraints.
import { createReadStream, createWriteStream } from "node:fs";
import { type FileHandle, mkdir, open, rename, rm, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { pipeline } from "node:stream/promises";

/** Bytes gathered before they are written: many rows, and still little where there are many sections. */
const BUFFER_BYTES = 1 << 17;

/** Bytes moved at a time when sections are joined. */
const COPY_BYTES = 1 << 20;

interface Section {
  readonly path: string;
  readonly handle: FileHandle;
  buffer: Buffer;
  filled: number;
  /** The other buffer, and when it will have been written: one fills while the other is on its way to the disk. */
  spare: Buffer;
  writing: Promise<void>;
}

/** Sorts the lines of one file by margin, the largest first; lines of equal margin stay in their order. */
export class MarginSections {
  readonly #dir: string;
  readonly #sections = new Map<number, Section>();

  /** @param dir for the temporary files; made where missing, emptied by `join` */
  constructor(dir: string) {
    this.#dir = dir;
  }

  /** Adds a line in parts, the last of which ends with a newline. Await it: it holds back while the disk is behind. */
  async write(margin: number, line: readonly Buffer[]): Promise<void> {
    const section = this.#sections.get(margin) ?? (await this.#open(margin));
    for (const part of line) {
      let done = 0;
      while (done < part.length) {
        const copied = part.copy(section.buffer, section.filled, done);
        done += copied;
        section.filled += copied;
        if (section.filled === section.buffer.length) await swap(section);
      }
    }
  }

  /** Writes all lines to `path`, in order; an empty file where there are none. */
  async join(path: string): Promise<void> {
    const ordered = [...this.#sections].sort(([a], [b]) => b - a).map(([, section]) => section);
    for (const section of ordered) {
      await swap(section);
      await section.writing;
      await section.handle.close();
    }
    this.#sections.clear();
    const [first, ...rest] = ordered;
    if (first === undefined) await writeFile(path, "");
    else await rename(first.path, path);
    for (const section of rest) {
      const source = createReadStream(section.path, { highWaterMark: COPY_BYTES });
      await pipeline(source, createWriteStream(path, { flags: "a" }));
      await rm(section.path);
    }
  }

  /** Closes what is open; the caller removes the folder. */
  async discard(): Promise<void> {
    for (const { handle, writing } of this.#sections.values()) {
      await writing.catch(() => {}); // the work has failed already
      await handle.close();
    }
    this.#sections.clear();
  }

  async #open(margin: number): Promise<Section> {
    await mkdir(this.#dir, { recursive: true });
    const path = join(this.#dir, `${margin}.jsonl`);
    const section: Section = {
      path,
      handle: await open(path, "w"),
      buffer: Buffer.allocUnsafeSlow(BUFFER_BYTES),
      filled: 0,
      spare: Buffer.allocUnsafeSlow(BUFFER_BYTES),
      writing: Promise.resolve(),
    };
    this.#sections.set(margin, section);
    return section;
  }
}

/** Waits for the last write, sends the filled buffer off, and goes on with the other one. */
async function swap(section: Section): Promise<void> {
  await section.writing;
  const full = section.buffer.subarray(0, section.filled);
  section.writing = writeAll(section.handle, full);
  section.writing.catch(() => {}); // whoever awaits it next gets the failure
  [section.buffer, section.spare] = [section.spare, section.buffer];
  section.filled = 0;
}

async function writeAll(handle: FileHandle, bytes: Buffer): Promise<void> {
  let done = 0;
  while (done < bytes.length) done += (await handle.write(bytes, done)).bytesWritten;
}

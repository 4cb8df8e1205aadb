// Lines sorted by a whole number without being held in memory: one temporary file for each number, joined in order at the
// end. The numbers are the margins of pairs, so they are few: no more than a turn has constraints.
import { createReadStream, createWriteStream } from "node:fs";
import { type FileHandle, mkdir, open, rename, rm, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { pipeline } from "node:stream/promises";

/** Characters gathered before they are written: many rows, and still little where there are many sections. */
const BUFFER_CHARACTERS = 1 << 17;

/** Bytes moved at a time when sections are joined. */
const COPY_BYTES = 1 << 20;

interface Section {
  readonly path: string;
  readonly handle: FileHandle;
  pending: string;
}

/** Sorts the lines of one file by margin, the largest first; lines of equal margin stay in their order. */
export class MarginSections {
  readonly #dir: string;
  readonly #sections = new Map<number, Section>();

  /** @param dir for the temporary files; made where missing, emptied by `join` */
  constructor(dir: string) {
    this.#dir = dir;
  }

  /** Adds a line, which ends with a newline. Await it: it holds the caller back while the disk is behind. */
  async write(margin: number, line: string): Promise<void> {
    const section = this.#sections.get(margin) ?? (await this.#open(margin));
    section.pending += line;
    if (section.pending.length >= BUFFER_CHARACTERS) await flush(section);
  }

  /** Writes all lines to `path`, in order; an empty file where there are none. */
  async join(path: string): Promise<void> {
    const ordered = [...this.#sections].sort(([a], [b]) => b - a).map(([, section]) => section);
    for (const section of ordered) {
      await flush(section);
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
    for (const { handle } of this.#sections.values()) await handle.close();
    this.#sections.clear();
  }

  async #open(margin: number): Promise<Section> {
    await mkdir(this.#dir, { recursive: true });
    const path = join(this.#dir, `${margin}.jsonl`);
    const section = { path, handle: await open(path, "w"), pending: "" };
    this.#sections.set(margin, section);
    return section;
  }
}

async function flush(section: Section): Promise<void> {
  const text = section.pending;
  section.pending = "";
  await section.handle.writeFile(text);
}

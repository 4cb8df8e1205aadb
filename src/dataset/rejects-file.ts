// Bad rows, written down as they come: a file of which every row is bad must not be held in memory. Whoever finds a bad row
// does not wait (`OnBadRow`), so this writes synchronously; what it writes is rare or the whole input, read no faster.
import { closeSync, mkdirSync, openSync, rmSync, writeSync } from "node:fs";
import { dirname } from "node:path";
import type { BadRow } from "./input-error.ts";
import { jsonLine } from "./jsonl.ts";

/** Characters gathered before they are written: enough that a system call is rare. */
const BUFFER_CHARACTERS = 1 << 16;

/** A file of bad rows in JSON Lines. It is not there until the first one comes. */
export class RejectsFile {
  readonly path: string;
  #descriptor: number | undefined;
  #pending = "";
  #rows = 0;

  /** @param path is replaced by the first row; its folder is made where missing */
  constructor(path: string) {
    this.path = path;
  }

  /** Rows taken so far. */
  get rows(): number {
    return this.#rows;
  }

  /** Takes a row. @throws what the file system throws */
  add(row: BadRow): void {
    if (this.#descriptor === undefined) {
      mkdirSync(dirname(this.path), { recursive: true });
      this.#descriptor = openSync(this.path, "w");
    }
    this.#rows += 1;
    this.#pending += jsonLine(row);
    if (this.#pending.length >= BUFFER_CHARACTERS) this.#write(this.#descriptor);
  }

  /** Writes what is left and closes. Nothing is to be added after. */
  close(): void {
    if (this.#descriptor === undefined) return;
    const descriptor = this.#descriptor;
    this.#descriptor = undefined;
    try {
      this.#write(descriptor);
    } finally {
      closeSync(descriptor);
    }
  }

  /** Closes what is open and removes what was written. */
  discard(): void {
    if (this.#descriptor !== undefined) closeSync(this.#descriptor);
    this.#descriptor = undefined;
    if (this.#rows > 0) rmSync(this.path, { force: true });
  }

  #write(descriptor: number): void {
    const bytes = Buffer.from(this.#pending);
    this.#pending = "";
    for (let done = 0; done < bytes.length; ) done += writeSync(descriptor, bytes, done);
  }
}

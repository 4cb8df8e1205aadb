// A file of a few megabytes that a run keeps beside its store, to be given up when the disk is full: what is under way then has been
// paid for, and finds room for its answers before the run ends. Knows nothing of what is stored.
import { randomFillSync } from "node:crypto";
import { closeSync, fsyncSync, openSync, rmSync, statSync, writeSync } from "node:fs";
import { DiskFull, isDiskFull } from "./disk-full.ts";

/** Room for the answers of a thousand requests under way, at 8 KB each. */
const RESERVE_BYTES = 8 << 20;

export class DiskReserve {
  readonly #path: string;
  #held = false;

  constructor(path: string) {
    this.#path = path;
  }

  /** Takes the space, unless a killed run left it. @throws DiskFull where there is none */
  take(): void {
    if (this.#held) return;
    this.#held = true;
    if ((statSync(this.#path, { throwIfNoEntry: false })?.size ?? 0) === RESERVE_BYTES) return;
    try {
      const file = openSync(this.#path, "w");
      try {
        // Random, since some file systems store zeros in no space at all.
        const bytes = randomFillSync(Buffer.allocUnsafe(RESERVE_BYTES));
        for (let at = 0; at < RESERVE_BYTES; ) at += writeSync(file, bytes, at);
        fsyncSync(file);
      } finally {
        closeSync(file);
      }
    } catch (error) {
      this.release();
      throw isDiskFull(error) ? new DiskFull(this.#path) : error;
    }
  }

  /** Gives the space back. @returns whether there was any */
  release(): boolean {
    if (!this.#held) return false;
    this.#held = false;
    rmSync(this.#path, { force: true });
    return true;
  }
}

// What is committed is the system's at once, which a killed process loses nothing of; a machine without power loses what the
// system has not brought to the disk. That is asked for once a second, beside the work: to wait for the disk at every commit would
// hold up all requests. Knows nothing of what is written.
import { open } from "node:fs/promises";

/** So much work a power failure may take. */
const INTERVAL_MS = 1000;

/** Brings a file's data to the disk. SQLite locks no part of its log, so another handle on it does no harm. */
async function syncFile(path: string): Promise<void> {
  const file = await open(path, "r+");
  try {
    await file.datasync();
  } finally {
    await file.close();
  }
}

export class LogSync {
  readonly #path: string;
  readonly #sync: (path: string) => Promise<void>;
  readonly #intervalMs: number;
  #timer: NodeJS.Timeout | null = null;
  #running: Promise<void> | null = null;
  #stopped = false;

  /** @param path the write-ahead log of a store */
  constructor(path: string, sync = syncFile, intervalMs = INTERVAL_MS) {
    this.#path = path;
    this.#sync = sync;
    this.#intervalMs = intervalMs;
  }

  /** Something was committed: it will be on the disk within the interval. */
  committed(): void {
    if (this.#stopped || this.#timer !== null) return;
    this.#timer = setTimeout(() => void this.#run(), this.#intervalMs).unref();
  }

  /** No more: closing the store brings everything to the disk. */
  stop(): void {
    this.#stopped = true;
    if (this.#timer !== null) clearTimeout(this.#timer);
  }

  async #run(): Promise<void> {
    await this.#running; // a slow disk is not asked twice at once
    this.#timer = null; // commits from here on are another round's
    if (this.#stopped) return;
    // A disk that fails at this fails at the next write, which says so.
    this.#running = this.#sync(this.#path).catch(() => undefined);
    await this.#running;
  }
}

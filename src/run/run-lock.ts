// One process at a time works on a run: two would ask the same requests and pay for them twice. The lock is SQLite's own on a small
// file beside the store, so the system takes it back the moment its process ends, however it ends, and no file that was left behind
// or process number that came into use again can hold up a run. Reading a run needs no lock.
// (model/file-lock.ts waits for its turn, which is right for a download and wrong for a run.)
import { mkdirSync } from "node:fs";
import { join } from "node:path";
import Database from "better-sqlite3";
import { InputError } from "../dataset/input-error.ts";
import { DiskFull, isDiskFull } from "./disk-full.ts";

export interface RunLock {
  /** Gives the run back. Harmless when called again. */
  release(): void;
}

interface Holder {
  readonly pid: number;
  readonly since: string;
}

/** Two that come at the same moment pass each other within this; one that works holds on for longer. */
const WAIT_MS = 250;

/** A lock lasts until it is released: a connection that nobody holds on to is closed by the garbage collector. */
const held = new Set<Database.Database>();

/**
 * Takes the run of a directory for this process.
 * @throws InputError when another process has it, naming that process, or the directory can't be written
 */
export function lockRun(directory: string, now: () => Date): RunLock {
  mkdirSync(directory, { recursive: true });
  const path = join(directory, "run.lock");
  let db: Database.Database | null = null;
  try {
    db = new Database(path, { timeout: WAIT_MS });
    db.exec(
      "CREATE TABLE IF NOT EXISTS holder (one INTEGER PRIMARY KEY CHECK (one = 1), pid INTEGER, since TEXT) STRICT",
    );
    const since = now().toISOString();
    db.prepare("INSERT OR REPLACE INTO holder VALUES (1, ?, ?)").run(process.pid, since);
    // Held open to the end. Others can read meanwhile who holds it, and write nothing.
    db.exec("BEGIN IMMEDIATE");
    const holder = holderIn(db);
    if (holder?.pid !== process.pid || holder.since !== since) throw refusal(directory, holder); // was quicker
  } catch (error) {
    const busy = error instanceof Error && "code" in error && String(error.code).startsWith("SQLITE_BUSY");
    const holder = busy && db !== null ? holderIn(db) : null;
    db?.close();
    if (busy) throw refusal(directory, holder);
    if (error instanceof InputError) throw error;
    if (isDiskFull(error)) throw new DiskFull(path);
    throw new InputError(
      `${path} cannot be used: ${(error as Error).message}. Name another directory, or move the file away`,
    );
  }
  held.add(db);
  return {
    release() {
      held.delete(db);
      db.close();
    },
  };
}

function holderIn(db: Database.Database): Holder | null {
  try {
    return db.prepare<[], Holder>("SELECT pid, since FROM holder").get() ?? null;
  } catch {
    return null; // it is just being written
  }
}

function refusal(directory: string, holder: Holder | null): InputError {
  const who = holder === null ? "another process" : `process ${holder.pid}, since ${holder.since},`;
  return new InputError(`${directory}: ${who} is at work on this run. Wait for its end, or stop it; nothing is lost`);
}

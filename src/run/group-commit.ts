// Writes that come in the same turn of the event loop become one transaction: a thousand requests that end together cost one
// commit, and a request that ends alone waits for nobody. Whoever is told that a write is done can be killed afterwards without
// losing it. Knows no tables.
import type Database from "better-sqlite3";
import { DiskFull, isDiskFull } from "./disk-full.ts";

interface Waiting {
  readonly write: () => void;
  readonly resolve: () => void;
  readonly reject: (error: unknown) => void;
  /** Why this write was refused while the others of its group were not. */
  refused?: unknown;
}

export class GroupCommit {
  readonly #db: Database.Database;
  readonly #begin: Database.Statement;
  readonly #commit: Database.Statement;
  readonly #rollback: Database.Statement;
  readonly #freeSpace: () => boolean;
  readonly #onCommit: () => void;
  readonly #onRollback: (() => void)[] = [];
  #waiting: Waiting[] = [];
  #scheduled: NodeJS.Immediate | null = null;
  #full: DiskFull | null = null;

  /**
   * @param freeSpace makes room on a full disk for what is under way; false where it can't
   * @param onCommit is told of every commit
   */
  constructor(db: Database.Database, freeSpace: () => boolean = () => false, onCommit: () => void = () => undefined) {
    this.#db = db;
    this.#begin = db.prepare("BEGIN IMMEDIATE");
    this.#commit = db.prepare("COMMIT");
    this.#rollback = db.prepare("ROLLBACK");
    this.#freeSpace = freeSpace;
    this.#onCommit = onCommit;
  }

  /**
   * Writes with the next group.
   * @param write runs statements, none of them asynchronous; it may run twice, so it changes nothing else
   * @returns when it is committed: a process killed from then on has it
   * @throws DiskFull; what the write throws
   */
  add(write: () => void): Promise<void> {
    this.#scheduled ??= setImmediate(() => this.flush());
    return new Promise((resolve, reject) => {
      this.#waiting.push({ write, resolve, reject });
    });
  }

  /** Is called when a group is undone, so that nobody remembers rows that are not there. */
  onRollback(forget: () => void): void {
    this.#onRollback.push(forget);
  }

  /** @throws DiskFull once the disk was full, even where the answers under way still found room: nothing new is to begin */
  refuseWhenFull(): void {
    if (this.#full !== null) throw this.#full;
  }

  /** Commits what waits, now. */
  flush(): void {
    if (this.#scheduled !== null) clearImmediate(this.#scheduled);
    this.#scheduled = null;
    const group = this.#waiting;
    this.#waiting = [];
    if (group.length === 0) return;
    let failure = this.#write(group);
    if (isDiskFull(failure)) {
      this.#full ??= new DiskFull(this.#db.name);
      if (this.#freeSpace()) failure = this.#write(group);
      if (isDiskFull(failure)) failure = this.#full;
    }
    for (const { resolve, reject, refused } of group) {
      if (failure !== null) reject(failure);
      else if (refused !== undefined) reject(refused);
      else resolve();
    }
  }

  /** Null, or why nothing of the group is written. */
  #write(group: readonly Waiting[]): unknown {
    try {
      this.#begin.run();
      for (const waiting of group) {
        delete waiting.refused;
        try {
          waiting.write();
        } catch (error) {
          // A refused statement leaves its transaction open; a full disk and a broken one end it.
          if (!this.#db.inTransaction || isDiskFull(error)) throw error;
          waiting.refused = error;
        }
      }
      this.#commit.run();
      this.#onCommit();
      return null;
    } catch (error) {
      if (this.#db.inTransaction) this.#rollback.run();
      for (const forget of this.#onRollback) forget();
      return error;
    }
  }
}

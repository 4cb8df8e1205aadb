// The items of stages: what each was made of (by hash), whether it is done, what came out, or why not. An item is a row; a failed
// one too. Knows no stage.
import type Database from "better-sqlite3";
import type { GroupCommit } from "./group-commit.ts";

export interface StoredItem {
  /** Hash of what it was made of; null where the stage does not say. */
  readonly input: string | null;
  readonly state: "done" | "failed";
  /** JSON; null for a failed one. */
  readonly output: string | null;
  /** How often it failed on the same input for a reason of its own: outages do not count. */
  readonly failures: number;
}

/** Why an item failed: in a sentence, and all that is known of it as JSON. */
export interface ItemFailure {
  readonly cause: string;
  readonly detail: string | null;
  /** Whether the model was out of reach or too busy, so that the item is not to blame. Default false. */
  readonly outage?: boolean;
}

export interface FailedItem extends Omit<ItemFailure, "outage"> {
  readonly id: string;
  /** As of `StoredItem`. */
  readonly failures: number;
}

/** Rows that are read at once: a statement that is being read from blocks all writes. */
const PAGE = 500;

export class ItemStore {
  readonly #writes: GroupCommit;
  readonly #now: () => Date;
  readonly #find: Database.Statement<
    [string, string],
    { input: Buffer | null; state: "done" | "failed"; output: string | null; failures: number }
  >;
  readonly #done: Database.Statement<[string, string, Buffer | null, string | null, number]>;
  readonly #failed: Database.Statement<[string, string, Buffer | null, string, string | null, number, number]>;
  readonly #counts: Database.Statement<[string], { state: "done" | "failed"; n: number }>;
  readonly #failures: Database.Statement<[string, string], FailedItem>;

  constructor(db: Database.Database, writes: GroupCommit, now: () => Date) {
    this.#writes = writes;
    this.#now = now;
    this.#find = db.prepare("SELECT input, state, output, failures FROM item WHERE stage = ? AND id = ?");
    this.#done = db.prepare(
      `INSERT INTO item (stage, id, input, state, output, at) VALUES (?, ?, ?, 'done', ?, ?)
       ON CONFLICT DO UPDATE SET input = excluded.input, state = 'done', output = excluded.output, cause = NULL,
         detail = NULL, failures = 0, at = excluded.at`,
    );
    this.#failed = db.prepare(
      `INSERT INTO item (stage, id, input, state, cause, detail, failures, at) VALUES (?, ?, ?, 'failed', ?, ?, ?, ?)
       ON CONFLICT DO UPDATE SET input = excluded.input, state = 'failed', output = NULL, cause = excluded.cause,
         detail = excluded.detail, at = excluded.at,
         failures = excluded.failures + CASE WHEN input IS excluded.input THEN failures ELSE 0 END`,
    );
    this.#counts = db.prepare("SELECT state, count(*) AS n FROM item WHERE stage = ? GROUP BY state");
    this.#failures = db.prepare(
      `SELECT id, cause, detail, failures FROM item WHERE stage = ? AND id > ? AND state = 'failed' ORDER BY id LIMIT ${PAGE}`,
    );
  }

  find(stage: string, id: string): StoredItem | null {
    const row = this.#find.get(stage, id);
    return row === undefined ? null : { ...row, input: row.input?.toString("hex") ?? null };
  }

  /** Writes an item that is done, in the open transaction or in one of its own. */
  putDone(stage: string, id: string, input: string | null, output: string | null): void {
    this.#done.run(stage, id, inputBytes(input), output, this.#now().getTime());
  }

  /** Writes an item that failed; it is then no longer done. */
  putFailed(stage: string, id: string, input: string | null, { cause, detail, outage = false }: ItemFailure): void {
    this.#failed.run(stage, id, inputBytes(input), cause, detail, outage ? 0 : 1, this.#now().getTime());
  }

  /** @returns when it is durable @throws DiskFull */
  saveDone(stage: string, id: string, input: string, output: string): Promise<void> {
    return this.#writes.add(() => this.putDone(stage, id, input, output));
  }

  /** @returns when it is durable @throws DiskFull */
  saveFailed(stage: string, id: string, input: string, failure: ItemFailure): Promise<void> {
    return this.#writes.add(() => this.putFailed(stage, id, input, failure));
  }

  /** How many items of a stage are in which state, those that its input no longer has included. */
  counts(stage: string): { readonly done: number; readonly failed: number } {
    const counts = { done: 0, failed: 0 };
    for (const { state, n } of this.#counts.all(stage)) counts[state] = n;
    return counts;
  }

  /** Failed items of a stage by id. */
  *failed(stage: string): Generator<FailedItem> {
    let rows = this.#failures.all(stage, "");
    while (rows.length > 0) {
      yield* rows;
      rows = this.#failures.all(stage, rows.at(-1)!.id);
    }
  }
}

const inputBytes = (input: string | null): Buffer | null => (input === null ? null : Buffer.from(input, "hex"));

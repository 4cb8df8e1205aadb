// The store of a run: one SQLite file in the run directory, the one truth of what was asked, answered and judged. A request
// is known by the hash of its content, so an unchanged one is never made twice; everything is written when it happens, so
// a run can be killed at any byte and goes on where it was. Opens and migrates the file; requests and items have stores of their
// own in it. Knows no stage and no model.
import { mkdirSync } from "node:fs";
import { join } from "node:path";
import Database from "better-sqlite3";
import { InputError } from "../dataset/input-error.ts";
import { DiskFull, isDiskFull } from "./disk-full.ts";
import { DiskReserve } from "./disk-reserve.ts";
import { GroupCommit } from "./group-commit.ts";
import { ItemStore } from "./item-store.ts";
import { LogSync } from "./log-sync.ts";
import { type RequestContent, requestHash } from "./request-content.ts";
import { RequestStore, type StoredChoice } from "./request-store.ts";
import { prepareTables, SAMPLES } from "./store-schema.ts";

/** A verdict by code or judge on one constraint of one response; null where nobody has judged. */
export interface StoredVerdict {
  /** Hash of what was checked. */
  readonly constraint: string;
  readonly verdict: "pass" | "fail" | "na";
  readonly source: string;
}

/** KiB of pages kept in memory: the upper levels of the hash index of a million requests. */
const PAGE_CACHE = 32_000;
/** The write-ahead log is cut back to this after a checkpoint that found it longer: one that a reader held up. */
const LOG_BYTES = 64 << 20;

/** Name of the store in the directory of its run. */
export const STORE_FILE = "run.db";

export class RunStore {
  readonly now: () => Date;
  /** Requests with their samples, failures and tokens. */
  readonly requests: RequestStore;
  /** Items of stages. */
  readonly stageItems: ItemStore;
  readonly #db: Database.Database;
  readonly #path: string;
  readonly #writes: GroupCommit;
  readonly #reserve: DiskReserve;
  readonly #log: LogSync;
  readonly #readNote: Database.Statement<[string], { value: string }>;
  readonly #writeNote: Database.Statement<[string, string]>;
  readonly #verdicts: Database.Statement<[number], StoredVerdict>;
  readonly #writeVerdict: Database.Statement<[number, Buffer, string, string]>;
  readonly #items: Database.Statement<[string, string], { id: string; cause: string | null }>;

  /**
   * Opens the store of a run directory, making both where they are missing. The clock dates what is written.
   * @throws InputError if the file is a store of a later version, or no store at all
   */
  constructor(directory: string, now: () => Date) {
    mkdirSync(directory, { recursive: true });
    this.now = now;
    this.#path = join(directory, STORE_FILE);
    this.#reserve = new DiskReserve(`${this.#path}.reserve`);
    const db = this.#open();
    this.#db = db;
    this.#log = new LogSync(`${this.#path}-wal`);
    this.#writes = new GroupCommit(
      db,
      () => this.#reserve.release(),
      () => this.#log.committed(),
    );
    this.requests = new RequestStore(db, this.#writes, now);
    this.stageItems = new ItemStore(db, this.#writes, now);
    this.#readNote = db.prepare("SELECT value FROM note WHERE key = ?");
    this.#writeNote = db.prepare(
      "INSERT INTO note VALUES (?, ?) ON CONFLICT (key) DO UPDATE SET value = excluded.value",
    );
    this.#verdicts = db.prepare(
      'SELECT lower(hex(constraint_hash)) AS "constraint", verdict, source FROM verdict WHERE choice = ?',
    );
    this.#writeVerdict = db.prepare(
      `INSERT INTO verdict VALUES (?, ?, ?, ?)
       ON CONFLICT DO UPDATE SET verdict = excluded.verdict, source = excluded.source`,
    );
    this.#items = db.prepare("SELECT id, cause FROM item WHERE stage = ? AND state = ? ORDER BY id");
  }

  #open(): Database.Database {
    let db: Database.Database | null = null;
    try {
      db = new Database(this.#path);
      // What is committed survives the process; with the log, a commit is a write and no wait for the disk.
      db.pragma("journal_mode = WAL");
      db.pragma("synchronous = NORMAL");
      db.pragma(`cache_size = -${PAGE_CACHE}`);
      db.pragma(`journal_size_limit = ${LOG_BYTES}`);
      db.pragma("foreign_keys = OFF");
      prepareTables(db);
      db.pragma("foreign_keys = ON");
      return db;
    } catch (error) {
      db?.close();
      if (isDiskFull(error)) throw new DiskFull(this.#path);
      throw new InputError(
        `${this.#path} cannot be used: ${(error as Error).message}. Name another directory, or move the file away`,
      );
    }
  }

  /** Commits what waits and closes. The store cannot be used afterwards. */
  close(): void {
    if (!this.#db.open) return;
    this.#writes.flush();
    this.#log.stop();
    this.#reserve.release();
    this.#db.close();
  }

  /**
   * Sets space aside, so that the answers to what is under way can be kept on a full disk.
   * @throws DiskFull where there is none
   */
  reserveSpace(): void {
    this.#reserve.take();
  }

  /** @throws DiskFull once the disk was full: nothing that costs is to begin any more */
  refuseWhenFull(): void {
    this.#writes.refuseWhenFull();
  }

  /** A fact about the run, such as how it was started. */
  note(key: string): string | null {
    return this.#readNote.get(key)?.value ?? null;
  }

  setNote(key: string, value: string): void {
    this.#write(() => this.#writeNote.run(key, value));
  }

  /** Makes the request known and gives its hash. */
  request(content: RequestContent): string {
    const hash = requestHash(content);
    this.#write(() => this.requests.know(hash, content));
    return hash;
  }

  /** The samples of a request that are there, by index. */
  choices(request: string): readonly StoredChoice[] {
    return this.requests.answers(request).choices;
  }

  /** Keeps a sample of a known request, at once. One that is there already stays as it is. */
  saveChoice(request: string, choice: StoredChoice): void {
    this.#write(() => this.requests.putChoice(this.#known(request), choice, null));
  }

  /** Verdicts on one sample, by the hash of what was checked. */
  verdicts(request: string, sample: number): StoredVerdict[] {
    const known = this.requests.find(request);
    return known === null ? [] : this.#verdicts.all(known * SAMPLES + sample);
  }

  /** Keeps the verdicts on one sample, all or none of them. */
  saveVerdicts(request: string, sample: number, verdicts: readonly StoredVerdict[]): void {
    this.#write(() => {
      const choice = this.#known(request) * SAMPLES + sample;
      for (const { constraint, verdict, source } of verdicts)
        this.#writeVerdict.run(choice, Buffer.from(constraint, "hex"), verdict, source);
    });
  }

  /** Marks an item of a stage done, or failed with its cause. */
  mark(stage: string, id: string, state: "done" | "failed", cause: string | null = null): void {
    this.#write(() => {
      if (state === "done") this.stageItems.putDone(stage, id, null, null);
      else this.stageItems.putFailed(stage, id, null, { cause: cause ?? "unknown", detail: null });
    });
  }

  /** Items of a stage in a state, with their causes. */
  items(stage: string, state: "done" | "failed"): { id: string; cause: string | null }[] {
    return this.#items.all(stage, state);
  }

  #known(request: string): number {
    const known = this.requests.find(request);
    if (known === null) throw new Error(`the store has no request ${request}`);
    return known;
  }

  /** One transaction, at once. */
  #write(work: () => void): void {
    try {
      this.#db.transaction(work)();
      this.#log.committed();
    } catch (error) {
      this.requests.forget();
      throw isDiskFull(error) ? new DiskFull(this.#path) : error;
    }
  }
}

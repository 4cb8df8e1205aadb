// The store of a run: one SQLite file in the run directory, the one truth of what was asked, answered and judged. A request
// is known by the hash of its content, so an unchanged one is never made twice; everything is written when it happens, so
// a run can be killed at any byte and goes on where it was. Knows no stage and no model.
import { createHash } from "node:crypto";
import { mkdirSync } from "node:fs";
import { join } from "node:path";
import Database from "better-sqlite3";
import { InputError } from "../dataset/input-error.ts";
import type { Message } from "../profile/message.ts";

/** What determines a sample, but for its index: the model (by identity, not by path), the messages, the sampling. */
export interface RequestContent {
  readonly model: string;
  readonly messages: readonly Message[];
  readonly sampling: Readonly<Record<string, string | number | readonly string[]>>;
}

/** One sample of a request. */
export interface StoredChoice {
  readonly sample: number;
  readonly text: string;
  readonly finishReason: string;
  readonly tokens: number;
}

/** A verdict by code or judge on one constraint of one response; null where nobody has judged. */
export interface StoredVerdict {
  readonly constraint: string;
  readonly verdict: "pass" | "fail" | "na";
  readonly source: string;
}

const SCHEMA = `
  CREATE TABLE IF NOT EXISTS note (key TEXT PRIMARY KEY, value TEXT NOT NULL) STRICT;
  CREATE TABLE IF NOT EXISTS request (hash TEXT PRIMARY KEY, content TEXT NOT NULL) STRICT;
  CREATE TABLE IF NOT EXISTS choice (
    request TEXT NOT NULL REFERENCES request (hash),
    sample INTEGER NOT NULL,
    text TEXT NOT NULL,
    finish_reason TEXT NOT NULL,
    tokens INTEGER NOT NULL,
    at TEXT NOT NULL,
    PRIMARY KEY (request, sample)
  ) STRICT;
  CREATE TABLE IF NOT EXISTS verdict (
    request TEXT NOT NULL,
    sample INTEGER NOT NULL,
    constraint_hash TEXT NOT NULL,
    verdict TEXT NOT NULL CHECK (verdict IN ('pass', 'fail', 'na')),
    source TEXT NOT NULL,
    PRIMARY KEY (request, sample, constraint_hash),
    FOREIGN KEY (request, sample) REFERENCES choice (request, sample)
  ) STRICT;
  CREATE TABLE IF NOT EXISTS item (
    stage TEXT NOT NULL,
    id TEXT NOT NULL,
    state TEXT NOT NULL CHECK (state IN ('done', 'failed')),
    cause TEXT,
    at TEXT NOT NULL,
    PRIMARY KEY (stage, id)
  ) STRICT;
`;
/** Raised when the tables change; a store of another version is refused, never guessed at. */
const VERSION = 1;

/** The hash by which a request, a constraint or a check is known: SHA-256 of its JSON. */
export const contentHash = (content: unknown): string =>
  createHash("sha256").update(JSON.stringify(content)).digest("hex");

/** The hash of a request, independent of the order of its sampling parameters. */
export function requestHash({ model, messages, sampling }: RequestContent): string {
  const parameters = Object.entries(sampling).sort(([a], [b]) => (a < b ? -1 : 1));
  return contentHash({ model, messages: messages.map(({ role, content }) => ({ role, content })), parameters });
}

export class RunStore {
  readonly #db: Database.Database;
  readonly #now: () => Date;

  /**
   * Opens the store of a run directory, making both where they are missing. The clock dates what is written.
   * @throws InputError if the file is a store of another version, or no store at all
   */
  constructor(directory: string, now: () => Date) {
    mkdirSync(directory, { recursive: true });
    const path = join(directory, "run.db");
    this.#db = new Database(path);
    this.#now = now;
    try {
      this.#db.pragma("journal_mode = WAL");
      this.#db.pragma("foreign_keys = ON");
      const version = this.#db.pragma("user_version", { simple: true });
      const empty = this.#db.prepare("SELECT count(*) AS n FROM sqlite_master").get() as { n: number };
      if (version !== VERSION && empty.n > 0)
        throw new Error(`a store of version ${version}, and this program writes version ${VERSION}`);
      this.#db.exec(SCHEMA);
      this.#db.pragma(`user_version = ${VERSION}`);
    } catch (error) {
      this.#db.close();
      throw new InputError(
        `${path} cannot be used: ${(error as Error).message}. Name another directory, or move the file away`,
      );
    }
  }

  close(): void {
    this.#db.close();
  }

  /** A fact about the run, such as how it was started. */
  note(key: string): string | null {
    const row = this.#db.prepare("SELECT value FROM note WHERE key = ?").get(key) as { value: string } | undefined;
    return row?.value ?? null;
  }

  setNote(key: string, value: string): void {
    this.#db
      .prepare("INSERT INTO note VALUES (?, ?) ON CONFLICT (key) DO UPDATE SET value = excluded.value")
      .run(key, value);
  }

  /** Makes the request known and gives its hash. */
  request(content: RequestContent): string {
    const hash = requestHash(content);
    this.#db.prepare("INSERT INTO request VALUES (?, ?) ON CONFLICT DO NOTHING").run(hash, JSON.stringify(content));
    return hash;
  }

  /** The samples of a request that are there, by index. */
  choices(request: string): StoredChoice[] {
    return this.#db
      .prepare(
        "SELECT sample, text, finish_reason AS finishReason, tokens FROM choice WHERE request = ? ORDER BY sample",
      )
      .all(request) as StoredChoice[];
  }

  /** Keeps a sample, at once. One that is there already stays as it is. */
  saveChoice(request: string, choice: StoredChoice): void {
    this.#db
      .prepare("INSERT INTO choice VALUES (?, ?, ?, ?, ?, ?) ON CONFLICT DO NOTHING")
      .run(request, choice.sample, choice.text, choice.finishReason, choice.tokens, this.#now().toISOString());
  }

  /** Verdicts on one sample, by the hash of what was checked. */
  verdicts(request: string, sample: number): StoredVerdict[] {
    return this.#db
      .prepare('SELECT constraint_hash AS "constraint", verdict, source FROM verdict WHERE request = ? AND sample = ?')
      .all(request, sample) as StoredVerdict[];
  }

  /** Keeps the verdicts on one sample, all or none of them. */
  saveVerdicts(request: string, sample: number, verdicts: readonly StoredVerdict[]): void {
    const insert = this.#db.prepare(
      "INSERT INTO verdict VALUES (?, ?, ?, ?, ?) ON CONFLICT DO UPDATE SET verdict = excluded.verdict, source = excluded.source",
    );
    this.#db.transaction(() => {
      for (const { constraint, verdict, source } of verdicts) insert.run(request, sample, constraint, verdict, source);
    })();
  }

  /** Marks an item of a stage done, or failed with its cause. */
  mark(stage: string, id: string, state: "done" | "failed", cause: string | null = null): void {
    this.#db
      .prepare(
        "INSERT INTO item VALUES (?, ?, ?, ?, ?) ON CONFLICT DO UPDATE SET state = excluded.state, cause = excluded.cause, at = excluded.at",
      )
      .run(stage, id, state, cause, this.#now().toISOString());
  }

  /** Items of a stage in a state, with their causes. */
  items(stage: string, state: "done" | "failed"): { id: string; cause: string | null }[] {
    return this.#db
      .prepare("SELECT id, cause FROM item WHERE stage = ? AND state = ? ORDER BY id")
      .all(stage, state) as {
      id: string;
      cause: string | null;
    }[];
  }
}

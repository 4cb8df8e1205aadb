// The tables of a run's store, and how those of an earlier version become them. Large runs have millions of requests of a few
// kilobytes, most of it said before (profiles, histories, instructions): a request is stored as references to its parts, each
// stored once. Keys are numbers, hashes are bytes.
import type Database from "better-sqlite3";
import type { RequestContent } from "./request-content.ts";
import { RequestParts } from "./request-parts.ts";

/** Raised when the tables change. A store of an earlier version is migrated, one of a later version refused. */
export const STORE_VERSION = 2;

/** Samples of one request have the numbers from request × this: the most samples that a request can have (model.ts). */
export const SAMPLES = 4096;

const TABLES = `
  CREATE TABLE IF NOT EXISTS note (key TEXT PRIMARY KEY, value TEXT NOT NULL) STRICT;
  -- Texts that requests are made of, each once: JSON of a message, or of the model and its parameters.
  CREATE TABLE IF NOT EXISTS part (id INTEGER PRIMARY KEY, hash BLOB NOT NULL UNIQUE, json TEXT NOT NULL) STRICT;
  CREATE TABLE IF NOT EXISTS request (
    id INTEGER PRIMARY KEY,
    hash BLOB NOT NULL UNIQUE,
    parts TEXT NOT NULL,      -- ids: the model with its parameters, then the messages
    seed INTEGER,             -- beside the parameters, which requests share but for it
    prompt_tokens INTEGER     -- null until a model has told
  ) STRICT;
  CREATE TABLE IF NOT EXISTS asker (
    id INTEGER PRIMARY KEY, role TEXT NOT NULL, stage TEXT NOT NULL, UNIQUE (role, stage)
  ) STRICT;
  CREATE TABLE IF NOT EXISTS choice (
    id INTEGER PRIMARY KEY,
    request INTEGER AS (id / ${SAMPLES}) VIRTUAL,
    sample INTEGER AS (id % ${SAMPLES}) VIRTUAL,
    text TEXT NOT NULL,
    finish_reason TEXT NOT NULL CHECK (finish_reason IN ('stop', 'length', 'filter')),
    tokens INTEGER NOT NULL,
    logprobs TEXT,            -- JSON
    asker INTEGER,
    at INTEGER NOT NULL       -- milliseconds since 1970, as everywhere
  ) STRICT;
  CREATE TABLE IF NOT EXISTS failure (
    id INTEGER PRIMARY KEY,
    request INTEGER NOT NULL,
    kind TEXT NOT NULL,
    message TEXT NOT NULL,
    raw TEXT,
    finish_reason TEXT,
    attempts TEXT NOT NULL,   -- JSON
    asker INTEGER,
    at INTEGER NOT NULL
  ) STRICT;
  CREATE TABLE IF NOT EXISTS usage (
    asker INTEGER NOT NULL,
    model TEXT NOT NULL,
    kind TEXT NOT NULL CHECK (kind IN ('paid', 'cached', 'failed')),
    requests INTEGER NOT NULL,
    samples INTEGER NOT NULL,
    prompt_tokens INTEGER NOT NULL,
    cached_prompt_tokens INTEGER NOT NULL,
    completion_tokens INTEGER NOT NULL,
    PRIMARY KEY (asker, model, kind)
  ) STRICT, WITHOUT ROWID;
  CREATE TABLE IF NOT EXISTS verdict (
    choice INTEGER NOT NULL REFERENCES choice (id),
    constraint_hash BLOB NOT NULL,
    verdict TEXT NOT NULL CHECK (verdict IN ('pass', 'fail', 'na')),
    source TEXT NOT NULL,
    PRIMARY KEY (choice, constraint_hash)
  ) STRICT, WITHOUT ROWID;
  CREATE TABLE IF NOT EXISTS item (
    stage TEXT NOT NULL,
    id TEXT NOT NULL,
    input BLOB,               -- hash; null where the stage does not say
    state TEXT NOT NULL CHECK (state IN ('done', 'failed')),
    output TEXT,              -- JSON
    cause TEXT,
    detail TEXT,              -- JSON: all that is known of a model's failure
    failures INTEGER NOT NULL DEFAULT 0,
    at INTEGER NOT NULL,
    PRIMARY KEY (stage, id)
  ) STRICT;
`;

/**
 * Makes the tables where there are none, and makes them of those of version 1.
 * @throws Error where the file holds something else
 */
export function prepareTables(db: Database.Database): void {
  const version = db.pragma("user_version", { simple: true });
  if (version === STORE_VERSION) return;
  const { n } = db.prepare<[], { n: number }>("SELECT count(*) AS n FROM sqlite_master").get()!;
  if (n > 0 && version !== 1) {
    const whose = typeof version === "number" && version > STORE_VERSION ? "a later version of rpo-kit" : "no version";
    throw new Error(
      `a store of version ${version}, which ${whose} writes; this program writes version ${STORE_VERSION}`,
    );
  }
  db.transaction(() => {
    if (n > 0) fromVersion1(db);
    else db.exec(TABLES);
    db.pragma(`user_version = ${STORE_VERSION}`);
  }).immediate();
}

/** Version 1 was the quickstart's: requests whole, hashes as text, times as text. */
function fromVersion1(db: Database.Database): void {
  const old = ["request", "choice", "verdict", "item"];
  for (const table of old) db.exec(`ALTER TABLE ${table} RENAME TO ${table}_1`);
  db.exec(TABLES);
  const parts = new RequestParts(db);
  const add = db.prepare("INSERT INTO request (hash, parts, seed) VALUES (unhex(?), ?, ?)");
  for (const row of db.prepare<[], { hash: string; content: string }>("SELECT hash, content FROM request_1").all()) {
    const { ids, seed } = parts.store(JSON.parse(row.content) as RequestContent);
    add.run(row.hash, ids, seed);
  }
  const milliseconds = "CAST(round(1000 * unixepoch(at, 'subsec')) AS INTEGER)";
  db.exec(`
    INSERT INTO choice (id, text, finish_reason, tokens, at)
      SELECT request.id * ${SAMPLES} + sample, text, finish_reason, tokens, ${milliseconds}
      FROM choice_1 JOIN request ON request.hash = unhex(choice_1.request);
    INSERT INTO verdict
      SELECT request.id * ${SAMPLES} + sample, unhex(constraint_hash), verdict, source
      FROM verdict_1 JOIN request ON request.hash = unhex(verdict_1.request);
    INSERT INTO item (stage, id, state, cause, at) SELECT stage, id, state, cause, ${milliseconds} FROM item_1;
  `);
  for (const table of old.reverse()) db.exec(`DROP TABLE ${table}_1`);
}

import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import Database from "better-sqlite3";
import { afterEach, beforeEach, describe, expect, it } from "vitest";
import { contentHash, type RequestContent, requestHash } from "./request-content.ts";
import { RunStore } from "./store.ts";

const now = (): Date => new Date("2026-01-02T03:04:05Z");
const content: RequestContent = {
  model: "sha",
  messages: [{ role: "user", content: "Hello" }],
  sampling: { temperature: 1, maxTokens: 9, seed: 4 },
};

let directory: string;
beforeEach(() => {
  directory = mkdtempSync(join(tmpdir(), "rpo-store-"));
});
afterEach(() => rmSync(directory, { recursive: true }));

describe("RunStore", () => {
  it("keeps samples over a reopening, and the first one of each index", () => {
    const store = new RunStore(directory, now);
    const request = store.request(content);
    store.saveChoice(request, { sample: 1, text: "b\u0000\ud83d", finishReason: "stop", tokens: 2 });
    store.saveChoice(request, { sample: 0, text: "a", finishReason: "length", tokens: 9 });
    store.saveChoice(request, { sample: 0, text: "changed", finishReason: "stop", tokens: 1 });
    store.close();
    const again = new RunStore(directory, now);
    expect(again.request(content)).toBe(request);
    expect(again.choices(request)).toEqual([
      { sample: 0, text: "a", finishReason: "length", tokens: 9 },
      { sample: 1, text: "b\u0000\ufffd", finishReason: "stop", tokens: 2 },
    ]);
    again.close();
  });

  it("is whole after a process that was killed while writing", () => {
    const store = new RunStore(directory, now);
    const request = store.request(content);
    store.saveChoice(request, { sample: 0, text: "a", finishReason: "stop", tokens: 1 });
    // Not closed: what a kill leaves. A second process reads it at once.
    const other = new RunStore(directory, now);
    expect(other.choices(request)).toHaveLength(1);
    other.close();
    store.close();
  });

  it("keeps verdicts and item states, the newest of each", () => {
    const store = new RunStore(directory, now);
    const request = store.request(content);
    store.saveChoice(request, { sample: 0, text: "a", finishReason: "stop", tokens: 1 });
    const constraint = contentHash("c");
    store.saveVerdicts(request, 0, [{ constraint, verdict: "pass", source: "code" }]);
    store.saveVerdicts(request, 0, [{ constraint, verdict: "fail", source: "judge" }]);
    expect(store.verdicts(request, 0)).toEqual([{ constraint, verdict: "fail", source: "judge" }]);
    store.mark("sample", "t1", "failed", "out of memory");
    expect(store.items("sample", "failed")).toEqual([{ id: "t1", cause: "out of memory" }]);
    store.mark("sample", "t1", "done");
    expect(store.items("sample", "failed")).toEqual([]);
    store.close();
  });

  it("refuses verdicts on a sample that is not there, all of them", () => {
    const store = new RunStore(directory, now);
    const verdicts = [{ constraint: contentHash("c"), verdict: "pass", source: "code" }] as const;
    expect(() => store.saveVerdicts("no such request", 0, verdicts)).toThrow(/no request no such request/);
    const request = store.request(content);
    expect(() => store.saveVerdicts(request, 0, verdicts)).toThrow(/FOREIGN KEY/);
    expect(store.verdicts(request, 0)).toEqual([]);
    store.close();
  });

  it("refuses a store of a later version and a file that is none, saying which", () => {
    const db = new Database(join(directory, "run.db"));
    db.exec("CREATE TABLE other (x)");
    db.pragma("user_version = 99");
    db.close();
    expect(() => new RunStore(directory, now)).toThrow(
      /run\.db cannot be used: a store of version 99, which a later version of rpo-kit writes/,
    );
    writeFileSync(join(directory, "run.db"), "not a database at all, but long enough to be taken for one".repeat(50));
    expect(() => new RunStore(directory, now)).toThrow(/run\.db cannot be used: file is not a database/);
  });

  it("says which file cannot be opened", () => {
    mkdirSync(join(directory, "run.db"));
    expect(() => new RunStore(directory, now)).toThrow(/run\.db cannot be used: unable to open database file/);
  });

  it("takes over the store of version 1, whole", () => {
    const request = requestHash(content);
    const constraint = contentHash("c");
    const db = new Database(join(directory, "run.db"));
    db.exec(VERSION_1);
    db.pragma("user_version = 1");
    db.prepare("INSERT INTO note VALUES ('training', 'x')").run();
    db.prepare("INSERT INTO request VALUES (?, ?)").run(request, JSON.stringify(content));
    const choice = db.prepare("INSERT INTO choice VALUES (?, ?, ?, 'stop', 2, '2026-01-02T03:04:05.678Z')");
    choice.run(request, 0, "a");
    choice.run(request, 4, "b\u0000");
    db.prepare("INSERT INTO verdict VALUES (?, 4, ?, 'fail', 'code')").run(request, constraint);
    db.prepare("INSERT INTO item VALUES ('sample', 't1', 'failed', 'no memory', '2026-01-02T03:04:05.678Z')").run();
    db.close();

    for (let opening = 0; opening < 2; opening += 1) {
      const store = new RunStore(directory, now);
      expect(store.note("training")).toBe("x");
      expect(store.choices(request)).toEqual([
        { sample: 0, text: "a", finishReason: "stop", tokens: 2 },
        { sample: 4, text: "b\u0000", finishReason: "stop", tokens: 2 },
      ]);
      expect(store.requests.content(request)).toEqual(content);
      expect(store.verdicts(request, 4)).toEqual([{ constraint, verdict: "fail", source: "code" }]);
      expect(store.items("sample", "failed")).toEqual([{ id: "t1", cause: "no memory" }]);
      store.close();
    }
    const after = new Database(join(directory, "run.db"), { readonly: true });
    expect(after.prepare("SELECT at FROM choice").pluck().all()).toEqual(
      Array(2).fill(Date.UTC(2026, 0, 2, 3, 4, 5, 678)),
    );
    expect(
      after.prepare("SELECT name FROM sqlite_master WHERE type = 'table' AND name LIKE '%\\_1' ESCAPE '\\'").all(),
    ).toEqual([]);
    expect(after.pragma("foreign_key_check")).toEqual([]);
    after.close();
  });
});

/** The tables as version 1 made them. */
const VERSION_1 = `
  CREATE TABLE note (key TEXT PRIMARY KEY, value TEXT NOT NULL) STRICT;
  CREATE TABLE request (hash TEXT PRIMARY KEY, content TEXT NOT NULL) STRICT;
  CREATE TABLE choice (
    request TEXT NOT NULL REFERENCES request (hash), sample INTEGER NOT NULL, text TEXT NOT NULL,
    finish_reason TEXT NOT NULL, tokens INTEGER NOT NULL, at TEXT NOT NULL, PRIMARY KEY (request, sample)
  ) STRICT;
  CREATE TABLE verdict (
    request TEXT NOT NULL, sample INTEGER NOT NULL, constraint_hash TEXT NOT NULL,
    verdict TEXT NOT NULL CHECK (verdict IN ('pass', 'fail', 'na')), source TEXT NOT NULL,
    PRIMARY KEY (request, sample, constraint_hash),
    FOREIGN KEY (request, sample) REFERENCES choice (request, sample)
  ) STRICT;
  CREATE TABLE item (
    stage TEXT NOT NULL, id TEXT NOT NULL, state TEXT NOT NULL CHECK (state IN ('done', 'failed')), cause TEXT,
    at TEXT NOT NULL, PRIMARY KEY (stage, id)
  ) STRICT;
`;

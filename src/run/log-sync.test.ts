import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { setTimeout as delay } from "node:timers/promises";
import Database from "better-sqlite3";
import { expect, it } from "vitest";
import { LogSync } from "./log-sync.ts";

it("brings many commits to the disk at once, later ones later, and not two at a time", async () => {
  let [running, most, rounds] = [0, 0, 0];
  const done = Promise.withResolvers<void>();
  const sync = new LogSync(
    "log",
    async (path) => {
      expect(path).toBe("log");
      running += 1;
      most = Math.max(most, running);
      rounds += 1;
      if (rounds === 1) for (let i = 0; i < 10; i += 1) sync.committed(); // while this one is on its way
      await delay(5);
      running -= 1;
      if (rounds === 2) done.resolve();
    },
    1,
  );
  for (let i = 0; i < 10; i += 1) sync.committed();
  expect(rounds).toBe(0);
  await done.promise;
  await delay(20);
  expect([rounds, most]).toEqual([2, 1]);
  sync.stop();
});

it("does nothing after its end, and leaves SQLite its locks", async () => {
  const directory = mkdtempSync(join(tmpdir(), "rpo-log-"));
  const path = join(directory, "a.db");
  const db = new Database(path);
  db.pragma("journal_mode = WAL");
  db.exec("CREATE TABLE t (x); BEGIN IMMEDIATE; INSERT INTO t VALUES (1)");
  const sync = new LogSync(`${path}-wal`, undefined, 1);
  sync.committed();
  await delay(30);
  const other = new Database(path, { timeout: 0 });
  expect(() => other.exec("INSERT INTO t VALUES (2)")).toThrow(/locked/);
  db.exec("COMMIT");
  other.exec("INSERT INTO t VALUES (2)");
  other.close();
  expect(db.prepare("SELECT count(*) FROM t").pluck().get()).toBe(2);
  sync.stop();
  sync.committed();
  db.close();
  await delay(5);
  rmSync(directory, { recursive: true });
});

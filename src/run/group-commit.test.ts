import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import Database from "better-sqlite3";
import { afterEach, beforeEach, describe, expect, it } from "vitest";
import { DiskFull } from "./disk-full.ts";
import { GroupCommit } from "./group-commit.ts";

let directory: string;
let db: Database.Database;
beforeEach(() => {
  directory = mkdtempSync(join(tmpdir(), "rpo-group-"));
  db = new Database(join(directory, "a.db"));
  db.pragma("journal_mode = WAL");
  db.exec("CREATE TABLE t (x TEXT PRIMARY KEY) STRICT");
});
afterEach(() => {
  db.close();
  rmSync(directory, { recursive: true });
});

const put = (text: string) => () => {
  db.prepare("INSERT INTO t VALUES (?)").run(text);
};
/** What another process sees: nothing but what is committed. */
function seen(): unknown[] {
  const other = new Database(join(directory, "a.db"), { readonly: true });
  const rows = other.prepare("SELECT x FROM t ORDER BY x").pluck().all();
  other.close();
  return rows;
}
/** Of a page each. */
const large = (name: string): string => name.repeat(4000);
/** No page more than there are. */
const fill = (): void => {
  db.pragma(`max_page_count = ${db.pragma("page_count", { simple: true })}`);
};

describe("GroupCommit", () => {
  it("says that a write is done when every process can see it, and writes a turn's together", async () => {
    const writes = new GroupCommit(db);
    const first = writes.add(put("a"));
    const second = writes.add(put("b"));
    expect(seen()).toEqual([]);
    await first;
    expect(seen()).toEqual(["a", "b"]);
    await second;
  });

  it("writes what waits when it is told to, before a close", async () => {
    const writes = new GroupCommit(db);
    const done = writes.add(put("a"));
    writes.flush();
    expect(seen()).toEqual(["a"]);
    await done;
    writes.flush();
  });

  it("refuses a wrong write and does those beside it", async () => {
    const writes = new GroupCommit(db);
    const ends = await Promise.allSettled(["a", "a", "b"].map((text) => writes.add(put(text))));
    expect(ends.map(({ status }) => status)).toEqual(["fulfilled", "rejected", "fulfilled"]);
    expect((ends[1] as PromiseRejectedResult).reason).toMatchObject({ code: "SQLITE_CONSTRAINT_PRIMARYKEY" });
    expect(seen()).toEqual(["a", "b"]);
  });

  it("refuses a whole group on a full disk, says so, keeps what was there, and goes on when there is space", async () => {
    const writes = new GroupCommit(db);
    let rollbacks = 0;
    writes.onRollback(() => {
      rollbacks += 1;
    });
    await writes.add(put("a"));
    writes.refuseWhenFull();
    fill();
    const ends = await Promise.allSettled(["b", large("c"), large("d"), "e"].map((text) => writes.add(put(text))));
    for (const end of ends) expect((end as PromiseRejectedResult).reason).toBeInstanceOf(DiskFull);
    expect(seen()).toEqual(["a"]);
    expect(rollbacks).toBe(1);
    expect(() => writes.refuseWhenFull()).toThrow(/a\.db: no space left on the disk/);
    db.pragma("max_page_count = 1000");
    await writes.add(put("f"));
    expect(seen()).toEqual(["a", "f"]);
  });

  it("finds room in a reserve for what is under way, and still lets nothing new begin", async () => {
    const writes = new GroupCommit(db, () => {
      db.pragma("max_page_count = 1000");
      return true;
    });
    fill();
    await Promise.all(["b", large("c"), large("d")].map((text) => writes.add(put(text))));
    expect(seen()).toHaveLength(3);
    expect(() => writes.refuseWhenFull()).toThrow(DiskFull);
  });
});

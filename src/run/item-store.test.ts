import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterEach, beforeEach, describe, expect, it } from "vitest";
import { contentHash } from "./request-content.ts";
import { RunStore } from "./store.ts";

let directory: string;
let store: RunStore;
beforeEach(() => {
  directory = mkdtempSync(join(tmpdir(), "rpo-items-"));
  store = new RunStore(directory, () => new Date(0));
});
afterEach(() => {
  store.close();
  rmSync(directory, { recursive: true });
});
const [a, b] = [contentHash("a"), contentHash("b")];

describe("ItemStore", () => {
  it("keeps the newest state of an item, and counts its failures on the same input", async () => {
    const items = store.stageItems;
    expect(items.find("judge", "1")).toBeNull();
    await items.saveFailed("judge", "1", a, { cause: "no answer", detail: '{"kind":"timeout"}' });
    await items.saveFailed("judge", "1", a, { cause: "no answer again", detail: null });
    expect(items.find("judge", "1")).toEqual({ input: a, state: "failed", output: null, failures: 2 });
    expect([...items.failed("judge")]).toEqual([{ id: "1", cause: "no answer again", detail: null, failures: 2 }]);
    await items.saveFailed("judge", "1", a, { cause: "nobody there", detail: null, outage: true });
    expect(items.find("judge", "1")?.failures).toBe(2); // the item is not to blame
    await items.saveFailed("judge", "1", b, { cause: "nobody there", detail: null, outage: true });
    expect(items.find("judge", "1")?.failures).toBe(0);
    await items.saveFailed("judge", "1", b, { cause: "other input", detail: null });
    expect(items.find("judge", "1")?.failures).toBe(1);
    await items.saveDone("judge", "1", b, '{"x":1}');
    expect(items.find("judge", "1")).toEqual({ input: b, state: "done", output: '{"x":1}', failures: 0 });
    expect([...items.failed("judge")]).toEqual([]);
    expect(items.find("other", "1")).toBeNull();
  });

  it("gives any number of failed items while others are written", async () => {
    const ids = Array.from({ length: 1201 }, (_, i) => String(i).padStart(5, "0"));
    await Promise.all(ids.map((id) => store.stageItems.saveFailed("s", id, a, { cause: id, detail: null })));
    await store.stageItems.saveDone("s", "done", a, "1");
    const seen: string[] = [];
    for (const { id } of store.stageItems.failed("s")) {
      seen.push(id);
      store.setNote("at", id);
    }
    expect(seen).toEqual(ids);
    expect(store.stageItems.counts("s")).toEqual({ done: 1, failed: 1201 });
    expect(store.stageItems.counts("none")).toEqual({ done: 0, failed: 0 });
  });
});

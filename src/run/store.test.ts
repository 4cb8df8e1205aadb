import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import Database from "better-sqlite3";
import { afterEach, beforeEach, describe, expect, it } from "vitest";
import { type RequestContent, RunStore, requestHash } from "./store.ts";

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

describe("requestHash", () => {
  it("is of the content, not of the order of its parameters", () => {
    expect(requestHash({ ...content, sampling: { seed: 4, maxTokens: 9, temperature: 1 } })).toBe(requestHash(content));
  });

  it.each([
    { ...content, model: "other" },
    { ...content, messages: [{ role: "user" as const, content: "Hello " }] },
    { ...content, messages: [{ role: "system" as const, content: "Hello" }] },
    { ...content, sampling: { ...content.sampling, seed: 5 } },
  ])("changes with whatever changes the answer", (other) => {
    expect(requestHash(other)).not.toBe(requestHash(content));
  });
});

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
    store.saveVerdicts(request, 0, [{ constraint: "c", verdict: "pass", source: "code" }]);
    store.saveVerdicts(request, 0, [{ constraint: "c", verdict: "fail", source: "judge" }]);
    expect(store.verdicts(request, 0)).toEqual([{ constraint: "c", verdict: "fail", source: "judge" }]);
    store.mark("sample", "t1", "failed", "out of memory");
    expect(store.items("sample", "failed")).toEqual([{ id: "t1", cause: "out of memory" }]);
    store.mark("sample", "t1", "done");
    expect(store.items("sample", "failed")).toEqual([]);
    store.close();
  });

  it("refuses verdicts on a sample that is not there, all of them", () => {
    const store = new RunStore(directory, now);
    expect(() =>
      store.saveVerdicts("no such request", 0, [{ constraint: "c", verdict: "pass", source: "code" }]),
    ).toThrow(/FOREIGN KEY/);
    store.close();
  });

  it("refuses a store of another version and a file that is none, saying which", () => {
    const db = new Database(join(directory, "run.db"));
    db.exec("CREATE TABLE other (x)");
    db.pragma("user_version = 99");
    db.close();
    expect(() => new RunStore(directory, now)).toThrow(/run\.db cannot be used: a store of version 99/);
    writeFileSync(join(directory, "run.db"), "not a database at all, but long enough to be taken for one".repeat(50));
    expect(() => new RunStore(directory, now)).toThrow(/run\.db cannot be used: file is not a database/);
  });
});

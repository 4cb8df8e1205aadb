import { mkdtempSync, rmSync, statSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import Database from "better-sqlite3";
import { afterEach, beforeEach, describe, expect, it } from "vitest";
import { type RequestContent, requestHash } from "./request-content.ts";
import type { StoredFailure } from "./request-store.ts";
import { RunStore } from "./store.ts";
import { NO_SPENDING, type Usage } from "./usage.ts";

const now = (): Date => new Date("2026-01-02T03:04:05.678Z");
const judge = { role: "judge", stage: "verdicts" };
const contentOf = (query: string, seed = 4): RequestContent => ({
  model: "sha",
  messages: [
    { role: "system", content: "A pilot. ".repeat(500) },
    { role: "user", content: query },
  ],
  sampling: { temperature: 1, maxTokens: 9, seed, schema: { name: "x", schema: { type: "object" } } },
});
const content = contentOf("Hello");
const hash = requestHash(content);
const choice = (sample: number) => ({ sample, text: `text ${sample}`, finishReason: "stop", tokens: 2 });

let directory: string;
let store: RunStore;
beforeEach(() => {
  directory = mkdtempSync(join(tmpdir(), "rpo-requests-"));
  store = new RunStore(directory, now);
});
afterEach(() => {
  store.close();
  rmSync(directory, { recursive: true });
});
const reopen = (): void => {
  store.close();
  store = new RunStore(directory, now);
};

describe("samples", () => {
  it("are kept by index, the first of each, with their request as it was made", async () => {
    const logprobs = [{ token: "a", logprob: -0.5, top: [{ token: "a", logprob: -0.5 }] }];
    await Promise.all([
      store.requests.saveChoice(hash, content, { ...choice(4095), logprobs }, judge),
      store.requests.saveChoice(hash, content, choice(0), judge),
      store.requests.saveChoice(hash, content, { ...choice(0), text: "later" }, judge),
      store.requests.savePromptTokens(hash, 17),
    ]);
    reopen();
    expect(store.requests.answers(hash)).toEqual({
      choices: [choice(0), { ...choice(4095), logprobs }],
      promptTokens: 17,
    });
    expect(store.requests.content(hash)).toEqual(content);
    expect(requestHash(store.requests.content(hash)!)).toBe(hash);
  });

  it("of one request are none of the next one's", async () => {
    const next = contentOf("Hello!");
    await store.requests.saveChoice(hash, content, choice(4095), judge);
    await store.requests.saveChoice(requestHash(next), next, choice(0), judge);
    expect(store.requests.answers(hash).choices).toEqual([choice(4095)]);
    expect(store.requests.answers(requestHash(next)).choices).toEqual([choice(0)]);
    expect(store.requests.answers(requestHash(contentOf("No")))).toEqual({ choices: [], promptTokens: null });
    expect(store.requests.content(requestHash(contentOf("No")))).toBeNull();
  });

  it("say who asked and when", async () => {
    await store.requests.saveChoice(hash, content, choice(1), judge);
    store.close();
    const db = new Database(join(directory, "run.db"), { readonly: true });
    const rows = db.prepare("SELECT request, sample, role, stage, at FROM choice JOIN asker ON asker.id = asker").all();
    expect(rows).toEqual([{ request: 1, sample: 1, ...judge, at: now().getTime() }]);
    db.close();
  });

  it("share what their requests have in common on the disk", async () => {
    const many = Array.from({ length: 500 }, (_, i) => contentOf(`Query ${i}`, i));
    await Promise.all(many.map((one) => store.requests.saveChoice(requestHash(one), one, choice(0), judge)));
    store.close();
    // 4,500 characters of system prompt in each.
    expect(statSync(join(directory, "run.db")).size / many.length).toBeLessThan(500);
  });
});

describe("failures", () => {
  it("are rows of their own, which a later success leaves", async () => {
    const failure: StoredFailure = {
      kind: "timeout",
      message: "no answer in 60 s",
      raw: null,
      finishReason: null,
      attempts: [{ kind: "timeout", message: "no answer in 60 s", status: null, milliseconds: 60_000 }],
    };
    const other: StoredFailure = { ...failure, kind: "answer", raw: "{", finishReason: "length", attempts: [] };
    await store.requests.saveFailure(hash, content, failure, judge);
    await store.requests.saveFailure(hash, content, other, judge);
    await store.requests.saveChoice(hash, content, choice(0), judge);
    reopen();
    expect([...store.requests.failures()]).toEqual([
      { id: 1, request: hash, ...judge, at: now(), ...failure },
      { id: 2, request: hash, ...judge, at: now(), ...other },
    ]);
    expect(store.requests.answers(hash).choices).toHaveLength(1);
  });
});

describe("usage", () => {
  const usage: Usage = { ...judge, model: "m", kind: "paid", ...NO_SPENDING, requests: 1, promptTokens: 10 };

  it("adds up by role, stage, model and kind, over reopenings", async () => {
    const others: Usage[] = [
      { ...usage, role: "user" },
      { ...usage, stage: "other" },
      { ...usage, model: "n" },
      { ...usage, kind: "cached" },
    ];
    await Promise.all([usage, usage, ...others].map((one) => store.requests.addUsage(one)));
    void store.requests.addUsage({ ...usage, completionTokens: 5, cachedPromptTokens: 3, samples: 2 });
    const twice = { ...usage, requests: 3, promptTokens: 30, completionTokens: 5, cachedPromptTokens: 3, samples: 2 };
    expect(store.requests.usage()).toContainEqual(twice);
    reopen();
    expect(store.requests.usage()).toHaveLength(5);
    expect(store.requests.usage()).toEqual(expect.arrayContaining([twice, ...others]));
  });
});

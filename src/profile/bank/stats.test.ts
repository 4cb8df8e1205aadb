import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterEach, beforeEach, describe, expect, it } from "vitest";
import { type BadRow, refuseBadRow } from "../../dataset/input-error.ts";
import { jsonLine } from "../../dataset/jsonl.ts";
import type { Profile } from "../profile.ts";
import { sysbankRecord } from "../sysbank-record.ts";
import { readBankRows } from "./bank-row.ts";
import { collected } from "./collected.ts";
import type { GeneratedProfile } from "./generate.ts";
import { type Inspiration, readInspirations, SAMPLE_INSPIRATIONS } from "./inspiration.ts";
import { BankCount, spread } from "./stats.ts";
import { statsText } from "./stats-text.ts";

let folder: string;
beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), "rpo-stats-"));
});
afterEach(() => rmSync(folder, { recursive: true }));

function file(rows: readonly unknown[]): string {
  writeFileSync(join(folder, "bank.jsonl"), rows.map(jsonLine).join(""));
  return join(folder, "bank.jsonl");
}

const inspiration: Inspiration = {
  id: "a_1",
  source: "a",
  name: "Tea",
  description: "About tea",
  corpus: "Tea",
  language: "en",
  category: "__proto__",
  constraints: ["Use at most 50 words.", "Use at most 50 words.", "Be kind to everybody.", "Refuse harmful requests."],
  systemPrompt: "You know tea. 🍵",
  meta: {},
};
const profile: Profile = {
  id: "p-1",
  language: "zh",
  split: "train",
  name: "茶师",
  persona: "懂茶的人",
  skills: ["泡茶"],
  constraints: [{ id: "c1", text: "当用户的消息包含“茶”时，回复不超过50字。" }],
  queries: [],
};
const generated: GeneratedProfile = {
  profile,
  inspiration: { id: "a_1", source: "a" },
  model: "m",
  prompts: {},
  checked: 1,
  takenOver: 0,
  refused: [],
};

describe("readBankRows and BankCount", () => {
  it("count inspirations, profiles, generated ones and SysBank's records alike", async () => {
    const record = sysbankRecord(profile, { inspiration, model: "m", time: new Date(0) });
    const count = new BankCount();
    for await (const row of readBankRows([file([inspiration, profile, generated, record])])) count.add(row);
    const stats = count.stats();
    expect(stats).toMatchObject({
      records: 4,
      kinds: { profile: 3, inspiration: 1 },
      sources: { a: 3, "": 1 },
      languages: { zh: 3, en: 1 },
    });
    expect(Object.entries(stats.categories)).toEqual([
      ["", 3],
      ["__proto__", 1],
    ]);
    expect(stats.characters?.least).toBe(15);
    expect(stats.constraints).toMatchObject({
      total: 7,
      distinct: 4,
      records: 4,
      code: 5,
      part: 0,
      judge: 2,
      protected: 1,
      triggered: 3,
      measures: { words: 2 },
    });
    expect(stats.constraints.perRecord).toMatchObject({ least: 1, p50: 1, most: 4 });
    const text = statsText(stats);
    expect(text).toContain("3 profiles, 1 inspiration");
    expect(text).toMatch(/by code +5 +71\.4 %/);
  });

  it("hand over rows of no known form", async () => {
    const bad: BadRow[] = [];
    const rows = [
      { text: "x" },
      { ...inspiration, language: 1 },
      { ...generated, profile: { ...profile, constraints: [] } },
      7,
    ];
    expect(await collected(readBankRows([file(rows)], (row) => bad.push(row)))).toEqual([]);
    expect(bad.map(({ line, field }) => [line, field])).toEqual([
      [1, "row"],
      [2, "language"],
      [3, "profile.constraints"],
      [4, "row"],
    ]);
  });

  it("say so of an empty bank", () => {
    expect(statsText(new BankCount().stats())).toBe("no records\n");
  });

  it("show no control characters out of data", () => {
    const count = new BankCount();
    count.add({ kind: "inspiration", source: "\u001b[2J", language: "en", category: "", text: "", constraints: [] });
    expect(statsText(count.stats())).not.toContain("\u001b");
  });
});

describe("spread", () => {
  it("gives values that are there", () => {
    expect(spread([3, 1, 2, 4])).toEqual({ least: 1, p5: 2, p25: 2, p50: 3, p75: 4, p95: 4, p99: 4, most: 4 });
    expect(spread([])).toBeNull();
  });
});

it("the project's own inspirations are 12 in English and 12 in Chinese, with and without rules", async () => {
  const all = (await collected(readInspirations([SAMPLE_INSPIRATIONS], refuseBadRow))).map((row) => row.inspiration);
  for (const language of ["en", "zh"]) {
    const ours = all.filter((one) => one.language === language);
    expect(ours.length).toBe(12);
    expect(ours.some(({ constraints }) => constraints.length === 0)).toBe(true);
    expect(ours.filter(({ constraints }) => constraints.length >= 3).length).toBeGreaterThanOrEqual(8);
  }
});

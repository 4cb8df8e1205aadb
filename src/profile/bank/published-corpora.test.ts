// The imports and filters on the published corpora, held against the counts of spec/corpora.md. The data is not copied into the
// project; where it is absent these tests say so, and imports.test.ts and filter.test.ts run on small files like it.
import { hash } from "node:crypto";
import { existsSync } from "node:fs";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { beforeAll, describe, expect, it } from "vitest";
import { refuseBadRow } from "../../dataset/input-error.ts";
import { collected } from "./collected.ts";
import { type FilterSettings, inspirationFilter, NAMED_FILTERS } from "./filter.ts";
import { emptyTally, tally } from "./filter-tally.ts";
import { importBlackFriday } from "./import-blackfriday.ts";
import { importFabric } from "./import-fabric.ts";
import { importGptStore } from "./import-gptstore.ts";
import { importIfeval } from "./import-ifeval.ts";
import { importLobe } from "./import-lobe.ts";
import type { Inspiration } from "./inspiration.ts";
import { inspirationRecord, listedRecordText, recordText } from "./inspiration-record.ts";

const shared = process.env.RPO_SHARED ?? fileURLToPath(new URL("../../../../shared", import.meta.url));
const corpus = (name: string): string => join(shared, "data/corpora", name);
const there = existsSync(corpus("blackfriday-gpts-prompts.tar.gz"));
if (!there) console.warn(`no corpora in ${corpus("")}: imports and filters are checked on small files only`);

/** SHA-256 of the four fields that the published example of SysBank's record has of frgpts_39's inspiring text, as JSON, indent 4. */
const PUBLISHED_FRGPTS_39 = "216761f7c47e862715ae0b2adc9ddb5bb773d25837af7ac935cc94d6d12edddc";

/** The whole of a corpus takes seconds to read on a busy machine. */
const PATIENCE_MS = 120_000;

describe.skipIf(!there)("BlackFriday-GPTs-Prompts", () => {
  let all: Inspiration[];
  beforeAll(async () => {
    all = await collected(importBlackFriday(corpus("blackfriday-gpts-prompts.tar.gz"), refuseBadRow));
  }, PATIENCE_MS);

  it("has 8,700 prompts with the lengths of spec/corpora.md", () => {
    expect(all.length).toBe(8700);
    const lengths = all.map(({ systemPrompt = "" }) => [...systemPrompt].length).sort((a, b) => a - b);
    const at = (percent: number) => lengths[Math.ceil((percent / 100) * (lengths.length - 1))];
    expect([5, 25, 50, 75, 95, 99, 100].map(at)).toEqual([56, 369, 1108, 2698, 7089, 12_874, 260_235]);
    expect(all.filter(({ systemPrompt = "" }) => systemPrompt.trim() === "").length).toBe(16);
    expect(all.filter(({ name }) => name.trim() === "").length).toBe(1);
  });

  it("takes categories from the index files: 510 prompts stand in none", () => {
    expect(all.filter(({ category }) => category === undefined).length).toBe(510);
    expect(new Set(all.map(({ category }) => category)).size).toBe(13); // 12 and none
  });

  it("meets the filters as spec/corpora.md says, but for what is named here", { timeout: PATIENCE_MS }, () => {
    // There: 391 (strict) to 877 (loose) about media, 531 NSFW or jailbreak. Ours reads the opening of the prompt for
    // jailbreaks that the name does not tell, of which the index lists 198.
    expect(filtered(all, { drop: ["media"] })).toEqual({ kept: 8151, media: 549 });
    expect(filtered(all, { drop: ["nsfw"] })).toEqual({ kept: 7909, nsfw: 791 });
    // There: 415 exact duplicates; ours compares after case, spaces and compatibility forms.
    expect(filtered(all, { drop: ["duplicate"] })).toEqual({ kept: 8302, duplicate: 398 });
    // There: 7,063 of 50 to 8,000 characters, not media, not NSFW; 6,607 without those that begin alike. The difference is
    // that of NSFW and media; near duplicates here are those with 80 % of their four-word phrases in common.
    expect(filtered(all, { drop: NAMED_FILTERS, minChars: 50, maxChars: 8000 })).toEqual({
      kept: 6391,
      length: 743,
      media: 504,
      nsfw: 578,
      duplicate: 230,
      "near-duplicate": 254,
    });
    // There: 8,489 English, 78 Chinese.
    const inLanguage = (code: string) => all.filter(({ language }) => language === code).length;
    expect([inLanguage("en"), inLanguage("zh")]).toEqual([8547, 92]);
  });

  it("gives SysBank's published record of frgpts_39, and all records in 58,837,032 bytes", () => {
    const astrologer = all[39] as Inspiration;
    expect(astrologer).toMatchObject({ id: "frgpts_39", name: " Astrology expert ", meta: { file: "gpts/222-2.md" } });
    expect(hash("sha256", recordText(inspirationRecord(astrologer)))).toBe(PUBLISHED_FRGPTS_39);
    // One list of four fields each, as spec/corpora.md counted: brackets and their newlines, records, commas and newlines between.
    const records = all.reduce((sum, one) => sum + Buffer.byteLength(listedRecordText(inspirationRecord(one))), 0);
    expect("[\n".length + records + ",\n".length * (all.length - 1) + "\n]".length).toBe(58_837_032);
  });
});

/** How many each filter drops, and how many are kept. */
function filtered(all: readonly Inspiration[], settings: Partial<FilterSettings>): Record<string, number> {
  const counts = emptyTally();
  const filter = inspirationFilter({
    drop: [],
    minChars: 0,
    maxChars: Number.MAX_SAFE_INTEGER,
    unknown: "keep",
    ...settings,
  });
  for (const inspiration of all) tally(counts, filter(inspiration));
  return { kept: counts.kept, ...counts.dropped };
}

describe.skipIf(!there)("the list of GPTs", () => {
  it("joins the counts of chats and loses what the filters drop", { timeout: PATIENCE_MS }, async () => {
    const list = importGptStore([corpus("gpt-list-2023-12-05.csv.gz")], corpus("gpt-stats-gpts.csv"), refuseBadRow);
    const all = await collected(list);
    expect(all.length).toBe(30_397);
    // Of the 1,503 ids that join (spec/corpora.md), 16 have no count of chats.
    const chats = all.flatMap(({ usage }) => usage?.chats ?? []).sort((a, b) => a - b);
    expect(chats.length).toBe(1487);
    expect([chats[Math.floor(chats.length / 4)], chats[Math.floor(chats.length / 2)]]).toEqual([162, 431]); // 103 and 315 of all in gpt-stats
    expect(all.filter(({ description }) => /Sign up Sign up|Requires ChatGPT Plus/.test(description)).length).toBe(0);
    expect(filtered(all, { usageMin: 100 })).toEqual({ kept: 30_146, usage: 251 });
    expect(filtered(all, { usageMin: 100, unknown: "drop" })).toEqual({ kept: 1236, usage: 29_161 });
    // spec/corpora.md: 3,879 media, 538 short, 279 duplicates, 25,752 left. Its words for media are wider (ours must be in the
    // name or the first 200 characters and not forbidden); it counted lengths before all boilerplate was off.
    expect(filtered(all, { drop: NAMED_FILTERS, minChars: 20 })).toEqual({
      kept: 27_163,
      length: 865,
      media: 1861,
      nsfw: 55,
      duplicate: 387,
      "near-duplicate": 66,
    });
  });
});

describe.skipIf(!there)("other published corpora", () => {
  it("import whole, with the rules that they state", { timeout: PATIENCE_MS }, async () => {
    const lobe = await collected(importLobe(corpus("lobe-chat-agents.tar.gz"), refuseBadRow));
    const fabric = await collected(importFabric(corpus("fabric-patterns.tar.gz"), refuseBadRow));
    const ifeval = await collected(importIfeval([join(shared, "data/ifeval/system-position.jsonl")], refuseBadRow));
    expect([lobe.length, fabric.length, ifeval.length]).toEqual([505, 225, 541]);
    const ruled = (all: readonly Inspiration[]) => all.filter(({ constraints }) => constraints.length > 0).length;
    expect(ruled(lobe)).toBeGreaterThanOrEqual(68);
    expect(new Set(fabric.flatMap(({ constraints }) => constraints)).size).toBeGreaterThanOrEqual(465);
    expect(ruled(ifeval)).toBe(541);
  });
});

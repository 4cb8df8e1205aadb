// The imports and filters on the published corpora, held against the counts of spec/corpora.md. The data is not copied into the
// project; where it is absent these tests say so, and imports.test.ts and filter.test.ts run on small files like it.
import { existsSync } from "node:fs";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { beforeAll, describe, expect, it } from "vitest";
import { refuseBadRow } from "../../dataset/input-error.ts";
import { collected } from "./collected.ts";
import { importBlackFriday } from "./import-blackfriday.ts";
import { importFabric } from "./import-fabric.ts";
import { importIfeval } from "./import-ifeval.ts";
import { importLobe } from "./import-lobe.ts";
import type { Inspiration } from "./inspiration.ts";
import { inspirationRecord, recordText } from "./inspiration-record.ts";

const shared = process.env.RPO_SHARED ?? fileURLToPath(new URL("../../../../shared", import.meta.url));
const corpus = (name: string): string => join(shared, "data/corpora", name);
const there = existsSync(corpus("blackfriday-gpts-prompts.tar.gz"));
if (!there) console.warn(`no corpora in ${corpus("")}: imports and filters are checked on small files only`);

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

  it("gives SysBank's published record of frgpts_39, and all records in the bytes they came to", () => {
    // Its text as the published example has it, put together by hand.
    const parts = [
      "Interpret and analyze from the perspective of the constellation, and give a horoscope analysis",
      "# Prompt",
      "You are currently an astrologer and a constellation expert expert. I will provide {{My Constellation}} and {My Question}}, please interpret and analyze from the perspective of the constellation, and provide a fortune analysis.  \n",
      "## Welcome Message\nHello, I am an astrologer and expert in zodiac signs. Please enter your zodiac sign and your question below. I will interpret and analyze it from the perspective of the zodiac sign, and provide a fortune analysis",
    ];
    const description = `# Description\n\n${parts[0]}\n\n${parts[1]}\n\n${parts[2]}\n${parts[3]}\n\n`;
    const astrologer = all[39] as Inspiration;
    expect(astrologer.meta.file).toBe("gpts/222-2.md");
    expect(inspirationRecord(astrologer)).toEqual({
      inspired_corpus: `Name:  Astrology expert \nDescription: ${description}`,
      source: "frgpts",
      name: " Astrology expert ",
      desription: description,
      gptId: "frgpts_39",
    });
    // spec/corpora.md has 58,837,032 for records whose fields and layout it does not state; these have five fields, a file each.
    const bytes = all.reduce((sum, one) => sum + Buffer.byteLength(recordText(inspirationRecord(one))), 0);
    expect(bytes).toBe(58_779_032);
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

import { mkdtemp, readdir, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterEach, beforeEach, describe, expect, it } from "vitest";
import type { RowSource } from "./row-source.ts";
import { tinyEngine, tinyRows } from "./tiny-engine.ts";
import type { TokenRow } from "./token-row.ts";
import { mismatchedRows, trainingRows } from "./training-rows.ts";

const source = (rows: readonly TokenRow[]): RowSource => ({
  length: rows.length,
  sha256: `data of ${rows.length}`,
  get: async (index) => rows[index] as TokenRow,
});

const size = (row: TokenRow): number => row.completions.reduce((sum, part) => sum + part.length, row.prompt.length);

let folder: string;
beforeEach(async () => {
  folder = await mkdtemp(join(tmpdir(), "rpo-training-rows-"));
});
afterEach(() => rm(folder, { recursive: true, force: true }));

describe("trainingRows", () => {
  const options = (rows: RowSource, onProgress?: (done: number, of: number) => void) => ({
    engine: tinyEngine(1),
    rows,
    folder,
    modelIdentity: "model",
    tokenisation: "",
    ...(onProgress && { onProgress }),
  });

  it("computes nothing for SFT, one table for pairs, two for KTO", async () => {
    const sft = await trainingRows("sft", options(source(tinyRows("unpaired", 5, 1))));
    expect([sft.reference, sft.mismatched, await readdir(folder)]).toEqual([null, null, []]);
    const rpo = await trainingRows("rpo", options(source(tinyRows("pairs", 4, 1))));
    expect(rpo.reference?.length).toBe(4);
    expect(rpo.mismatched).toBeNull();
    const progress: string[] = [];
    const kto = await trainingRows(
      "kto",
      options(source(tinyRows("unpaired", 5, 1)), (done, of) => void progress.push(`${done}/${of}`)),
    );
    expect(progress.at(0)).toBe("0/10");
    expect(progress.at(-1)).toBe("10/10");
    const other = (await kto.mismatched?.rows.get(1)) as TokenRow;
    expect(kto.mismatched?.reference.of(1)).toEqual(await tinyEngine(1).logprobs(other, null));
    expect(kto.mismatched?.reference.of(1)).not.toEqual(kto.reference?.of(1));
  });
});

describe("mismatchedRows", () => {
  it("gives each prompt another row's completion, half a data set away, each completion once", async () => {
    const rows = tinyRows("unpaired", 7, 3);
    const others = mismatchedRows(source(rows));
    expect(others.length).toBe(7);
    expect(others.sha256).not.toBe(source(rows).sha256);
    const used = new Set<Int32Array>();
    for (let index = 0; index < 7; index += 1) {
      const row = await others.get(index);
      expect(row.completions).toBe(rows[(index + 3) % 7]?.completions);
      expect(rows[index]?.prompt.join().endsWith(row.prompt.join())).toBe(true);
      used.add(row.completions[0] as Int32Array);
    }
    expect(used.size).toBe(7);
  });

  it("is never longer than the longer of its two rows, and keeps the prompt's end", async () => {
    const row = (prompt: number, completion: number): TokenRow => ({
      id: `${prompt}+${completion}`,
      prompt: Int32Array.from({ length: prompt }, (_, i) => i),
      completions: [new Int32Array(completion)],
      margin: 0,
      desirable: true,
    });
    const rows = [row(10, 2), row(1, 9)];
    const [first, second] = await Promise.all([0, 1].map((index) => mismatchedRows(source(rows)).get(index)));
    expect(size(first as TokenRow)).toBe(12);
    expect([...(first as TokenRow).prompt]).toEqual([7, 8, 9]);
    expect(size(second as TokenRow)).toBe(3);
  });

  it("needs two rows", () => {
    expect(() => mismatchedRows(source(tinyRows("unpaired", 1, 1)))).toThrow(/at least 2 rows, not 1/);
  });
});

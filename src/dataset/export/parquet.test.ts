import { mkdtemp, readFile, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { parquetMetadata, parquetReadObjects } from "hyparquet";
import { afterEach, beforeEach, describe, expect, it } from "vitest";
import type { PreferenceRow } from "../../preference/training-row.ts";
import { stageParquet } from "./parquet.ts";
import { trlRow } from "./trl.ts";

let dir = "";
beforeEach(async () => {
  dir = await mkdtemp(join(tmpdir(), "rpo-parquet-"));
});
afterEach(() => rm(dir, { recursive: true, force: true }));

const pair = (index: number, chosen: string): PreferenceRow => ({
  kind: "preference",
  prompt: [{ role: "user", content: `问题 ${index}` }],
  chosen,
  rejected: "",
  margin: index % 7,
  provenance: {
    method: "rpo",
    turn: `t${index}`,
    profile: "p",
    chosen: { response: "r1", merged: ["r1", "r2"] },
    rejected: { response: "r3", merged: [] },
    reversed: index % 2 === 0 ? [] : ["c1"],
    differ: ["c1"],
    verdictSource: "code",
  },
});

async function written(rows: readonly PreferenceRow[]): Promise<ArrayBuffer> {
  const path = join(dir, "x.parquet");
  const file = await stageParquet(path);
  for (const row of rows) file.write(row);
  await file.close();
  await file.commit();
  return new Uint8Array(await readFile(path)).buffer;
}

describe("stageParquet", () => {
  it("closes a row group every 4,000 rows, so that memory is bounded, and gives back every row in order", async () => {
    const rows = Array.from({ length: 10_000 }, (_, index) => pair(index, `答 ${index}`));
    const file = await written(rows);
    expect(parquetMetadata(file).row_groups.map(({ num_rows }) => Number(num_rows))).toEqual([4_000, 4_000, 2_000]);
    expect(await parquetReadObjects({ file })).toEqual(rows.map(trlRow));
  });

  it("closes a row group early when its texts are long", async () => {
    const long = "x".repeat(3 << 18);
    const rows = [0, 1, 2, 3].map((index) => pair(index, `${index}${long}`));
    const file = await written(rows);
    expect(parquetMetadata(file).row_groups.map(({ num_rows }) => Number(num_rows))).toEqual([3, 1]);
    expect(await parquetReadObjects({ file })).toEqual(rows.map(trlRow));
  });

  it("makes no file without rows, and discards what it staged", async () => {
    const empty = await stageParquet(join(dir, "empty.parquet"));
    await empty.close();
    await empty.discard();
    await expect(readFile(join(dir, "empty.parquet"))).rejects.toThrow(/ENOENT/);
    const file = await stageParquet(join(dir, "x.parquet"));
    file.write(pair(0, "x"));
    await file.close();
    await file.discard();
    await expect(readFile(join(dir, "x.parquet.partial"))).rejects.toThrow(/ENOENT/);
  });
});

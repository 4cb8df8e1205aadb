import { mkdtemp, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterEach, beforeEach, describe, expect, it } from "vitest";
import type { CompletionRow, PreferenceRow, TrainingRow } from "../../preference/training-row.ts";
import { type NumberedRow, readTrainingRows } from "./training-row-file.ts";

let dir = "";
beforeEach(async () => {
  dir = await mkdtemp(join(tmpdir(), "rpo-rows-"));
});
afterEach(() => rm(dir, { recursive: true, force: true }));

async function read(rows: readonly object[], method?: TrainingRow["provenance"]["method"]): Promise<NumberedRow[]> {
  const path = join(dir, "train.jsonl");
  await writeFile(path, rows.map((row) => `${JSON.stringify(row)}\n`).join(""));
  const found: NumberedRow[] = [];
  for await (const row of readTrainingRows(path, method)) found.push(row);
  return found;
}

const pair: PreferenceRow = {
  kind: "preference",
  prompt: [{ role: "user", content: "Hi" }],
  chosen: "yes",
  rejected: "no",
  margin: 1,
  provenance: {
    method: "rpo",
    turn: "t",
    profile: "p",
    chosen: { response: "r1", merged: ["r1"], model: "m" },
    rejected: { response: "r2", merged: ["r2"] },
    reversed: ["c1"],
    differ: ["c1"],
    verdictSource: "code",
  },
};

const { chosen, rejected, ...source } = pair.provenance;
const completion: CompletionRow = {
  kind: "completion",
  prompt: pair.prompt,
  completion: "no",
  desirable: false,
  provenance: { ...source, method: "kto", ...(rejected !== undefined && { rejected }), reversed: [] },
};

describe("readTrainingRows", () => {
  it("gives back the rows as they were, with their lines", async () => {
    expect(await read([pair, pair])).toEqual([
      { line: 1, row: pair, mended: false },
      { line: 2, row: pair, mended: false },
    ]);
    expect((await read([completion]))[0]?.row).toEqual(completion);
  });

  it("replaces half a surrogate pair and says so", async () => {
    expect(await read([{ ...pair, chosen: "\udc00" }])).toMatchObject([{ row: { chosen: "\ufffd" }, mended: true }]);
  });

  it.each([
    ["a margin that is no whole number", { ...pair, margin: 1.5 }, "1: margin: "],
    ["no prompt", { ...pair, prompt: [] }, "1: prompt: "],
    [
      "a pair without its rejected response",
      { ...pair, provenance: { ...source, chosen } },
      "1: provenance.rejected: ",
    ],
    ["no response at all", { ...completion, provenance: { ...source, method: "sft" } }, "names no response"],
    ["an unknown kind", { ...pair, kind: "ranking" }, "1: kind: "],
    ["an unpaired row of a paired method", { ...completion, provenance: pair.provenance }, "1: provenance.method: "],
    ["something else", [1], "1: row: "],
  ])("refuses %s, with file, line and field", async (_, row, message) => {
    await expect(read([row])).rejects.toThrow(message);
    await expect(read([row])).rejects.toThrow("rpo pairs");
  });

  it("refuses a row of another method than the first, or than asked for", async () => {
    const dpo = { ...pair, provenance: { ...pair.provenance, method: "dpo" } };
    await expect(read([pair, dpo])).rejects.toThrow('2: provenance.method: "dpo" in a set of "rpo" rows');
    await expect(read([pair], "dpo")).rejects.toThrow('1: provenance.method: "rpo" in a set of "dpo" rows');
  });
});

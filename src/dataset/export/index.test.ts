import { mkdir, mkdtemp, readdir, readFile, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterEach, beforeEach, describe, expect, it } from "vitest";
import type { CompletionRow, PreferenceRow, TrainingRow } from "../../preference/training-row.ts";
import type { Message } from "../../profile/message.ts";
import { RowError } from "../input-error.ts";
import { EXPORT_FORMATS, exportDataset } from "./index.ts";

let dir = "";
beforeEach(async () => {
  dir = await mkdtemp(join(tmpdir(), "rpo-export-"));
});
afterEach(() => rm(dir, { recursive: true, force: true }));

const ASK: readonly Message[] = [{ role: "user", content: "Hi" }];

const pair = (turn: string, prompt: readonly Message[] = ASK): PreferenceRow => ({
  kind: "preference",
  prompt,
  chosen: "yes",
  rejected: "no",
  margin: 1,
  provenance: {
    method: "rpo",
    turn,
    profile: "p",
    chosen: { response: "r1", merged: ["r1"] },
    rejected: { response: "r2", merged: ["r2"] },
    reversed: ["c1"],
    differ: ["c1"],
    verdictSource: "code",
  },
});

const kto = (turn: string): CompletionRow => ({
  kind: "completion",
  prompt: ASK,
  completion: "yes",
  desirable: true,
  provenance: {
    method: "kto",
    turn,
    profile: "p",
    chosen: { response: "r1", merged: ["r1"] },
    reversed: [],
    differ: [],
    verdictSource: "code",
  },
});

const put = (split: string, rows: readonly (TrainingRow | object)[]) =>
  writeFile(join(dir, `${split}.jsonl`), rows.map((row) => `${JSON.stringify(row)}\n`).join(""));

const tree = async (): Promise<string[]> =>
  (await readdir(dir, { recursive: true, withFileTypes: true }))
    .filter((entry) => entry.isFile())
    .map((entry) => join(entry.parentPath, entry.name).slice(dir.length + 1))
    .sort();

const ALL_FILES = [
  "llamafactory/dataset_info.json",
  "llamafactory/train.jsonl",
  "llamafactory/validation.jsonl",
  "openai/train.jsonl",
  "openai/train.provenance.jsonl",
  "openai/validation.jsonl",
  "openai/validation.provenance.jsonl",
  "parquet/train.parquet",
  "parquet/validation.parquet",
  "train.jsonl",
  "trl/train.jsonl",
  "trl/validation.jsonl",
  "validation.jsonl",
];

describe("exportDataset", () => {
  it("writes every format in its folder and says what it wrote", async () => {
    await put("train", [pair("t1"), pair("t2")]);
    await put("validation", [pair("t3")]);
    const summary = await exportDataset(dir, EXPORT_FORMATS);
    expect(await tree()).toEqual(ALL_FILES);
    expect(summary).toMatchObject({ method: "rpo", rows: { train: 2, validation: 1 }, mended: 0 });
    expect(summary.formats.flatMap(({ files }) => files.map(({ path }) => path)).sort()).toEqual(
      ALL_FILES.filter((path) => path.includes("/") && !path.endsWith("info.json")),
    );
  });

  it("writes only the formats asked for", async () => {
    await put("train", [pair("t1")]);
    const { formats } = await exportDataset(dir, ["trl"]);
    expect(formats).toEqual([{ format: "trl", files: [{ path: "trl/train.jsonl", rows: 1 }], skipped: { rows: 0 } }]);
    expect(await tree()).toEqual(["train.jsonl", "trl/train.jsonl"]);
  });

  it("makes no file for a split without rows, and removes what an earlier export left there", async () => {
    await put("train", [pair("t1")]);
    await put("validation", [pair("t2")]);
    await exportDataset(dir, EXPORT_FORMATS);
    await put("validation", []);
    await exportDataset(dir, EXPORT_FORMATS);
    expect(await tree()).toEqual(ALL_FILES.filter((path) => !path.includes("/validation.")));
    const info = JSON.parse(await readFile(join(dir, "llamafactory/dataset_info.json"), "utf8"));
    expect(Object.keys(info)).toEqual(["rpo", "rpo_margin"]);
  });

  it("leaves nothing of a format that has no place for any row", async () => {
    await put("train", [kto("t1"), kto("t2")]);
    const { formats } = await exportDataset(dir, ["openai"]);
    expect(formats[0]).toMatchObject({ files: [], skipped: { rows: 2 } });
    expect(await tree()).toEqual(["train.jsonl"]);
  });

  it("counts the rows that a format cannot express and writes the others", async () => {
    const greeted: Message[] = [{ role: "assistant", content: "Welcome" }, ...ASK];
    await put("train", [pair("t1"), pair("t2", greeted), pair("t3")]);
    const { formats } = await exportDataset(dir, ["llamafactory", "trl"]);
    expect(formats[0]?.skipped).toEqual({
      rows: 1,
      first: `${join(dir, "train.jsonl")}:2: turn 1 of its prompt is by "assistant": user and assistant must alternate`,
    });
    expect(formats[0]?.files).toEqual([{ path: "llamafactory/train.jsonl", rows: 2 }]);
    expect(formats[1]?.files).toEqual([{ path: "trl/train.jsonl", rows: 3 }]);
  });

  it("counts the rows in which half a surrogate pair was replaced", async () => {
    await put("train", [pair("t1"), { ...pair("t2"), chosen: "cut \ud83d" }]);
    const { mended } = await exportDataset(dir, ["trl"]);
    expect(mended).toBe(1);
    expect(await readFile(join(dir, "trl/train.jsonl"), "utf8")).toContain("cut \ufffd");
  });

  describe("on bad input changes nothing", () => {
    const exported = async () => {
      await put("train", [pair("t1")]);
      await exportDataset(dir, EXPORT_FORMATS);
      return { files: await tree(), trl: await readFile(join(dir, "trl/train.jsonl"), "utf8") };
    };
    const unchanged = async (was: { files: string[]; trl: string }) => {
      expect(await tree()).toEqual(was.files);
      expect(await readFile(join(dir, "trl/train.jsonl"), "utf8")).toBe(was.trl);
    };

    it("a malformed row: file, line, field", async () => {
      const was = await exported();
      const { rejected: _, ...broken } = pair("t3");
      await put("train", [pair("t2"), broken]);
      const failure = exportDataset(dir, EXPORT_FORMATS);
      await expect(failure).rejects.toThrow(RowError);
      await expect(failure).rejects.toThrow(/train\.jsonl:2: rejected: /);
      await unchanged(was);
    });

    it("a nested field", async () => {
      await put("train", [pair("t1", [{ role: "tool", content: "x" } as unknown as Message])]);
      await expect(exportDataset(dir, ["trl"])).rejects.toThrow(/train\.jsonl:1: prompt\[0\]\.role: /);
    });

    it("rows of two methods, in one file or across the splits", async () => {
      const was = await exported();
      await put("train", [pair("t1"), kto("t2")]);
      await expect(exportDataset(dir, EXPORT_FORMATS)).rejects.toThrow(/train\.jsonl:2: provenance\.method: "kto" in/);
      await unchanged(was);
      await put("train", [pair("t1")]);
      await put("validation", [kto("t2")]);
      await expect(exportDataset(dir, EXPORT_FORMATS)).rejects.toThrow(/validation\.jsonl:1: provenance\.method/);
    });

    it("an empty or missing training set", async () => {
      await expect(exportDataset(dir, ["trl"])).rejects.toThrow(/train\.jsonl: not found.*rpo pairs/);
      await put("train", []);
      await expect(exportDataset(dir, ["trl"])).rejects.toThrow(/train\.jsonl: no rows/);
      expect(await tree()).toEqual(["train.jsonl"]);
    });

    it("a place that cannot be written", async () => {
      await put("train", [pair("t1")]);
      await mkdir(join(dir, "trl"));
      await mkdir(join(dir, "trl", "train.jsonl.partial"));
      await expect(exportDataset(dir, ["trl"])).rejects.toThrow(/EISDIR/);
    });
  });
});

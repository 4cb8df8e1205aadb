import { mkdir, mkdtemp, readdir, readFile, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterEach, beforeEach, describe, expect, it } from "vitest";
import { readRpoYaml } from "../config/rpo-yaml.ts";
import { prepareRunDirectory, type RunRecord, runPaths, takeUp, writeAsked } from "./run-directory.ts";
import { decidingSettings, type TrainSettingsInput, trainSettings } from "./train-settings.ts";

let out: string;
beforeEach(async () => {
  out = join(await mkdtemp(join(tmpdir(), "rpo-run-directory-")), "run");
});
afterEach(() => rm(join(out, ".."), { recursive: true }));

function record(settings: Partial<TrainSettingsInput> = {}, changes: Partial<RunRecord> = {}): RunRecord {
  return {
    format: 1,
    settings: { ...decidingSettings(trainSettings.parse({ method: "rpo", ...settings })) },
    model: { name: "m", identity: "0123456789abcdef" },
    rows: { train: { count: 8, sha256: "a" }, validation: { count: 2, sha256: "b" } },
    ...changes,
  };
}

describe("a run directory", () => {
  it("is written down once, and then goes on under the same record", async () => {
    await prepareRunDirectory(out, false);
    expect(await takeUp(out, record())).toBe(false);
    const written = await readFile(runPaths(out).record, "utf8");
    await prepareRunDirectory(out, false);
    expect(await takeUp(out, record({ threads: 1, saveEvery: 2 }))).toBe(true);
    expect(await readFile(runPaths(out).record, "utf8")).toBe(written);
  });

  it.each<[string, RunRecord, string]>([
    ["a setting", record({ learningRate: 0.5 }), "learningRate 0.0001, not 0.5"],
    ["a setting that is new", record({ steps: 4 }), "epochs 3, not none"],
    ["a list", record({ targets: ["q_proj"] }), "targets ["],
    [
      "the model",
      record({}, { model: { name: "n", identity: "fedcba9876543210" } }),
      "another model: m of 0123456789ab…",
    ],
    [
      "rows",
      record({}, { rows: { ...record().rows, train: { count: 9, sha256: "c" } } }),
      "other training rows (8, now 9)",
    ],
    [
      "no validation rows",
      record({}, { rows: { ...record().rows, validation: null } }),
      "other validation rows (2, now 0)",
    ],
  ])("refuses another training: %s", async (_, other, named) => {
    await prepareRunDirectory(out, false);
    await takeUp(out, record());
    await expect(takeUp(out, other)).rejects.toThrow(`${out}: holds a training with ${named}`);
  });

  it("refuses a record that it can't read", async () => {
    await prepareRunDirectory(out, false);
    for (const text of ["", "{", '{"format":2}']) {
      await writeFile(runPaths(out).record, text);
      await expect(takeUp(out, record())).rejects.toThrow(/run\.json: is no record of a training/);
    }
  });

  it("is emptied of its own files only, and only if it is a training's", async () => {
    await prepareRunDirectory(out, false);
    await takeUp(out, record());
    await mkdir(runPaths(out).adapter);
    await writeFile(runPaths(out).metrics, "");
    await writeFile(join(out, "notes.txt"), "mine");
    await prepareRunDirectory(out, true);
    expect(await readdir(out)).toEqual(["notes.txt"]);
    await mkdir(runPaths(out).adapter);
    for (const fresh of [false, true])
      await expect(prepareRunDirectory(out, fresh)).rejects.toThrow(`${out}: holds adapter, but no run.json`);
    expect((await readdir(out)).sort()).toEqual(["adapter", "notes.txt"]);
  });

  it("holds an rpo.yaml that asks for the same again", async () => {
    const settings = trainSettings.parse({ method: "rpo", beta: 0.2, targets: ["v_proj"], steps: 5, memory: "2GB" });
    await writeAsked(out, { dataset: join(out, "..", "data"), model: "smollm2-135m", settings });
    const { dataset, model, out: folder, ...asked } = (await readRpoYaml(runPaths(out).asked)).train;
    expect({ dataset, model, folder }).toEqual({
      dataset: join(out, "..", "data"),
      model: "smollm2-135m",
      folder: out,
    });
    expect(trainSettings.parse(asked)).toEqual(settings);
  });
});

import { appendFile, mkdtemp, readFile, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterEach, beforeEach, describe, expect, it } from "vitest";
import { openTrainingRecords, readTrainingRecords, type TrainingRecord } from "./training-record.ts";

const BLANK = {
  loss: 0.5,
  margin: null,
  rewardMargin: null,
  marginAccuracy: null,
  rewardAccuracy: null,
  chosenReward: null,
  rejectedReward: null,
  chosenLogprob: null,
  rejectedLogprob: null,
  rows: 1,
  tokens: 1,
  kl: null,
  seconds: 1,
};

const stepRecord = (step: number): TrainingRecord => ({
  ...BLANK,
  kind: "step",
  step,
  epoch: 0,
  learningRate: 1,
  gradientNorm: 1,
});
const look = (step: number): TrainingRecord => ({ ...BLANK, kind: "validation", step, epoch: 0, best: false });

let folder: string;
let path: string;
beforeEach(async () => {
  folder = await mkdtemp(join(tmpdir(), "rpo-record-"));
  path = join(folder, "new", "metrics.jsonl");
});
afterEach(() => rm(folder, { recursive: true, force: true }));

async function write(records: readonly TrainingRecord[], afterStep = 0, validated: number | null = null) {
  const file = await openTrainingRecords(path, afterStep, validated);
  for (const record of records) await file.append(record);
  await file.close();
}

describe("openTrainingRecords", () => {
  const all = [look(0), stepRecord(1), stepRecord(2), look(2), stepRecord(3)];

  it("writes a line a record, which read back equal", async () => {
    await write(all);
    expect((await readFile(path, "utf8")).split("\n")).toHaveLength(6);
    expect(await readTrainingRecords(path)).toEqual(all);
  });

  it("drops what was written after the checkpoint, and goes on", async () => {
    await write(all);
    await write([stepRecord(3)], 2, 2);
    expect(await readTrainingRecords(path)).toEqual(all);
  });

  it("drops a look that the checkpoint does not know of", async () => {
    await write(all);
    await write([look(2)], 2, 0);
    expect(await readTrainingRecords(path)).toEqual([look(0), stepRecord(1), stepRecord(2), look(2)]);
  });

  it("drops a torn last line", async () => {
    await write(all);
    await appendFile(path, '{"kind":"step","step":4,"lo');
    expect(await readTrainingRecords(path)).toEqual(all);
    await write([], 3, 2);
    expect(await readTrainingRecords(path)).toEqual(all);
  });

  it("begins anew after no step", async () => {
    await write(all);
    await write([look(0)]);
    expect(await readTrainingRecords(path)).toEqual([look(0)]);
  });
});

it("reads no records where there is no file", async () => {
  expect(await readTrainingRecords(path)).toEqual([]);
});

import { mkdtemp, readdir, readFile, rm, truncate, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterEach, beforeEach, describe, expect, it } from "vitest";
import type { Engine } from "./engine.ts";
import { type ReferenceOptions, referenceLogprobs } from "./reference-logprobs.ts";
import type { RowSource } from "./row-source.ts";
import { tinyEngine, tinyRows } from "./tiny-engine.ts";
import type { TokenRow } from "./token-row.ts";

const ROWS = tinyRows("pairs", 9, 2);

const source = (rows: readonly TokenRow[] = ROWS, sha256 = "data"): RowSource => ({
  length: rows.length,
  sha256,
  get: async (index) => rows[index] as TokenRow,
});

/** The tiny engine with the ids of the rows that it was asked for. */
function counting(): Engine & { readonly asked: string[] } {
  const engine = tinyEngine(1);
  const asked: string[] = [];
  return {
    ...engine,
    asked,
    logprobs(row, lora) {
      expect(lora).toBeNull();
      asked.push(row.id);
      return engine.logprobs(row, lora);
    },
  };
}

let folder: string;
beforeEach(async () => {
  folder = await mkdtemp(join(tmpdir(), "rpo-reference-"));
});
afterEach(() => rm(folder, { recursive: true, force: true }));

const options = (engine: Engine, over: Partial<ReferenceOptions> = {}): ReferenceOptions => ({
  engine,
  rows: source(),
  folder: join(folder, "cache"),
  modelIdentity: "model",
  tokenisation: "template",
  ...over,
});

const expected = (): Promise<(readonly number[])[]> =>
  Promise.all(ROWS.map((row) => tinyEngine(1).logprobs(row, null)));

const tableOf = (table: { length: number; of(index: number): readonly number[] }) =>
  Array.from({ length: table.length }, (_, index) => table.of(index));

const onlyFile = async (): Promise<string> => {
  const names = await readdir(join(folder, "cache"));
  expect(names).toHaveLength(1);
  return join(folder, "cache", names[0] as string);
};

describe("referenceLogprobs", () => {
  it("computes each row once, and reads the same doubles back", async () => {
    const engine = counting();
    const progress: [number, number][] = [];
    const onProgress = (done: number, of: number) => void progress.push([done, of]);
    const table = await referenceLogprobs(options(engine, { onProgress }));
    expect(engine.asked).toEqual(ROWS.map(({ id }) => id));
    expect(progress.at(-1)).toEqual([9, 9]);
    expect(tableOf(table)).toEqual(await expected());
    expect(() => table.of(9)).toThrow(RangeError);
    const again = counting();
    expect(tableOf(await referenceLogprobs(options(again)))).toEqual(await expected());
    expect(again.asked).toEqual([]);
  });

  it("is another table for another model, data set or tokenisation", async () => {
    await referenceLogprobs(options(counting()));
    for (const over of [{ modelIdentity: "other" }, { rows: source(ROWS, "other") }, { tokenisation: "other" }]) {
      const engine = counting();
      await referenceLogprobs(options(engine, over));
      expect(engine.asked).toHaveLength(9);
    }
    expect(await readdir(join(folder, "cache"))).toHaveLength(4);
  });

  it("goes on after an abort with the rows that are left", async () => {
    const controller = new AbortController();
    const first = counting();
    const onProgress = (done: number) => done === 4 && controller.abort(new Error("enough"));
    await expect(
      referenceLogprobs(options(first, { signal: controller.signal, onProgress: (done) => void onProgress(done) })),
    ).rejects.toThrow("enough");
    const second = counting();
    expect(tableOf(await referenceLogprobs(options(second)))).toEqual(await expected());
    expect([...first.asked, ...second.asked]).toEqual(ROWS.map(({ id }) => id));
  });

  it("goes on wherever a kill has cut the file", async () => {
    await referenceLogprobs(options(counting()));
    const file = await onlyFile();
    const whole = await readFile(file);
    for (let length = 0; length < whole.length; length += 5) {
      await truncate(file, length);
      const engine = counting();
      expect(tableOf(await referenceLogprobs(options(engine)))).toEqual(await expected());
      expect(engine.asked.length).toBeGreaterThan(0);
      expect(await readFile(file)).toEqual(whole);
    }
  });

  it("computes anew from the first damaged record on", async () => {
    await referenceLogprobs(options(counting()));
    const file = await onlyFile();
    const whole = await readFile(file);
    for (let at = 0; at < whole.length; at += 3) {
      const damaged = Buffer.from(whole);
      damaged[at] = (damaged[at] as number) ^ 0x01;
      await writeFile(file, damaged);
      const engine = counting();
      expect(tableOf(await referenceLogprobs(options(engine)))).toEqual(await expected());
      expect(engine.asked.length).toBeGreaterThan(0);
      expect(await readFile(file)).toEqual(whole);
    }
  });

  it("knows a whole record in another row's place", async () => {
    await referenceLogprobs(options(counting()));
    const file = await onlyFile();
    const whole = await readFile(file);
    const recordBytes = (whole.length - 32) / ROWS.length;
    const swapped = Buffer.from(whole);
    whole.copy(swapped, 32, 32 + recordBytes, 32 + 2 * recordBytes);
    await writeFile(file, swapped);
    expect(tableOf(await referenceLogprobs(options(counting())))).toEqual(await expected());
  });

  it("refuses a row that the model can't score, names it and keeps the rows before it", async () => {
    const engine = counting();
    const broken: Engine = {
      ...engine,
      logprobs: async (row, lora) => (row.id === "tiny.jsonl:4" ? [-3, Number.NaN] : engine.logprobs(row, lora)),
    };
    await expect(referenceLogprobs(options(broken))).rejects.toThrow(/^tiny\.jsonl:4: .*-3, NaN/);
    const after = counting();
    await referenceLogprobs(options(after));
    expect(after.asked[0]).toBe("tiny.jsonl:4");
  });
});

// Models written in both forms, read back by our readers. That llama.cpp and transformers compute the same with them is what
// test/families.test.ts shows.
import { existsSync, mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, describe, expect, it } from "vitest";
import { InputError } from "../dataset/input-error.ts";
import { type Architecture, FAMILIES, tensorShapes } from "./architecture.ts";
import type { FrozenWeights } from "./frozen-weights.ts";
import { openFrozenWeights } from "./frozen-weights-file.ts";
import { writeGgufFile } from "./gguf-model-writer.ts";
import { hfConfig, writeHfFolder } from "./hf-model-writer.ts";
import { frozenSource, type ModelSource } from "./model-source.ts";
import { randomFrozenWeights, readFrozenTensor } from "./random-weights.ts";
import { openStoredModel } from "./stored-model.ts";
import { tinyArchitecture } from "./tiny-architecture.ts";
import { tinyGgufTokenizer, writeGgufModel, writeHfModel } from "./tiny-model-files.ts";

const folder = mkdtempSync(join(tmpdir(), "rpo-model-writers-"));
const cacheDirectory = join(folder, "cache");
afterAll(() => rmSync(folder, { recursive: true }));

/** Largest difference of any element, relative to the size of rounding to the nearest half. */
function compare(written: FrozenWeights, original: FrozenWeights): number {
  let largest = 0;
  for (const name of tensorShapes(original.architecture).keys()) {
    const [is, was] = [readFrozenTensor(written, name), readFrozenTensor(original, name)];
    expect(is.length).toBe(was.length);
    for (let i = 0; i < is.length; i++)
      largest = Math.max(largest, Math.abs(is[i]! - was[i]!) / (Math.abs(was[i]!) + 1));
  }
  return largest;
}

/** Numbers of both files are fp32 where ours are double. */
function expectSame(read: Architecture, written: Architecture): void {
  const plain = ({ layers: _, normEpsilon: __, ...rest }: Architecture) => rest;
  expect(plain(read)).toEqual(plain(written));
  expect(read.normEpsilon).toBeCloseTo(written.normEpsilon, 10);
  expect(read.layers.map(({ window, ropeTheta }) => [window, ropeTheta])).toEqual(
    written.layers.map(({ window, ropeTheta }) => [window, ropeTheta]),
  );
  read.layers.forEach(({ ropeFactors }, i) => {
    const wanted = written.layers[i]!.ropeFactors;
    expect(ropeFactors?.length).toBe(wanted?.length);
    ropeFactors?.forEach((divisor, j) => {
      expect(divisor / wanted![j]!).toBeCloseTo(1, 6);
    });
  });
}

describe.each(FAMILIES)("a %s model", (family) => {
  const architecture = tinyArchitecture(family);
  const original = randomFrozenWeights(architecture, 3, join(folder, `${family}.bin`));

  it("comes back from a Hugging Face folder as it was, in F32, and rounded, in F16 and BF16", async () => {
    for (const [dtype, bound] of [
      ["F32", 0],
      ["F16", 2 ** -11],
      ["BF16", 2 ** -8],
    ] as const) {
      const path = join(folder, `${family}-${dtype}`);
      await writeHfModel(path, original, { dtype });
      const read = await openFrozenWeights(path, { cacheDirectory });
      expectSame(read.architecture, architecture);
      const difference = compare(read, original);
      expect(difference).toBeLessThanOrEqual(bound);
      if (bound > 0) expect(difference).toBeGreaterThan(bound / 100);
    }
  });

  it("comes back from a GGUF file, but for the rounding of Gemma's norms and of F16", async () => {
    for (const [type, bound] of [
      ["F32", family === "gemma3" ? 2 ** -24 : 0],
      ["F16", 2 ** -11],
    ] as const) {
      const path = join(folder, `${family}-${type}.gguf`);
      await writeGgufModel(path, original, { type });
      const read = await openFrozenWeights(path, { cacheDirectory });
      expectSame(read.architecture, architecture);
      expect(compare(read, original)).toBeLessThanOrEqual(bound);
    }
  });
});

describe("writeHfFolder", () => {
  const architecture = tinyArchitecture("qwen2");
  const source = frozenSource(randomFrozenWeights(architecture, 3, join(folder, "hf.bin")));

  it("keeps a config.json that is given, but for the type of the weights", async () => {
    const path = join(folder, "kept");
    const config = { ...hfConfig(architecture), dtype: "float32", bos_token_id: 7 };
    await writeHfFolder(path, source, { format: "BF16", config, files: new Map([["a/b.txt", "hello"]]) });
    const written = JSON.parse(readFileSync(join(path, "config.json"), "utf8"));
    expect(written).toMatchObject({ bos_token_id: 7, torch_dtype: "bfloat16", model_type: "qwen2" });
    expect(written).not.toHaveProperty("dtype");
    expect(readFileSync(join(path, "a/b.txt"), "utf8")).toBe("hello");
  });

  it("writes into an empty folder, and into no other", async () => {
    const path = join(folder, "there");
    mkdirSync(path);
    await writeHfFolder(path, source, { format: "F16" });
    expect((await openStoredModel(path)).architecture).toEqual(architecture);
    const before = readFileSync(join(path, "config.json"));
    await expect(writeHfFolder(path, source, { format: "F32" })).rejects.toThrow(/is not empty/);
    expect(readFileSync(join(path, "config.json")).equals(before)).toBe(true);
  });

  it("leaves nothing behind when it fails", async () => {
    const path = join(folder, "failed");
    const broken: ModelSource = {
      architecture,
      async *read() {
        yield Float32Array.of(Number.NaN);
      },
    };
    await expect(writeHfFolder(path, broken, { format: "F32" })).rejects.toThrow(InputError);
    expect([existsSync(path), existsSync(`${path}.partial`)]).toEqual([false, false]);
  });

  it("refuses an architecture that its config.json has no words for", () => {
    const layers = architecture.layers.map((layer) => ({ ...layer, ropeFactors: [1, 2, 3, 4, 5, 6, 7, 8] }));
    expect(() => hfConfig({ ...architecture, layers })).toThrow("rotary frequencies");
    const sliding = architecture.layers.map((layer, i) => ({ ...layer, window: i === 0 ? 8 : null }));
    expect(() => hfConfig({ ...architecture, layers: sliding })).toThrow("attend differently");
  });
});

describe("writeGgufFile", () => {
  it("refuses what llama.cpp would run in another way", async () => {
    const architecture = tinyArchitecture("gemma3");
    const { read } = frozenSource(randomFrozenWeights(architecture, 3, join(folder, "gemma.bin")));
    const options = { format: "F32", name: "x", tokenizer: tinyGgufTokenizer(320) } as const;
    const path = join(folder, "refused.gguf");
    const others: Architecture[] = [
      { ...architecture, layers: architecture.layers.toReversed() },
      { ...architecture, attentionScale: 1 },
      { ...architecture, layers: architecture.layers.map((layer) => ({ ...layer, ropeTheta: 5000 })) },
    ];
    for (const other of others)
      await expect(writeGgufFile(path, { architecture: other, read }, options)).rejects.toThrow(/another pattern/);
    expect(existsSync(path)).toBe(false);
  });

  it("replaces a file only when the new one is whole", async () => {
    const architecture = tinyArchitecture("llama");
    const path = join(folder, "old.gguf");
    writeFileSync(path, "old");
    const broken: ModelSource = {
      architecture,
      async *read() {
        yield Float32Array.of(Number.NaN);
      },
    };
    const options = { format: "F32", name: "x", tokenizer: tinyGgufTokenizer(320) } as const;
    await expect(writeGgufFile(path, broken, options)).rejects.toThrow(InputError);
    expect(readFileSync(path, "utf8")).toBe("old");
  });
});

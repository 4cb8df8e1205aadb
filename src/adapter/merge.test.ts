import { mkdtempSync, readFileSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, describe, expect, it } from "vitest";
import { type Architecture, tensorShapes } from "../weights/architecture.ts";
import { openFrozenWeights } from "../weights/frozen-weights-file.ts";
import { readGgufFile } from "../weights/gguf-file.ts";
import { frozenSource, type ModelSource } from "../weights/model-source.ts";
import { randomFrozenWeights, readFrozenTensor } from "../weights/random-weights.ts";
import { readWhole } from "../weights/tensor-source.ts";
import { tinyArchitecture } from "../weights/tiny-architecture.ts";
import { writeGgufModel, writeHfModel } from "../weights/tiny-model-files.ts";
import { writeGgufAdapter } from "./gguf-adapter.ts";
import { mergedSource } from "./merge.ts";
import { type MergeOptions, mergeModel } from "./merge-model.ts";
import { writePeftAdapter } from "./peft.ts";
import { randomAdapter } from "./random-adapter.ts";

const folder = mkdtempSync(join(tmpdir(), "rpo-merge-"));
afterAll(() => rmSync(folder, { recursive: true }));
const cacheDirectory = join(folder, "cache");

const weights = randomFrozenWeights(tinyArchitecture("llama"), 1, join(folder, "llama.bin"));
const { architecture } = weights;
const adapter = randomAdapter(weights, 1, { targets: ["self_attn.q_proj", "mlp.down_proj"] });

const tensorOf = (model: ModelSource, name: string): Promise<Float32Array> =>
  readWhole({ shape: tensorShapes(model.architecture).get(name)!, read: () => model.read(name) });

describe("mergedSource", () => {
  it("adds alpha / rank · B A to the adapted layers, and nothing to the others", async () => {
    const merged = mergedSource(frozenSource(weights), adapter.lora);
    for (const [name, shape] of tensorShapes(architecture)) {
      const [is, was] = [await tensorOf(merged, name), readFrozenTensor(weights, name)];
      const pair = adapter.lora.pairs.get(name.replace(/\.weight$/, ""));
      if (pair === undefined) {
        expect(is).toEqual(was);
        continue;
      }
      const [rows, columns] = shape as [number, number];
      for (let row = 0; row < rows; row++)
        for (let column = 0; column < columns; column++) {
          let sum = 0;
          for (let r = 0; r < 4; r++) sum += pair.B[row * 4 + r]! * pair.A[r * columns + column]!;
          const wanted = Math.fround(was[row * columns + column]! + (6 / 4) * sum);
          if (is[row * columns + column] !== wanted)
            expect([name, row, column, is[row * columns + column]]).toEqual(wanted);
        }
    }
  });

  it("does not depend on how the weights come in pieces", async () => {
    const rowWise: ModelSource = {
      architecture,
      async *read(name) {
        const width = tensorShapes(architecture).get(name)!.at(-1)!;
        const all = readFrozenTensor(weights, name);
        for (let at = 0; at < all.length; at += width) yield all.slice(at, at + width);
      },
    };
    for (const name of adapter.lora.pairs.keys()) {
      const whole = await tensorOf(mergedSource(frozenSource(weights), adapter.lora), `${name}.weight`);
      expect(await tensorOf(mergedSource(rowWise, adapter.lora), `${name}.weight`)).toEqual(whole);
    }
  });

  it("refuses an adapter of another model", () => {
    const narrow: Architecture = { ...architecture, feedForward: 128 };
    expect(() => mergedSource({ ...frozenSource(weights), architecture: narrow }, adapter.lora)).toThrow(
      /does not fit/,
    );
  });
});

describe("mergeModel", async () => {
  const hf = join(folder, "hf");
  const gguf = join(folder, "model.gguf");
  await writeHfModel(hf, weights, { dtype: "BF16" });
  await writeGgufModel(gguf, weights);
  const [peft, lora] = [join(folder, "peft"), join(folder, "lora.gguf")];
  await writePeftAdapter(peft, adapter);
  await writeGgufAdapter(lora, adapter, architecture);
  const merge = (options: Pick<MergeOptions, "model" | "to" | "out"> & Partial<MergeOptions>) =>
    mergeModel({ adapter: peft, cacheDirectory, ...options });

  it("gives the same model from either form of model and adapter", async () => {
    const f32 = { format: "F32", to: "gguf" } as const;
    await writeHfModel(join(folder, "hf32"), weights);
    const outs = [join(folder, "a/m.gguf"), join(folder, "b/m.gguf"), join(folder, "c/m.gguf")] as const;
    await merge({ ...f32, model: gguf, out: outs[0] });
    await merge({ ...f32, model: gguf, out: outs[1], adapter: lora });
    await merge({ ...f32, model: join(folder, "hf32"), out: outs[2] });
    const contents = outs.map((path) => readFileSync(path));
    expect(contents[1]!.equals(contents[0]!)).toBe(true);
    expect(contents[2]!.equals(contents[0]!)).toBe(true);
  });

  it("keeps what the folder of the model has, the type of its weights included", async () => {
    const out = join(folder, "merged");
    const notices = await merge({ model: hf, to: "safetensors", out });
    expect(notices).toEqual([expect.stringContaining("trained on other weights")]);
    for (const file of ["tokenizer.json", "tokenizer_config.json"])
      expect(readFileSync(join(out, file)).equals(readFileSync(join(hf, file)))).toBe(true);
    expect(JSON.parse(readFileSync(join(out, "config.json"), "utf8")).torch_dtype).toBe("bfloat16");
  });

  it("writes F16 by default, norms in fp32, and a chat template that is given", async () => {
    const out = join(folder, "half.gguf");
    await merge({ model: hf, to: "gguf", out, chatTemplate: "{{ messages }}" });
    const { tensors, metadata } = await readGgufFile(out, () => true);
    expect(tensors.get("blk.0.attn_q.weight")?.type).toBe("F16");
    expect(tensors.get("blk.0.attn_norm.weight")?.type).toBe("F32");
    expect(metadata.get("tokenizer.chat_template")).toBe("{{ messages }}");
    expect(metadata.get("general.name")).toBe("half");
  });

  it("says nothing where the adapter was trained on this very model", async () => {
    const own = join(folder, "own");
    const { identity } = await openFrozenWeights(gguf, { cacheDirectory });
    await writePeftAdapter(own, { ...adapter, base: { name: "tiny", identity } });
    expect(await merge({ model: gguf, adapter: own, to: "safetensors", out: join(folder, "said") })).toEqual([]);
  });

  it("refuses what it can't write, and a place where something is", async () => {
    await expect(merge({ model: gguf, to: "gguf", out: join(folder, "x.gguf"), format: "BF16" })).rejects.toThrow(
      /F16 or F32/,
    );
    await expect(merge({ model: gguf, to: "gguf", out: gguf })).rejects.toThrow(/exists/);
    await expect(merge({ model: gguf, to: "safetensors", out: hf })).rejects.toThrow(/not empty/);
    await expect(merge({ model: gguf, adapter: gguf, to: "gguf", out: join(folder, "x.gguf") })).rejects.toThrow(
      /is no LoRA adapter/,
    );
  });
});

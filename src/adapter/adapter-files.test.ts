// Adapters in both forms, written and read back. That PEFT and llama.cpp compute the same with them is what
// test/families.test.ts shows.
import { cpSync, mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, describe, expect, it } from "vitest";
import { InputError } from "../dataset/input-error.ts";
import { FAMILIES } from "../weights/architecture.ts";
import { readGgufFile } from "../weights/gguf-file.ts";
import { randomFrozenWeights } from "../weights/random-weights.ts";
import { readSafetensorsFile } from "../weights/safetensors-file.ts";
import { writeSafetensors } from "../weights/safetensors-writer.ts";
import { tensorInMemory } from "../weights/tensor-source.ts";
import { tinyArchitecture } from "../weights/tiny-architecture.ts";
import { type Adapter, baseWarning } from "./adapter.ts";
import { readGgufAdapter, readGgufAdapterHead, refuseAlienAdapter, writeGgufAdapter } from "./gguf-adapter.ts";
import { findAdapter, openAdapter } from "./open-adapter.ts";
import { readPeftAdapter, writePeftAdapter } from "./peft.ts";
import { randomAdapter } from "./random-adapter.ts";

const folder = mkdtempSync(join(tmpdir(), "rpo-adapter-"));
afterAll(() => rmSync(folder, { recursive: true }));

const weightsOf = (family: (typeof FAMILIES)[number]) =>
  randomFrozenWeights(tinyArchitecture(family), 1, join(folder, `${family}.bin`));

const llama = weightsOf("llama");
const adapter = randomAdapter(llama, 1);
const peft = join(folder, "peft");
const gguf = join(folder, "lora.gguf");
await writePeftAdapter(peft, adapter);
await writeGgufAdapter(gguf, adapter, llama.architecture);

/** A copy of the PEFT folder with another configuration. */
function changed(name: string, change: Readonly<Record<string, unknown>>): string {
  const path = join(folder, name);
  cpSync(peft, path, { recursive: true });
  const config = JSON.parse(readFileSync(join(peft, "adapter_config.json"), "utf8"));
  writeFileSync(join(path, "adapter_config.json"), JSON.stringify({ ...config, ...change }));
  return path;
}

describe("a PEFT adapter", () => {
  it("comes back as it was, and is written with the same bytes again", async () => {
    const read = await readPeftAdapter(peft);
    expect(read).toEqual(adapter);
    expect([...read.lora.pairs.keys()]).toEqual([...adapter.lora.pairs.keys()]);
    await writePeftAdapter(join(folder, "again"), read);
    for (const file of readdirSync(peft))
      expect(readFileSync(join(folder, "again", file)).equals(readFileSync(join(peft, file)))).toBe(true);
  });

  it("has PEFT's names, shapes and configuration", async () => {
    const config = JSON.parse(readFileSync(join(peft, "adapter_config.json"), "utf8"));
    expect(config).toMatchObject({ peft_type: "LORA", task_type: "CAUSAL_LM", r: 4, lora_alpha: 6, lora_dropout: 0.1 });
    expect(config).toMatchObject({ bias: "none", base_model_name_or_path: "tiny" });
    expect(config.target_modules).toEqual([
      "q_proj",
      "k_proj",
      "v_proj",
      "o_proj",
      "gate_proj",
      "up_proj",
      "down_proj",
    ]);
    const { tensors } = await readSafetensorsFile(join(peft, "adapter_model.safetensors"));
    expect(tensors.get("base_model.model.model.layers.1.self_attn.k_proj.lora_A.weight")?.shape).toEqual([4, 64]);
    expect(tensors.get("base_model.model.model.layers.1.self_attn.k_proj.lora_B.weight")?.shape).toEqual([32, 4]);
    expect(tensors.size).toBe(2 * 7 * 2);
  });

  it("of another program is read without a base, in half precision, and with its rank-stabilised scale", async () => {
    const path = changed("other", { base_model_name_or_path: null, use_rslora: true });
    const one = (name: string, shape: readonly number[]) =>
      tensorInMemory(
        `base_model.model.model.layers.0.mlp.up_proj.${name}.weight`,
        shape,
        new Float32Array(shape[0]! * shape[1]!).fill(0.25),
        "BF16",
      );
    await writeSafetensors(join(path, "adapter_model.safetensors"), [one("lora_A", [4, 64]), one("lora_B", [256, 4])]);
    const { lora, base } = await readPeftAdapter(path);
    expect(base).toEqual({ name: null, identity: null });
    expect(lora.config).toEqual({ rank: 4, alpha: 12, dropout: 0.1, targets: ["mlp.up_proj"] });
    expect(lora.pairs.get("model.layers.0.mlp.up_proj")?.A[0]).toBe(0.25);
  });

  it.each([
    ["use_dora", true],
    ["modules_to_save", ["lm_head"]],
    ["rank_pattern", { q_proj: 8 }],
    ["bias", "all"],
    ["peft_type", "IA3"],
    ["r", "many"],
  ])("that is more than plain LoRA (%s) is refused, with the file's name", async (key, value) => {
    const path = changed(`refused-${key}`, { [key]: value });
    await expect(readPeftAdapter(path)).rejects.toThrow(InputError);
    await expect(readPeftAdapter(path)).rejects.toThrow(new RegExp(`refused-${key}.*adapter_config.json`));
  });

  it("that is damaged is refused", async () => {
    await expect(readPeftAdapter(changed("rank", { r: 5 }))).rejects.toThrow(/is not of the rank 5/);
    const half = changed("half", {});
    const weights = readFileSync(join(half, "adapter_model.safetensors"));
    writeFileSync(join(half, "adapter_model.safetensors"), weights.subarray(0, weights.length - 100));
    await expect(readPeftAdapter(half)).rejects.toThrow(/truncated/);
    rmSync(join(half, "adapter_model.safetensors"));
    await expect(readPeftAdapter(half)).rejects.toThrow(/adapter_model.safetensors is missing/);
    const alien = changed("alien", {});
    const name = "base_model.model.transformer.h.0.attn.c_attn.lora_A.weight";
    await writeSafetensors(join(alien, "adapter_model.safetensors"), [
      tensorInMemory(name, [4, 1], new Float32Array(4)),
    ]);
    await expect(readPeftAdapter(alien)).rejects.toThrow(/c_attn.lora_A.weight is no LoRA matrix/);
  });

  it("with a number that is not finite is not written", async () => {
    const broken = randomAdapter(llama, 1);
    broken.lora.pairs.get("model.layers.0.mlp.up_proj")!.B[3] = Number.NaN;
    const path = join(folder, "broken");
    await expect(writePeftAdapter(path, broken)).rejects.toThrow(/up_proj.lora_B.weight: a number is not finite/);
    expect(readdirSync(path)).toEqual([]);
  });
});

describe("a GGUF adapter", () => {
  it.each(FAMILIES)("for %s comes back as it was, but for the dropout", async (family) => {
    const weights = weightsOf(family);
    const written = randomAdapter(weights, 2, { targets: ["self_attn.q_proj", "mlp.down_proj"], rank: 3, alpha: 0.5 });
    const path = join(folder, `${family}.gguf`);
    await writeGgufAdapter(path, written, weights.architecture);
    const read = await readGgufAdapter(path, weights.architecture);
    expect(read).toEqual({ ...written, lora: { ...written.lora, config: { ...written.lora.config, dropout: 0 } } });
    const { config, base } = await readGgufAdapterHead(path);
    expect([config, base]).toEqual([read.lora.config, read.base]);
  });

  it("has llama.cpp's metadata and names, fp32, with the rows of q and k in its order", async () => {
    const { metadata, tensors } = await readGgufFile(gguf);
    expect(Object.fromEntries(metadata)).toEqual({
      "general.architecture": "llama",
      "general.type": "adapter",
      "adapter.type": "lora",
      "adapter.lora.alpha": 6,
      "rpo.base.name": "tiny",
      "rpo.base.identity": llama.identity,
    });
    expect(tensors.get("blk.1.ffn_down.weight.lora_a")).toMatchObject({ type: "F32", shape: [4, 256] });
    expect(tensors.get("blk.0.attn_output.weight.lora_b")).toMatchObject({ type: "F32", shape: [64, 4] });
    expect(tensors.size).toBe(2 * 7 * 2);
    const bytes = readFileSync(gguf);
    const { B } = adapter.lora.pairs.get("model.layers.0.self_attn.q_proj")!;
    // Row 1 of llama.cpp's head of 16 is the half's first, row 8 of ours; the values have no such order.
    const { offset } = tensors.get("blk.0.attn_q.weight.lora_b")!;
    expect(bytes.readFloatLE(offset + 4 * 4)).toBe(B[8 * 4]);
    const value = tensors.get("blk.0.attn_v.weight.lora_b")!;
    expect(bytes.readFloatLE(value.offset + 4 * 4)).toBe(
      adapter.lora.pairs.get("model.layers.0.self_attn.v_proj")!.B[4],
    );
  });

  it("is refused for a model of another architecture, and no model is taken for one", async () => {
    await expect(refuseAlienAdapter(gguf, "llama")).resolves.toBeUndefined();
    await expect(refuseAlienAdapter(gguf, "qwen2")).rejects.toThrow(/for llama models, and the model is a qwen2 model/);
    await expect(readGgufAdapter(gguf, tinyArchitecture("qwen2"))).rejects.toThrow(/for llama models/);
    await expect(readGgufAdapterHead(join(peft, "adapter_model.safetensors"))).rejects.toThrow(/no GGUF file/);
  });
});

describe("an adapter and a model", () => {
  it("fit, or the first layer that does not is named", async () => {
    const place = await findAdapter(peft);
    expect((await openAdapter(place, llama.architecture)).lora).toEqual(adapter.lora);
    const { architecture } = llama;
    const wider = { ...architecture, feedForward: 512 };
    await expect(openAdapter(place, wider)).rejects.toThrow(
      /layers.0.mlp.gate_proj is \[256, 64\] in the adapter and \[512, 64\] in the model/,
    );
    const layers = [...architecture.layers, ...architecture.layers];
    await expect(openAdapter(place, { ...architecture, layers })).rejects.toThrow(/has no self_attn.q_proj of block 2/);
    const shallow = { ...architecture, layers: layers.slice(0, 1) };
    await expect(openAdapter(place, shallow)).rejects.toThrow(/adapts model.layers.1.self_attn.q_proj.*has 1 blocks/);
    await expect(writeGgufAdapter(join(folder, "x.gguf"), adapter, wider)).rejects.toThrow(InputError);
  });

  it("warn where the weights are others, or not recorded", () => {
    const { base } = adapter;
    expect(baseWarning(base, llama.identity)).toBeNull();
    expect(baseWarning(base, "0".repeat(64))).toMatch(/trained on other weights \(tiny\)/);
    expect(baseWarning({ name: null, identity: null }, llama.identity)).toMatch(/does not say/);
  });

  it("are found in the folder of a training, in that of PEFT, and as a file", async () => {
    const training = join(folder, "training");
    cpSync(peft, join(training, "adapter"), { recursive: true });
    expect(await findAdapter(training)).toEqual({ form: "peft", path: join(training, "adapter") });
    expect(await findAdapter(peft)).toEqual({ form: "peft", path: peft });
    expect(await findAdapter(gguf)).toEqual({ form: "gguf", path: gguf });
    await expect(findAdapter(join(folder, "absent"))).rejects.toThrow(/there is no adapter at/);
    await expect(findAdapter(folder)).rejects.toThrow(/neither it nor its folder adapter/);
    const same: Adapter = await openAdapter(await findAdapter(gguf), llama.architecture);
    expect(same.lora.pairs).toEqual(adapter.lora.pairs);
  });
});

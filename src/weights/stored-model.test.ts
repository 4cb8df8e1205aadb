// What is refused when a model is opened. Models that are whole are opened in frozen-weights-file.test.ts.
import { mkdir, mkdtemp, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterEach, beforeEach, describe, expect, it } from "vitest";
import { InputError } from "../dataset/input-error.ts";
import { tensorShapes } from "./architecture.ts";
import { configArchitecture } from "./family/families.ts";
import { ggufName } from "./gguf-names.ts";
import { type GgufValue, writeGguf } from "./gguf-writer.ts";
import { openStoredModel } from "./stored-model.ts";
import { tensorInMemory } from "./tensor-source.ts";

let folder: string;
beforeEach(async () => {
  folder = await mkdtemp(join(tmpdir(), "rpo-stored-"));
});
afterEach(() => rm(folder, { recursive: true, force: true }));

const CONFIG = {
  model_type: "llama",
  hidden_size: 8,
  intermediate_size: 12,
  num_hidden_layers: 2,
  num_attention_heads: 2,
  vocab_size: 10,
  tie_word_embeddings: true,
};
const SHAPES = tensorShapes(configArchitecture(CONFIG, "config.json"));

type Tensors = Map<string, { readonly dtype: string; readonly shape: readonly number[] }>;
const tensors = (): Tensors => new Map(Array.from(SHAPES, ([name, shape]) => [name, { dtype: "F32", shape }]));

async function weights(file: string, these: Tensors): Promise<void> {
  let end = 0;
  const header = Array.from(these, ([name, { dtype, shape }]) => {
    const begin = end;
    end += shape.reduce((product, size) => product * size, dtype === "F32" ? 4 : dtype === "F64" ? 8 : 2);
    return [name, { dtype, shape, data_offsets: [begin, end] }];
  });
  const json = Buffer.from(JSON.stringify(Object.fromEntries(header)));
  const size = Buffer.alloc(8);
  size.writeBigUInt64LE(BigInt(json.length));
  await writeFile(join(folder, file), Buffer.concat([size, json, Buffer.alloc(end)]));
}

async function checkpoint(these: Tensors = tensors(), config: unknown = CONFIG): Promise<void> {
  await writeFile(join(folder, "config.json"), JSON.stringify(config));
  await weights("model.safetensors", these);
}

async function sharded(map: Readonly<Record<string, string>>): Promise<void> {
  await writeFile(join(folder, "config.json"), JSON.stringify(CONFIG));
  await writeFile(join(folder, "model.safetensors.index.json"), JSON.stringify({ weight_map: map }));
}

const refused = async (message: RegExp, path = folder) => {
  const attempt = openStoredModel(path);
  await expect(attempt).rejects.toThrow(InputError);
  await expect(attempt).rejects.toThrow(message);
};

describe("openStoredModel", () => {
  it("opens a folder, and passes over what transformers passes over", async () => {
    const these = tensors();
    these.set("lm_head.weight", { dtype: "F32", shape: [10, 8] });
    these.set("model.layers.0.self_attn.rotary_emb.inv_freq", { dtype: "F32", shape: [2] });
    await checkpoint(these);
    const model = await openStoredModel(folder);
    expect([...model.tensors.keys()]).toEqual([...SHAPES.keys()]);
    expect(model.files).toEqual([join(folder, "config.json"), join(folder, "model.safetensors")]);
  });

  it("reads each tensor from the file that the index names, though another has it too", async () => {
    const names = [...SHAPES.keys()];
    const last = names.at(-1)!;
    await weights("a.safetensors", tensors());
    await weights("b.safetensors", new Map([[last, { dtype: "F32", shape: SHAPES.get(last)! }]]));
    await sharded(Object.fromEntries(names.map((name) => [name, name === last ? "b.safetensors" : "a.safetensors"])));
    const model = await openStoredModel(folder);
    expect(model.tensors.get(last)?.stored.file).toBe(join(folder, "b.safetensors"));
    expect(model.files).toHaveLength(3);
  });

  it("refuses paths that are no model", async () => {
    await refused(/there is no model at .*absent/, join(folder, "absent"));
    await refused(/is no model: it has no config\.json/);
    await writeFile(join(folder, "adapter_config.json"), "{}");
    await refused(/is an adapter, not a model/);
    await checkpoint();
    await refused(/is a part of a model: give the folder/, join(folder, "model.safetensors"));
    await refused(/is a part of a model: give the folder/, join(folder, "config.json"));
    await writeFile(join(folder, "model.gguf"), "no");
    await refused(/is no GGUF file/, join(folder, "model.gguf"));
  });

  it("refuses configs and weights that are not there or not readable", async () => {
    await writeFile(join(folder, "config.json"), "{");
    await refused(/config\.json is no JSON/);
    await writeFile(join(folder, "config.json"), JSON.stringify(CONFIG));
    await writeFile(join(folder, "pytorch_model.bin"), "");
    await refused(/has neither model\.safetensors nor model\.safetensors\.index\.json; .*save_pretrained/);
  });

  it("refuses tensors that are missing, of another shape or type, or too many", async () => {
    const norm = "model.layers.1.input_layernorm.weight";
    const without = tensors();
    without.delete(norm);
    await checkpoint(without);
    await refused(/is incomplete: it has no tensor model\.layers\.1\.input_layernorm\.weight/);
    await checkpoint(tensors().set(norm, { dtype: "F32", shape: [1, 8] }));
    await refused(/has the shape \[1, 8\], its architecture asks for \[8\]/);
    await checkpoint(tensors().set(norm, { dtype: "F64", shape: [8] }));
    await refused(/tensor model\.layers\.1\.input_layernorm\.weight has the type F64; F32, F16 and BF16 are read/);
    await checkpoint(tensors().set("model.layers.0.self_attn.q_proj.bias", { dtype: "F32", shape: [8] }));
    await refused(/has the tensor model\.layers\.0\.self_attn\.q_proj\.bias, which no llama model has/);
    await checkpoint(tensors(), { ...CONFIG, vocab_size: 11 });
    await refused(/model\.embed_tokens\.weight has the shape \[10, 8\], its architecture asks for \[11, 8\]/);
  });

  it.each([
    "../secret.safetensors",
    "/etc/x.safetensors",
    "a/b.safetensors",
    "..\\x.safetensors",
    ".safetensors",
    "weights.bin",
    "",
  ])("never leaves the folder for a file that the index names %j", async (name) => {
    await mkdir(join(folder, "a"));
    await weights("a/b.safetensors", tensors());
    await sharded(Object.fromEntries([...SHAPES.keys()].map((tensor) => [tensor, name])));
    await refused(
      /model\.safetensors\.index\.json names ".*": a file of the same folder, ending in \.safetensors, is expected/,
    );
  });

  it("refuses GGUF files of which tensors are missing, of another shape, or too many", async () => {
    const path = join(folder, "model.gguf");
    const u32 = (value: number): GgufValue => ({ type: "uint32", value });
    const metadata = new Map<string, GgufValue>([
      ["general.architecture", { type: "string", value: "llama" }],
      ["llama.block_count", u32(2)],
      ["llama.context_length", u32(64)],
      ["llama.embedding_length", u32(8)],
      ["llama.feed_forward_length", u32(12)],
      ["llama.attention.head_count", u32(2)],
      ["llama.attention.layer_norm_rms_epsilon", { type: "float32", value: 1e-5 }],
    ]);
    const shapes = () => new Map(Array.from(SHAPES, ([name, shape]) => [ggufName("llama", name)!, shape]));
    const write = (these: ReadonlyMap<string, readonly number[]>) =>
      writeGguf(
        path,
        metadata,
        Array.from(these, ([name, shape]) =>
          tensorInMemory(name, shape, new Float32Array(shape.reduce((product, size) => product * size, 1))),
        ),
      );
    await write(shapes());
    expect([...(await openStoredModel(path)).tensors.keys()]).toEqual([...SHAPES.keys()]);
    const without = (name: string) => new Map([...shapes()].filter(([other]) => other !== name));
    await write(without("token_embd.weight"));
    await refused(/is incomplete: it has no tensor token_embd\.weight/, path);
    await write(without("blk.1.ffn_down.weight"));
    await refused(/is incomplete: it has no tensor blk\.1\.ffn_down\.weight/, path);
    await write(shapes().set("blk.0.attn_k.weight", [4, 8]));
    await refused(/blk\.0\.attn_k\.weight has the shape \[4, 8\], its architecture asks for \[8, 8\]/, path);
    await write(shapes().set("blk.0.attn_q.bias", [8]).set("blk.0.attn_k.bias", [8]));
    await refused(/has the tensor blk\.0\.attn_q\.bias \(and 1 more\), which no llama model has/, path);
  });

  it("refuses an index that is broken, or names what is not there", async () => {
    await sharded({ "model.norm.weight": "one.safetensors" });
    await refused(/is incomplete: .* names .*one\.safetensors, which is missing/);
    await weights("one.safetensors", new Map());
    await refused(/one\.safetensors has no tensor model\.norm\.weight, which model\.safetensors\.index\.json says/);
    await writeFile(join(folder, "model.safetensors.index.json"), "{");
    await refused(/is no index of weights/);
  });
});

// Writes a model as the folder that transformers, vLLM and converters read: config.json, model.safetensors and whatever goes
// with them (tokenizer, chat template). Ignores where the weights come from: model-source.ts.
import { mkdir, readdir, rename, rm, rmdir, writeFile } from "node:fs/promises";
import { dirname, join, resolve } from "node:path";
import { InputError } from "../dataset/input-error.ts";
import { stagingPath } from "../dataset/staged-file.ts";
import { type Architecture, tensorShapes } from "./architecture.ts";
import type { FloatFormat } from "./float-format.ts";
import type { ModelSource } from "./model-source.ts";
import { ropeScaling } from "./rope-scaling.ts";
import { writeSafetensors } from "./safetensors-writer.ts";

export interface HfModelOptions {
  /** What the weights are written as. */
  readonly format: FloatFormat;
  /** A config.json to keep, but for the type of the weights; made from the architecture where there is none. */
  readonly config?: Readonly<Record<string, unknown>> | undefined;
  /** Further files by their names: tokenizer.json, tokenizer_config.json, … */
  readonly files?: ReadonlyMap<string, string | Uint8Array> | undefined;
}

/** Names of formats in config.json. */
const TORCH_TYPES: Record<FloatFormat, string> = { F32: "float32", F16: "float16", BF16: "bfloat16" };

/**
 * Writes the folder, whole or not at all.
 * @param folder must not exist, or be empty.
 * @throws InputError where it holds something, where a number does not fit the format, or where config.json can't say what
 *   the architecture is.
 */
export async function writeHfFolder(folder: string, model: ModelSource, options: HfModelOptions): Promise<void> {
  const path = resolve(folder);
  const there = await readdir(path).catch((error: NodeJS.ErrnoException) => {
    if (error.code === "ENOENT") return null;
    throw error;
  });
  if (there !== null && there.length > 0)
    throw new InputError(`${folder} is not empty: name a folder that does not exist yet`);
  const config = { ...(options.config ?? hfConfig(model.architecture)), torch_dtype: TORCH_TYPES[options.format] };
  if ("dtype" in config) delete config.dtype; // the newer name of the same
  const staging = stagingPath(path);
  await rm(staging, { recursive: true, force: true });
  await mkdir(staging, { recursive: true });
  try {
    await writeFile(join(staging, "config.json"), `${JSON.stringify(config, null, 2)}\n`);
    for (const [name, content] of options.files ?? []) {
      await mkdir(dirname(join(staging, name)), { recursive: true });
      await writeFile(join(staging, name), content);
    }
    await writeSafetensors(
      join(staging, "model.safetensors"),
      Array.from(tensorShapes(model.architecture), ([name, shape]) => ({
        name,
        shape,
        format: options.format,
        read: () => model.read(name),
      })),
    );
    if (there !== null) await rmdir(path);
    await rename(staging, path);
  } catch (error) {
    await rm(staging, { recursive: true, force: true });
    throw error;
  }
}

/**
 * config.json of an architecture, without the type of the weights and without the ids of special tokens.
 * @throws InputError where the layers attend in a way that config.json can't describe.
 */
export function hfConfig(architecture: Architecture): Record<string, unknown> {
  const { family, layers } = architecture;
  const common = {
    hidden_size: architecture.hidden,
    intermediate_size: architecture.feedForward,
    num_hidden_layers: layers.length,
    num_attention_heads: architecture.heads,
    num_key_value_heads: architecture.kvHeads,
    head_dim: architecture.headDim,
    vocab_size: architecture.vocabulary,
    max_position_embeddings: architecture.contextLength,
    rms_norm_eps: architecture.normEpsilon,
    tie_word_embeddings: architecture.tiedEmbeddings,
    attention_dropout: 0,
    use_cache: true,
  };
  if (family === "gemma3") return { ...common, ...gemmaConfig(architecture) };
  const [first] = layers;
  if (first === undefined) throw new InputError("a model without layers has no config.json");
  if (layers.some((layer) => layer.window !== null || layer.ropeTheta !== first.ropeTheta))
    throw new InputError(`layers of a ${family} model that attend differently can't be written to config.json`);
  const rotary = { rope_theta: first.ropeTheta, rope_scaling: scalingOf(first) };
  switch (family) {
    case "llama":
      return {
        architectures: ["LlamaForCausalLM"],
        model_type: "llama",
        ...common,
        ...rotary,
        hidden_act: "silu",
        attention_bias: false,
        mlp_bias: false,
      };
    case "qwen2":
      return {
        architectures: ["Qwen2ForCausalLM"],
        model_type: "qwen2",
        ...common,
        ...rotary,
        hidden_act: "silu",
        use_sliding_window: false,
      };
    case "qwen3":
      return {
        architectures: ["Qwen3ForCausalLM"],
        model_type: "qwen3",
        ...common,
        ...rotary,
        hidden_act: "silu",
        attention_bias: false,
        use_sliding_window: false,
      };
  }
}

function gemmaConfig(architecture: Architecture): Record<string, unknown> {
  const { layers } = architecture;
  const sliding = layers.find(({ window }) => window !== null);
  const full = layers.find(({ window }) => window === null);
  if (sliding === undefined || full === undefined || scalingOf(sliding) !== null)
    throw new InputError("Gemma 3's config.json needs layers that slide, without scaling, and layers that see all");
  return {
    architectures: ["Gemma3ForCausalLM"],
    model_type: "gemma3_text",
    hidden_activation: "gelu_pytorch_tanh",
    attention_bias: false,
    query_pre_attn_scalar: roundIfNear(1 / architecture.attentionScale ** 2),
    sliding_window: sliding.window,
    layer_types: layers.map(({ window }) => (window === null ? "full_attention" : "sliding_attention")),
    rope_theta: full.ropeTheta,
    rope_local_base_freq: sliding.ropeTheta,
    rope_scaling: scalingOf(full),
    attn_logit_softcapping: null,
    final_logit_softcapping: null,
  };
}

function scalingOf(layer: Architecture["layers"][number]) {
  const scaling = ropeScaling(layer);
  if (scaling === undefined)
    throw new InputError("the model's rotary frequencies are scaled in a way that config.json has no name for here");
  return scaling;
}

/** 256 and not 255.99999999999997. */
const roundIfNear = (value: number): number =>
  Math.abs(value - Math.round(value)) < 1e-6 * value ? Math.round(value) : value;

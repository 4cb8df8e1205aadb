// Adapters in PEFT's form, which transformers, vLLM and LLaMA-Factory read: a folder with adapter_config.json and
// adapter_model.safetensors, where `base_model.model.model.layers.0.self_attn.q_proj.lora_A.weight` is [rank, in] and
// `….lora_B.weight` [out, rank]. Written in fp32; read in fp32, F16 and BF16, and only plain LoRA, one rank and alpha for all
// layers. The base model's identity stands in the header of the safetensors file, where PEFT passes over it.
import { open, readFile, stat } from "node:fs/promises";
import { join } from "node:path";
import { z } from "zod";
import { InputError } from "../dataset/input-error.ts";
import { stageText } from "../dataset/staged-file.ts";
import type { LoraPair, LoraWeights } from "../train/lora-weights.ts";
import { LINEAR_LAYERS, type LinearLayer } from "../weights/architecture.ts";
import { readSafetensorsFile } from "../weights/safetensors-file.ts";
import { stageSafetensors } from "../weights/safetensors-writer.ts";
import { tensorInMemory } from "../weights/tensor-source.ts";
import { type Adapter, byLayer, layerOf, storedMatrix } from "./adapter.ts";

const CONFIG = "adapter_config.json";
const WEIGHTS = "adapter_model.safetensors";

/** What PEFT puts before the names of a wrapped model's layers. */
const PREFIX = "base_model.model.";

/** Entries of ours in the safetensors header. */
const BASE_NAME_KEY = "rpo.base.name";
const BASE_IDENTITY_KEY = "rpo.base.identity";

/**
 * Writes the two files into the folder, which is made where missing; those that stood there are replaced when both are
 * complete. Equal adapters give equal bytes.
 * @throws InputError where a number of the adapter is not finite
 */
export async function writePeftAdapter(folder: string, { lora, base }: Adapter): Promise<void> {
  const metadata = {
    ...(base.name !== null && { [BASE_NAME_KEY]: base.name }),
    ...(base.identity !== null && { [BASE_IDENTITY_KEY]: base.identity }),
  };
  const { rank } = lora.config;
  const tensors = Array.from(lora.pairs, ([name, { A, B }]) => [
    tensorInMemory(`${PREFIX}${name}.lora_A.weight`, [rank, A.length / rank], A),
    tensorInMemory(`${PREFIX}${name}.lora_B.weight`, [B.length / rank, rank], B),
  ]).flat();
  const weights = await stageSafetensors(join(folder, WEIGHTS), tensors, metadata);
  const config = await stageText(join(folder, CONFIG));
  try {
    await config.write(`${JSON.stringify(peftConfig(lora, base.name), null, 2)}\n`);
    await config.close();
    await weights.commit();
    await config.commit();
  } finally {
    await weights.discard();
    await config.discard();
  }
}

/** PEFT's LoraConfig as `save_pretrained` writes it, without what has to do with other kinds of adapters. */
function peftConfig({ config }: LoraWeights, baseName: string | null) {
  return {
    peft_type: "LORA",
    task_type: "CAUSAL_LM",
    auto_mapping: null,
    base_model_name_or_path: baseName,
    revision: null,
    inference_mode: true,
    r: config.rank,
    lora_alpha: config.alpha,
    lora_dropout: config.dropout,
    target_modules: LINEAR_LAYERS.filter((layer) => config.targets.includes(layer)).map(lastPart),
    bias: "none",
    fan_in_fan_out: false,
    init_lora_weights: true,
    layers_pattern: null,
    layers_to_transform: null,
    modules_to_save: null,
    rank_pattern: {},
    alpha_pattern: {},
    use_dora: false,
    use_rslora: false,
  };
}

const lastPart = (layer: LinearLayer): string => layer.slice(layer.indexOf(".") + 1);

const configSchema = z.looseObject({
  peft_type: z.literal("LORA"),
  base_model_name_or_path: z.string().nullish(),
  r: z.int().min(1),
  lora_alpha: z.number(),
  lora_dropout: z.number().min(0).max(1).default(0),
  use_rslora: z.boolean().nullish(),
});

/** What a plain adapter does not have, by the names of PEFT's configuration. */
const REFUSED = [
  "use_dora",
  "fan_in_fan_out",
  "modules_to_save",
  "rank_pattern",
  "alpha_pattern",
  "lora_bias",
] as const;

/**
 * Reads an adapter.
 * @throws InputError for a folder that holds none, one that is damaged, or an adapter that is more than plain LoRA on the
 *   linear layers of the blocks.
 */
export async function readPeftAdapter(folder: string): Promise<Adapter> {
  const configPath = join(folder, CONFIG);
  const path = join(folder, WEIGHTS);
  for (const file of [configPath, path])
    if (!(await stat(file).catch(() => null))?.isFile())
      throw new InputError(`${folder} is no PEFT adapter: ${file} is missing`);
  const config = parseConfig(await readFile(configPath, "utf8"), configPath);

  const { tensors, unread } = await readSafetensorsFile(path);
  if (unread.length > 0)
    throw new InputError(`${path}: ${unread[0]!.name} is ${unread[0]!.type}, which is not read; F32, F16 and BF16 are`);
  const names = new Set<string>();
  for (const tensor of tensors.values()) {
    const name = adaptedLayer(tensor.name);
    if (name === null)
      throw new InputError(
        `${path}: ${tensor.name} is no LoRA matrix of a linear layer of a block; only those are read`,
      );
    names.add(name);
  }
  if (names.size === 0) throw new InputError(`${path} holds no tensors`);
  const rank = config.r;
  const pairs = new Map<string, LoraPair>();
  for (const name of [...names].sort(byLayer)) {
    const A = tensors.get(`${PREFIX}${name}.lora_A.weight`);
    const B = tensors.get(`${PREFIX}${name}.lora_B.weight`);
    if (A === undefined || B === undefined) throw new InputError(`${path}: ${name} has only one of lora_A and lora_B`);
    if (A.shape.length !== 2 || B.shape.length !== 2 || A.shape[0] !== rank || B.shape[1] !== rank)
      throw new InputError(
        `${path}: ${name} is [${A.shape}] and [${B.shape}], which is not of the rank ${rank} of ${CONFIG}`,
      );
    pairs.set(name, { A: await storedMatrix(A), B: await storedMatrix(B) });
  }
  const targets = LINEAR_LAYERS.filter((layer) => [...names].some((name) => layerOf(name)?.layer === layer));
  // Rank-stabilised LoRA (Kalajdzievski, 2023) divides by √rank in place of the rank.
  const alpha = config.use_rslora ? config.lora_alpha * Math.sqrt(rank) : config.lora_alpha;
  const metadata = await headerMetadata(path);
  return {
    lora: { config: { rank, alpha, dropout: config.lora_dropout, targets }, pairs },
    base: {
      name: metadata[BASE_NAME_KEY] ?? config.base_model_name_or_path ?? null,
      identity: metadata[BASE_IDENTITY_KEY] ?? null,
    },
  };
}

function parseConfig(text: string, path: string): z.output<typeof configSchema> {
  let json: unknown;
  try {
    json = JSON.parse(text);
  } catch (error) {
    throw new InputError(`${path} is no JSON: ${(error as Error).message}`);
  }
  const parsed = configSchema.safeParse(json);
  if (!parsed.success) throw new InputError(`${path} describes no LoRA adapter: ${z.prettifyError(parsed.error)}`);
  for (const name of REFUSED) {
    const value = parsed.data[name];
    if (value === undefined || value === null || value === false) continue;
    if (typeof value === "object" && Object.keys(value).length === 0) continue;
    throw new InputError(`${path}: an adapter with ${name} is more than plain LoRA, and is not read`);
  }
  if (parsed.data.bias !== undefined && parsed.data.bias !== "none")
    throw new InputError(`${path}: an adapter with trained biases (bias: ${parsed.data.bias}) is not read`);
  return parsed.data;
}

/** `model.layers.0.self_attn.q_proj` of a tensor's name; null where it is none of ours. */
function adaptedLayer(tensor: string): string | null {
  const [, name] = /^base_model\.model\.(.+)\.lora_[AB]\.weight$/.exec(tensor) ?? [];
  return name !== undefined && layerOf(name) !== null ? name : null;
}

/** The `__metadata__` of a safetensors file whose header is known to be sound. */
async function headerMetadata(path: string): Promise<Readonly<Record<string, string | undefined>>> {
  const handle = await open(path, "r");
  try {
    const length = Buffer.alloc(8);
    await handle.read(length, 0, 8, 0);
    const header = Buffer.alloc(Number(length.readBigUInt64LE()));
    await handle.read(header, 0, header.length, 8);
    const texts = z.record(z.string(), z.string()).safeParse(JSON.parse(header.toString("utf8")).__metadata__);
    return texts.success ? texts.data : {};
  } finally {
    await handle.close();
  }
}

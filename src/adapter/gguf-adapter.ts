// An adapter as the GGUF file that llama.cpp loads beside a model. Follows llama-adapter.cpp of llama.cpp and its
// convert_lora_to_gguf.py: `general.type` "adapter", `adapter.type` "lora", the alpha that is divided by the rank, and for
// each layer `blk.0.attn_q.weight.lora_a` [rank, in] and `….lora_b` [out, rank] in fp32. In the llama architecture the rows
// of q and k stand in another order, and so do those of their lora_b.
import { InputError } from "../dataset/input-error.ts";
import type { LoraConfig, LoraPair, LoraWeights } from "../train/lora-weights.ts";
import {
  type Architecture,
  FAMILIES,
  type Family,
  LINEAR_LAYERS,
  type LinearLayer,
  linearShape,
} from "../weights/architecture.ts";
import { type GgufFile, readGgufFile } from "../weights/gguf-file.ts";
import { ggufName, hasPermutedRows, hfName } from "../weights/gguf-names.ts";
import { type GgufValue, writeGguf } from "../weights/gguf-writer.ts";
import { permuteRows, unpermuteRows } from "../weights/row-permutation.ts";
import { type TensorSource, tensorInMemory } from "../weights/tensor-source.ts";
import { type Adapter, type AdapterBase, byLayer, layerOf, refuseMisfit, storedMatrix } from "./adapter.ts";

/** Keys of ours, which llama.cpp passes over. */
export const BASE_NAME_KEY = "rpo.base.name";
export const BASE_IDENTITY_KEY = "rpo.base.identity";

/**
 * Writes the file, whole or not at all.
 * @param architecture that of the model the adapter is for.
 * @throws InputError where the adapter does not fit the architecture, or holds numbers that are not finite.
 */
export async function writeGgufAdapter(path: string, adapter: Adapter, architecture: Architecture): Promise<void> {
  const { lora, base } = adapter;
  refuseMisfit(lora, architecture, "the adapter");
  const metadata = new Map<string, GgufValue>([
    ["general.architecture", { type: "string", value: architecture.family }],
    ["general.type", { type: "string", value: "adapter" }],
    ["adapter.type", { type: "string", value: "lora" }],
    ["adapter.lora.alpha", { type: "float32", value: lora.config.alpha }],
  ]);
  if (base.name !== null) metadata.set(BASE_NAME_KEY, { type: "string", value: base.name });
  if (base.identity !== null) metadata.set(BASE_IDENTITY_KEY, { type: "string", value: base.identity });
  await writeGguf(path, metadata, [...adapterTensors(lora, architecture)]);
}

/** What a file says of its adapter without a model to hold it against. */
export interface GgufAdapterHead {
  readonly architecture: string;
  readonly config: LoraConfig;
  readonly base: AdapterBase;
  readonly file: GgufFile;
}

/** @throws InputError for what is no LoRA adapter, or adapts more than linear layers of a known family, or is damaged */
export async function readGgufAdapterHead(path: string): Promise<GgufAdapterHead> {
  const file = await readGgufFile(path);
  const { metadata } = file;
  if (metadata.get("general.type") !== "adapter" || metadata.get("adapter.type") !== "lora")
    throw new InputError(`${path} is no LoRA adapter`);
  const architecture = String(metadata.get("general.architecture"));
  const family = FAMILIES.find((known) => known === architecture);
  if (family === undefined)
    throw new InputError(`${path} is an adapter for ${architecture} models; ${FAMILIES.join(", ")} are supported`);
  const layers = new Set<LinearLayer>();
  const ranks = new Set<number>();
  for (const { name, shape } of file.tensors.values()) {
    const layer = layerOfTensor(family, name);
    if (layer === null) throw new InputError(`${path}: ${name} is no LoRA matrix of a linear layer of a block`);
    layers.add(layerOf(layer)!.layer);
    ranks.add((name.endsWith(".lora_a") ? shape[0] : shape[1]) ?? 0);
  }
  const [rank] = ranks;
  const alpha = metadata.get("adapter.lora.alpha");
  if (rank === undefined || ranks.size > 1 || typeof alpha !== "number")
    throw new InputError(`${path}: an adapter with one rank and one alpha for all layers is expected`);
  const text = (key: string): string | null => {
    const value = metadata.get(key);
    return typeof value === "string" ? value : null;
  };
  return {
    architecture,
    // llama.cpp takes an alpha of 0 for none: the product is then not scaled.
    config: {
      rank,
      alpha: alpha === 0 ? rank : alpha,
      dropout: 0,
      targets: LINEAR_LAYERS.filter((layer) => layers.has(layer)),
    },
    base: { name: text(BASE_NAME_KEY), identity: text(BASE_IDENTITY_KEY) },
    file,
  };
}

/** `model.layers.0.self_attn.q_proj` of `blk.0.attn_q.weight.lora_a`; null for other names. */
function layerOfTensor(family: Family, tensor: string): string | null {
  const [, stem] = /^(.+)\.lora_[ab]$/.exec(tensor) ?? [];
  const name = stem === undefined ? null : hfName(family, stem)?.replace(/\.weight$/, "");
  return name != null && layerOf(name) !== null ? name : null;
}

/**
 * Reads an adapter. A GGUF file does not tell the dropout: it is 0 here.
 * @param architecture that of the model the adapter is for.
 * @throws InputError as `readGgufAdapterHead`, and where the adapter does not fit the architecture
 */
export async function readGgufAdapter(path: string, architecture: Architecture): Promise<Adapter> {
  const { config, base, file, architecture: its } = await readGgufAdapterHead(path);
  if (its !== architecture.family) throw alien(path, its, architecture.family);
  const names = new Set(Array.from(file.tensors.keys(), (name) => layerOfTensor(architecture.family, name)!));
  const pairs = new Map<string, LoraPair>();
  for (const name of [...names].sort(byLayer)) {
    const stored = ggufName(architecture.family, `${name}.weight`)!;
    const [a, b] = [file.tensors.get(`${stored}.lora_a`), file.tensors.get(`${stored}.lora_b`)];
    if (a === undefined || b === undefined)
      throw new InputError(`${path}: ${stored} has only one of lora_a and lora_b`);
    pairs.set(name, { A: await storedMatrix(a), B: await storedMatrix(b) });
  }
  refuseMisfit({ config, pairs }, architecture, path);
  for (const [name, { A, B }] of pairs)
    if (hasPermutedRows(architecture.family, `${name}.weight`))
      pairs.set(name, { A, B: unpermuteRows(B, architecture.headDim, config.rank) });
  return { lora: { config, pairs }, base };
}

const alien = (path: string, its: unknown, architecture: string): InputError =>
  new InputError(`${path} is an adapter for ${its} models, and the model is a ${architecture} model`);

/**
 * Checks that a file is an adapter for models of an architecture, by GGUF's name of it.
 * @throws InputError where it is not
 */
export async function refuseAlienAdapter(path: string, architecture: string): Promise<void> {
  const { metadata } = await readGgufFile(path);
  if (metadata.get("general.type") !== "adapter" || metadata.get("adapter.type") !== "lora")
    throw new InputError(`${path} is no LoRA adapter`);
  const its = metadata.get("general.architecture");
  if (its !== architecture) throw alien(path, its, architecture);
}

function* adapterTensors({ config, pairs }: LoraWeights, architecture: Architecture): Generator<TensorSource> {
  const { rank } = config;
  for (const [name, { A, B }] of pairs) {
    const weight = `${name}.weight`;
    const stored = ggufName(architecture.family, weight)!;
    const [rows, columns] = linearShape(architecture, layerOf(name)!.layer);
    const permuted = hasPermutedRows(architecture.family, weight);
    yield tensorInMemory(`${stored}.lora_a`, [rank, columns], A);
    yield tensorInMemory(`${stored}.lora_b`, [rows, rank], permuted ? permuteRows(B, architecture.headDim, rank) : B);
  }
}

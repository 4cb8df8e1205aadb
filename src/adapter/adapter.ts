// An adapter with what it was trained on, and whether it fits a model. Ignores files: peft.ts and gguf-adapter.ts.
import { InputError } from "../dataset/input-error.ts";
import type { LoraWeights } from "../train/lora-weights.ts";
import { type Architecture, LINEAR_LAYERS, type LinearLayer, linearShape } from "../weights/architecture.ts";
import { dequantise } from "../weights/dequantise.ts";
import { readStored } from "../weights/stored-values.ts";
import { elementCount } from "../weights/tensor-source.ts";
import type { StoredTensor } from "../weights/tensor-type.ts";

/** The model that an adapter was trained on, as far as the adapter says. */
export interface AdapterBase {
  /** What its user called the model; null where nothing is recorded. */
  readonly name: string | null;
  /** `FrozenWeights.identity` of the model; null in adapters of other programs. */
  readonly identity: string | null;
}

export interface Adapter {
  readonly lora: LoraWeights;
  readonly base: AdapterBase;
}

const LAYER = /^model\.layers\.(\d+)\.(.+)$/;

/** Block and linear layer of `model.layers.0.self_attn.q_proj`; null for what is no such name. */
export function layerOf(name: string): { readonly block: number; readonly layer: LinearLayer } | null {
  const [, block, layer] = LAYER.exec(name) ?? [];
  if (block === undefined || !(LINEAR_LAYERS as readonly (string | undefined)[]).includes(layer)) return null;
  return { block: Number(block), layer: layer as LinearLayer };
}

/** For sorting the names of layers: first block first; in a block in the order of LINEAR_LAYERS. */
export function byLayer(a: string, b: string): number {
  const [first, second] = [layerOf(a)!, layerOf(b)!];
  return first.block - second.block || LINEAR_LAYERS.indexOf(first.layer) - LINEAR_LAYERS.indexOf(second.layer);
}

/** A matrix of an adapter's file as fp32. */
export async function storedMatrix(tensor: StoredTensor): Promise<Float32Array> {
  const values = new Float32Array(elementCount(tensor.shape));
  dequantise(tensor.type, await readStored(tensor), values);
  return values;
}

/**
 * Checks that an adapter's matrices are those of the model's layers.
 * @throws InputError naming the first layer that the model lacks or has in another shape, or that the adapter lacks.
 */
export function refuseMisfit({ config, pairs }: LoraWeights, architecture: Architecture, adapterName: string): void {
  const blocks = architecture.layers.length;
  for (const [name, { A, B }] of pairs) {
    const at = layerOf(name);
    if (at === null)
      throw new InputError(`${adapterName}: it adapts ${name}, which is no linear layer of a known model`);
    if (at.block >= blocks)
      throw new InputError(
        `${adapterName} does not fit the model: it adapts ${name}, and the model has ${blocks} blocks. ` +
          "Name the model that it was trained on",
      );
    const [rows, columns] = linearShape(architecture, at.layer);
    const its = `[${B.length / config.rank}, ${A.length / config.rank}]`;
    if (A.length !== config.rank * columns || B.length !== rows * config.rank)
      throw new InputError(
        `${adapterName} does not fit the model: ${name} is ${its} in the adapter and [${rows}, ${columns}] in the model. ` +
          "Name the model that it was trained on",
      );
  }
  for (let block = 0; block < blocks; block++)
    for (const layer of config.targets)
      if (!pairs.has(`model.layers.${block}.${layer}`))
        throw new InputError(
          `${adapterName} does not fit the model: the model has ${blocks} blocks, and the adapter has no ${layer} of block ${block}. ` +
            "Name the model that it was trained on",
        );
}

/**
 * What is to be said where an adapter was trained on other weights of the same shape; null where all is well. It is no
 * error: the same model in another quantisation has another identity, and an adapter serves it too.
 * @param identity `FrozenWeights.identity` of the model at hand.
 */
export function baseWarning(base: AdapterBase, identity: string): string | null {
  if (base.identity === null) return "the adapter does not say which weights it was trained on";
  if (base.identity === identity) return null;
  const name = base.name === null ? "" : ` (${base.name})`;
  return (
    `the adapter was trained on other weights${name}: on the same model in another quantisation or file it works, ` +
    "on another model it does not"
  );
}

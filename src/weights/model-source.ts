// A model on its way into files: its architecture, and its tensors in Hugging Face names and layout, piece by piece. What a
// writer of models reads from, whether the weights lie in files as they are or an adapter is added on the way.
import type { Architecture } from "./architecture.ts";
import { tensorShapes } from "./architecture.ts";
import type { FrozenWeights } from "./frozen-weights.ts";
import { readFrozen } from "./tensor-source.ts";

export interface ModelSource {
  readonly architecture: Architecture;
  /**
   * The numbers of a tensor of `tensorShapes(architecture)`, rows first, in pieces that hold a multiple of `groupRows` rows
   * and may be changed by the reader.
   */
  read(name: string, groupRows?: number): AsyncIterable<Float32Array>;
}

/** Frozen weights as they are. @throws RangeError where a tensor is missing */
export function frozenSource(weights: FrozenWeights): ModelSource {
  return {
    architecture: weights.architecture,
    read: (name, groupRows = 1) => readFrozen(tensorOf(weights, name), groupRows),
  };
}

function tensorOf(weights: FrozenWeights, name: string) {
  const tensor = weights.tensors.get(name);
  const shape = tensorShapes(weights.architecture).get(name);
  if (tensor === undefined || shape === undefined) throw new RangeError(`the model has no tensor ${name}`);
  return tensor;
}

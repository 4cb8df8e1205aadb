// The frozen weights of a model as the trainer wants them: fp32 tensors in Hugging Face names and layout that lie in files, to
// be mapped into memory and not copied.
import type { Architecture } from "./architecture.ts";

/** An fp32 little-endian tensor in a file, rows first. */
export interface FrozenTensor {
  readonly shape: readonly number[];
  /** Absolute path. */
  readonly file: string;
  /** First byte of the tensor in the file. */
  readonly offset: number;
}

/** A model's architecture with its tensors by name, exactly those of `tensorShapes(architecture)`. */
export interface FrozenWeights {
  readonly architecture: Architecture;
  /** SHA-256 over what the model was read from: equal for equal weights in equal files, whatever the path. */
  readonly identity: string;
  readonly tensors: ReadonlyMap<string, FrozenTensor>;
}

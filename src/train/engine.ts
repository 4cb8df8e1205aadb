// What computes log-probabilities and gradients: the embedded one (ONNX Runtime) in training, a small one in double precision
// in the tests of the training loop.
import type { LoraWeights } from "./lora-weights.ts";
import type { RowLoss } from "./row-loss.ts";
import type { TokenRow } from "./token-row.ts";

/** What one row gave. */
export interface RowStep {
  /** The loss of its RowLoss. */
  readonly loss: number;
  /** Sum of token log-probabilities (natural log) of each completion, end-of-turn token included. */
  readonly logprobs: readonly number[];
  /** Gradients of the loss by layer, of the shapes of the adapter's matrices. Valid until the next call of the engine. */
  readonly gradients: ReadonlyMap<string, { readonly A: Float32Array; readonly B: Float32Array }>;
}

export interface Engine {
  /** Sums of token log-probabilities of the row's completions, without dropout; of the frozen model where `lora` is null. */
  logprobs(row: TokenRow, lora: LoraWeights | null): Promise<readonly number[]>;
  /** Forward and backward of one row. `dropoutSeed` decides what LoRA dropout drops; the same seed drops the same. */
  step(row: TokenRow, lora: LoraWeights, loss: RowLoss, dropoutSeed: number): Promise<RowStep>;
  /** Gives back memory; the engine can't be used afterwards. */
  release(): Promise<void>;
}

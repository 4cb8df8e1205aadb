// The trained part of a model: y = W x + (alpha / rank) · B (A x) on each targeted linear layer (Hu et al., LoRA, 2021).
import type { LinearLayer } from "../weights/architecture.ts";

/** What makes two adapters of a model comparable; stored with every adapter. */
export interface LoraConfig {
  readonly rank: number;
  /** The product B A x is scaled by alpha / rank. */
  readonly alpha: number;
  /** Share of A's input elements that is dropped in training, 0 to 1. */
  readonly dropout: number;
  readonly targets: readonly LinearLayer[];
}

/** The two matrices of one layer, rows first, fp32. */
export interface LoraPair {
  /** [rank, width in] */
  readonly A: Float32Array;
  /** [width out, rank] */
  readonly B: Float32Array;
}

/** Every targeted layer's matrices, by the layer's name (`model.layers.0.self_attn.q_proj`), first block first. */
export interface LoraWeights {
  readonly config: LoraConfig;
  readonly pairs: ReadonlyMap<string, LoraPair>;
}

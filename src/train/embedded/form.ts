// What a form of the model is to the engine: the same numbers, whether from one graph or from graphs of a few blocks.
import type { Tensor } from "onnxruntime-node";
import type { FrozenWeights } from "../../weights/frozen-weights.ts";
import type { LoraConfig } from "../lora-weights.ts";
import type { Device } from "./devices.ts";
import type { Feeds } from "./row-feeds.ts";

/** "whole": one graph, quicker. "blocks": a graph a block, less memory. */
export const FORMS = ["whole", "blocks"] as const;
export type FormName = (typeof FORMS)[number];

export interface FormSettings {
  readonly weights: FrozenWeights;
  readonly config: LoraConfig;
  readonly device: Device;
  readonly threads: number;
}

/** Tensors by the names of a step's outputs, into which it writes its gradients. */
export type GradientTensors = Readonly<Record<string, Tensor>>;

export interface Form {
  /** Sums of a row's token log-probabilities by completion. */
  logprobs(feeds: readonly Feeds[]): Promise<number[]>;
  step(feeds: readonly Feeds[], gradients: GradientTensors): Promise<{ loss: number; logprobs: number[] }>;
  release(): Promise<void>;
}

/** A tensor's elements as numbers. */
export const numbersOf = (tensor: Tensor | undefined): number[] => Array.from((tensor?.data ?? []) as Float32Array);

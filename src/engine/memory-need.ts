// What a training needs of one graphics processor's memory: the frozen weights by how they lie over the processes, and what each
// token in flight holds. A rough estimate from sizes, meant to err on the safe side; what is measured comes from running it.
// Pure.
import type { Sharding } from "./engine-settings.ts";
import type { ModelFacts } from "./model-facts.ts";

/** bf16. */
const WEIGHT_BYTES = 2;
/** Of a processor's memory, what the driver, NCCL, fragmentation and the adapter with its optimizer take. */
const RESERVED_SHARE = 0.15;
/** What is left must hold at least this share for activations, or the weights are spread. */
const ACTIVATION_SHARE = 0.25;
/** fp32 copies of a token's logits that live at once: the cast, their log-softmax, and its gradient. */
const LOGIT_COPIES = 3;
const FP32_BYTES = 4;
/**
 * With gradient checkpointing a token keeps one bf16 vector a layer, and while one layer is computed again what it holds inside:
 * about 34 hidden-sized bf16 values (Korthikanti et al. 2022, without attention's own), here with the gradient beside it.
 */
const INNER_VECTORS = 2 * 34;
/** A layer's weights gathered for its computation, and the next one's, in ZeRO-3 and FSDP. */
const GATHERED_LAYERS = 2;
/** A chosen and a rejected completion, each with its prompt. */
export const SEQUENCES_OF_A_PAIR = 2;

/** Bytes of a processor that a sharding leaves for activations; negative where not even the weights fit. */
export function leftForActivations(
  { parameters, layers }: ModelFacts,
  sharding: Sharding,
  { processes, bytes }: { readonly processes: number; readonly bytes: number },
): number | null {
  if (parameters === null) return null;
  const weights = parameters * WEIGHT_BYTES;
  const gathered = layers === null ? 0 : (GATHERED_LAYERS * weights) / layers;
  const resident = {
    none: weights,
    zero2: weights,
    zero3: weights / processes + gathered,
    fsdp: weights / processes + gathered,
    "zero3-offload": gathered,
  }[sharding];
  return bytes * (1 - RESERVED_SHARE) - resident;
}

/** Whether a sharding leaves enough to compute with. */
export const fits = (left: number, bytes: number): boolean => left >= ACTIVATION_SHARE * bytes;

/** Bytes that one token in flight holds; null where the sizes aren't known. */
export function bytesPerToken({ layers, hidden, vocabulary }: ModelFacts): number | null {
  if (layers === null || hidden === null || vocabulary === null) return null;
  return vocabulary * FP32_BYTES * LOGIT_COPIES + WEIGHT_BYTES * hidden * (layers + INNER_VECTORS);
}

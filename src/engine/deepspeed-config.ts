// DeepSpeed's configuration for a stage of ZeRO, with what transformers fills in left as "auto". JSON takes no comments: the
// reasons stand in train.yaml, which names this file.
import type { Sharding } from "./engine-settings.ts";

/** The JSON of a stage; null for what is no stage of ZeRO. */
export function deepspeedConfig(sharding: Sharding): Record<string, unknown> | null {
  if (sharding !== "zero2" && sharding !== "zero3" && sharding !== "zero3-offload") return null;
  return {
    train_batch_size: "auto",
    train_micro_batch_size_per_gpu: "auto",
    gradient_accumulation_steps: "auto",
    gradient_clipping: "auto",
    zero_allow_untested_optimizer: true,
    bf16: { enabled: "auto" },
    zero_optimization: sharding === "zero2" ? zero2 : zero3(sharding === "zero3-offload"),
  };
}

const zero2 = {
  stage: 2,
  overlap_comm: true,
  contiguous_gradients: true,
  allgather_partitions: true,
  reduce_scatter: true,
};

/** @param offload weights and the optimizer's numbers wait in the machine's memory */
const zero3 = (offload: boolean) => ({
  stage: 3,
  overlap_comm: true,
  contiguous_gradients: true,
  ...(offload && {
    offload_param: { device: "cpu", pin_memory: true },
    offload_optimizer: { device: "cpu", pin_memory: true },
  }),
  // By the width of the model, which transformers knows.
  reduce_bucket_size: "auto",
  stage3_prefetch_bucket_size: "auto",
  stage3_param_persistence_threshold: "auto",
  // An adapter is small; what is saved is whole, so that PEFT reads it.
  stage3_gather_16bit_weights_on_model_save: true,
});

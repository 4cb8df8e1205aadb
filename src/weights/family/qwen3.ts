// Qwen 3, dense: Llama's form with RMS norms over each head of q and k. Follows transformers' configuration_qwen3.py.
import { z } from "zod";
import { count, off } from "./family-reader.ts";
import { plainFamily, plainFields } from "./plain-family.ts";

export const qwen3 = plainFamily({
  family: "qwen3",
  config: z.object({
    ...plainFields,
    head_dim: count.default(128),
    max_position_embeddings: count.default(32768),
    attention_bias: off("biases of q, k, v and o are not supported in this family"),
    use_sliding_window: off("sliding windows are not supported in this family"),
  }),
  qkvBias: false,
  qkNorm: true,
});

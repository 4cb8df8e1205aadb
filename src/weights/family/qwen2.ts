// Qwen 2 and 2.5: Llama's form with biases on q, k and v. Follows transformers' configuration_qwen2.py.
import { z } from "zod";
import { count, off } from "./family-reader.ts";
import { plainFamily, plainFields } from "./plain-family.ts";

export const qwen2 = plainFamily({
  family: "qwen2",
  config: z.object({
    ...plainFields,
    max_position_embeddings: count.default(32768),
    use_sliding_window: off("sliding windows are not supported in this family"),
  }),
  qkvBias: true,
  qkNorm: false,
});

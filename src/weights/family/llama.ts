// Llama 2 and 3 and what has their form, such as SmolLM2. Follows transformers' configuration_llama.py.
import { z } from "zod";
import { off } from "./family-reader.ts";
import { plainFamily, plainFields } from "./plain-family.ts";

export const llama = plainFamily({
  family: "llama",
  config: z.object({
    ...plainFields,
    attention_bias: off("biases of q, k, v and o are not supported in this family"),
    mlp_bias: off("biases of the feed-forward layers are not supported"),
  }),
  qkvBias: false,
  qkNorm: false,
});

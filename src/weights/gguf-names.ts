// What a tensor is called and how it is stored in a GGUF file, beside its name and form in a Hugging Face checkpoint. Follows
// llama.cpp's converter (gguf-py/gguf/tensor_mapping.py and convert_hf_to_gguf.py). Ignores adapters: their tensors have the
// names of the layers' weights with an ending that lora-gguf writers add.
import type { Family } from "./architecture.ts";

/** Names outside of the blocks, Hugging Face's first. */
const OUTER: readonly (readonly [string, string])[] = [
  ["model.embed_tokens.weight", "token_embd.weight"],
  ["model.norm.weight", "output_norm.weight"],
  ["lm_head.weight", "output.weight"],
];

/** Names within a block, without `.weight` and `.bias`. */
const INNER: readonly (readonly [string, string])[] = [
  ["input_layernorm", "attn_norm"],
  ["self_attn.q_proj", "attn_q"],
  ["self_attn.k_proj", "attn_k"],
  ["self_attn.v_proj", "attn_v"],
  ["self_attn.o_proj", "attn_output"],
  ["self_attn.q_norm", "attn_q_norm"],
  ["self_attn.k_norm", "attn_k_norm"],
  ["mlp.gate_proj", "ffn_gate"],
  ["mlp.up_proj", "ffn_up"],
  ["mlp.down_proj", "ffn_down"],
];

/** In most families the norm before the feed-forward is called after what it follows. */
const NORMS: readonly (readonly [string, string])[] = [["post_attention_layernorm", "ffn_norm"]];

/** Gemma 3 has a norm before and one after each half of a block. */
const GEMMA_NORMS: readonly (readonly [string, string])[] = [
  ["post_attention_layernorm", "post_attention_norm"],
  ["pre_feedforward_layernorm", "ffn_norm"],
  ["post_feedforward_layernorm", "post_ffw_norm"],
];

const inner = (family: Family) => [...INNER, ...(family === "gemma3" ? GEMMA_NORMS : NORMS)];

const HF_INNER = /^model\.layers\.(\d+)\.(.+)\.(weight|bias)$/;
const GGUF_INNER = /^blk\.(\d+)\.(.+)\.(weight|bias)$/;

function translated(family: Family, name: string, from: 0 | 1): string | null {
  const to = from === 0 ? 1 : 0;
  const outer = OUTER.find((pair) => pair[from] === name);
  if (outer !== undefined) return outer[to];
  const [, layer, stem, ending] = (from === 0 ? HF_INNER : GGUF_INNER).exec(name) ?? [];
  const pair = inner(family).find((names) => names[from] === stem);
  if (pair === undefined) return null;
  return `${to === 0 ? "model.layers" : "blk"}.${layer}.${pair[to]}.${ending}`;
}

/** What GGUF calls a tensor of a checkpoint: `model.layers.3.mlp.up_proj.weight` is `blk.3.ffn_up.weight`. Null: no such tensor. */
export const ggufName = (family: Family, hfName: string): string | null => translated(family, hfName, 0);

/** What a checkpoint calls a tensor of a GGUF file. Null: checkpoints have no such tensor (`rope_freqs.weight`). */
export const hfName = (family: Family, gguf: string): string | null => translated(family, gguf, 1);

/**
 * Whether GGUF stores the rows of this weight in another order: row-permutation.ts. llama.cpp rotates neighbouring elements
 * in the llama architecture and the two halves of a head, as Hugging Face does, in all others.
 */
export const hasPermutedRows = (family: Family, hfName: string): boolean =>
  family === "llama" && /\.self_attn\.[qk]_proj\.(weight|bias)$/.test(hfName);

/** What GGUF adds to every element of this tensor: 1 in Gemma's norms, which a checkpoint stores less 1. */
export const ggufShift = (family: Family, hfName: string): 0 | 1 =>
  family === "gemma3" && /norm\.weight$/.test(hfName) ? 1 : 0;

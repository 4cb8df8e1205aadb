import { describe, expect, it } from "vitest";
import { FAMILIES } from "./architecture.ts";
import { ggufName, ggufShift, hasPermutedRows, hfName } from "./gguf-names.ts";

const block = (name: string) => `model.layers.11.${name}`;

describe("GGUF names", () => {
  it.each([
    ["llama", "model.embed_tokens.weight", "token_embd.weight"],
    ["llama", "lm_head.weight", "output.weight"],
    ["qwen3", "model.norm.weight", "output_norm.weight"],
    ["llama", block("input_layernorm.weight"), "blk.11.attn_norm.weight"],
    ["llama", block("post_attention_layernorm.weight"), "blk.11.ffn_norm.weight"],
    ["qwen2", block("self_attn.k_proj.bias"), "blk.11.attn_k.bias"],
    ["qwen3", block("self_attn.q_norm.weight"), "blk.11.attn_q_norm.weight"],
    ["gemma3", block("self_attn.o_proj.weight"), "blk.11.attn_output.weight"],
    ["gemma3", block("post_attention_layernorm.weight"), "blk.11.post_attention_norm.weight"],
    ["gemma3", block("pre_feedforward_layernorm.weight"), "blk.11.ffn_norm.weight"],
    ["gemma3", block("post_feedforward_layernorm.weight"), "blk.11.post_ffw_norm.weight"],
  ] as const)("%s: %s is %s, both ways", (family, hf, gguf) => {
    expect(ggufName(family, hf)).toBe(gguf);
    expect(hfName(family, gguf)).toBe(hf);
  });

  it.each(FAMILIES)("%s: what has no counterpart is null", (family) => {
    for (const name of ["rope_freqs.weight", "blk.0.ffn_gate_exps.weight", "blk.x.attn_q.weight", "constructor"])
      expect(hfName(family, name)).toBeNull();
    for (const name of ["model.layers.0.mlp.experts.0.up_proj.weight", "model.layers.0.mlp.up_proj.weight.extra", ""])
      expect(ggufName(family, name)).toBeNull();
  });

  it("knows which tensors are stored in another form", () => {
    expect(hasPermutedRows("llama", block("self_attn.q_proj.weight"))).toBe(true);
    expect(hasPermutedRows("llama", block("self_attn.k_proj.weight"))).toBe(true);
    expect(hasPermutedRows("llama", block("self_attn.v_proj.weight"))).toBe(false);
    expect(hasPermutedRows("qwen2", block("self_attn.q_proj.weight"))).toBe(false);
    expect(ggufShift("gemma3", block("self_attn.q_norm.weight"))).toBe(1);
    expect(ggufShift("gemma3", block("input_layernorm.weight"))).toBe(1);
    expect(ggufShift("gemma3", block("mlp.up_proj.weight"))).toBe(0);
    expect(ggufShift("llama", "model.norm.weight")).toBe(0);
  });
});

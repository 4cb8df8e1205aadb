// What families make of configs and metadata that the models of frozen-weights-file.test.ts don't have, and what they refuse.
import { describe, expect, it } from "vitest";
import { InputError } from "../../dataset/input-error.ts";
import type { MetadataValue } from "../gguf-file.ts";
import { configArchitecture, ggufArchitecture } from "./families.ts";

const SIZES = {
  hidden_size: 64,
  intermediate_size: 96,
  num_hidden_layers: 2,
  num_attention_heads: 4,
  num_key_value_heads: 2,
  vocab_size: 320,
};
const config = (model_type: string, more: object = {}) =>
  configArchitecture({ model_type, ...SIZES, ...more }, "config.json");

const gguf = (
  family: string,
  more: Readonly<Record<string, MetadataValue>> = {},
  ropeFrequencies: number[] | null = null,
) => {
  const fields = {
    block_count: 2,
    context_length: 512,
    embedding_length: 64,
    feed_forward_length: 96,
    "attention.head_count": 4,
    "attention.layer_norm_rms_epsilon": Math.fround(1e-5),
    ...more,
  };
  const metadata = new Map<string, MetadataValue>([["general.architecture", family]]);
  for (const [key, value] of Object.entries(fields)) metadata.set(`${family}.${key}`, value);
  return ggufArchitecture({ metadata, vocabulary: 320, tiedEmbeddings: true, ropeFrequencies }, "model.gguf");
};

describe("architectures of config.json", () => {
  it("has transformers' defaults", () => {
    expect(config("llama", { num_key_value_heads: undefined })).toMatchObject({
      kvHeads: 4,
      headDim: 16,
      contextLength: 2048,
      normEpsilon: 1e-6,
      tiedEmbeddings: false,
      layers: [{ ropeTheta: 10_000 }, {}],
    });
    expect(config("qwen2")).toMatchObject({ contextLength: 32768, headDim: 16, tiedEmbeddings: false });
    expect(config("qwen3")).toMatchObject({ contextLength: 32768, headDim: 128, tiedEmbeddings: false });
    expect(config("gemma3_text", { num_hidden_layers: 6 })).toMatchObject({
      headDim: 256,
      contextLength: 131_072,
      attentionScale: 1 / 16,
      embeddingScale: 8,
      tiedEmbeddings: true,
      layers: [
        ...Array.from({ length: 5 }, () => ({ window: 4096, ropeTheta: 10_000 })),
        { window: null, ropeTheta: 1e6 },
      ],
    });
  });

  it("reads the form of transformers 5", () => {
    const rope_parameters = { rope_type: "linear", rope_theta: 500_000, factor: 4 };
    expect(config("llama", { rope_parameters }).layers[0]).toEqual({
      window: null,
      ropeTheta: 500_000,
      ropeFactors: Array.from({ length: 8 }, () => 4),
    });
    const gemma = config("gemma3_text", {
      layer_types: ["full_attention", "sliding_attention"],
      sliding_window: 512,
      rope_parameters: {
        full_attention: { rope_type: "linear", rope_theta: 2e6, factor: 8 },
        sliding_attention: { rope_type: "default", rope_theta: 20_000 },
      },
    });
    expect(gemma.layers).toEqual([
      { window: null, ropeTheta: 2e6, ropeFactors: Array.from({ length: 128 }, () => 8) },
      { window: 512, ropeTheta: 20_000, ropeFactors: null },
    ]);
  });

  it("takes Gemma's pattern from either field", () => {
    const windows = (more: object) => config("gemma3_text", more).layers.map(({ window }) => window);
    expect(windows({ sliding_window_pattern: 2 })).toEqual([4096, null]);
    expect(windows({ sliding_window_pattern: 1 })).toEqual([null, null]);
    expect(windows({ layer_types: ["full_attention", "full_attention"] })).toEqual([null, null]);
  });

  it.each<[string, object, RegExp]>([
    ["mistral", {}, /"mistral" is not supported; llama, qwen2, qwen3, gemma3_text are$/],
    ["gemma3", {}, /"gemma3" is not supported; .* with images: take its text-only form/],
    ["constructor", {}, /"constructor" is not supported/],
    ["llama", { attention_bias: true }, /config\.json: attention_bias: biases of q, k, v and o are not supported/],
    ["llama", { mlp_bias: true }, /mlp_bias: biases of the feed-forward/],
    ["llama", { hidden_act: "gelu" }, /hidden_act: only silu/],
    ["llama", { hidden_size: "64" }, /hidden_size: .*expected/],
    ["llama", { num_hidden_layers: 1e9 }, /num_hidden_layers/],
    ["llama", { hidden_size: 2.5, vocab_size: 0 }, /hidden_size: .*; vocab_size: /],
    ["llama", { num_key_value_heads: 3 }, /4 heads can't share 3 heads of keys and values evenly/],
    ["llama", { head_dim: 15 }, /odd width, 15/],
    ["llama", { quantization_config: { bits: 4 } }, /quantization_config: quantised checkpoints are not read/],
    [
      "llama",
      { rope_scaling: { rope_type: "yarn", factor: 4 } },
      /the rope scaling "yarn" is not supported; default, linear and llama3 are/,
    ],
    ["qwen2", { rope_scaling: { type: "dynamic", factor: 4 } }, /"dynamic" is not supported/],
    ["llama", { rope_scaling: { rope_type: "llama3", factor: 8 } }, /"llama3" lacks a number/],
    ["llama", { partial_rotary_factor: 0.5 }, /partial_rotary_factor: rotating a part/],
    ["qwen2", { use_sliding_window: true }, /use_sliding_window: sliding windows are not supported/],
    [
      "qwen2",
      { layer_types: ["full_attention", "sliding_attention"] },
      /layer_types\[1\]: only layers that attend to everything/,
    ],
    ["qwen3", { attention_bias: true }, /attention_bias/],
    ["gemma3_text", { final_logit_softcapping: 30 }, /final_logit_softcapping: soft-capped/],
    ["gemma3_text", { use_bidirectional_attention: true }, /both directions/],
    ["gemma3_text", { layer_types: ["full_attention"] }, /layer_types has 1 entries for 2 layers/],
    ["gemma3_text", { rope_parameters: { full_attention: { rope_type: "yarn" } } }, /"yarn"/],
  ])("refuses %s with %j", (type, more, message) => {
    expect(() => config(type, more)).toThrow(InputError);
    expect(() => config(type, more)).toThrow(message);
  });

  it("refuses what is no config", () => {
    for (const value of [null, [], {}, "llama", { model_type: 1 }])
      expect(() => configArchitecture(value, "config.json")).toThrow(/no config of a model/);
  });
});

describe("architectures of GGUF metadata", () => {
  it("reads decimal numbers that were stored as fp32", () => {
    expect(gguf("llama")).toMatchObject({ normEpsilon: 1e-5, kvHeads: 4, headDim: 16, tiedEmbeddings: true });
  });

  it("reads scaling as llama.cpp does", () => {
    const factors = (more: Readonly<Record<string, MetadataValue>>, frequencies: number[] | null = null) =>
      gguf("llama", more, frequencies).layers[0]!.ropeFactors;
    const all = (factor: number) => Array.from({ length: 8 }, () => factor);
    expect(factors({})).toBeNull();
    expect(factors({ "rope.scaling.factor": 4 })).toEqual(all(4));
    expect(factors({ "rope.scaling.type": "linear", "rope.scaling.factor": 4 })).toEqual(all(4));
    expect(factors({ "rope.scaling.type": "none", "rope.scaling.factor": 4 })).toBeNull();
    expect(factors({ "rope.scale_linear": 2 })).toEqual(all(2));
    expect(factors({}, all(3))).toEqual(all(3));
  });

  it("knows Gemma 3 270M's and 27B's layers", () => {
    const gemma = (layers: number) =>
      gguf("gemma3", {
        block_count: layers,
        "attention.key_length": 32,
        "attention.value_length": 32,
        "attention.sliding_window": 512,
        "rope.freq_base": 1e6,
        "rope.scaling.type": "linear",
        "rope.scaling.factor": 8,
      });
    const small = gemma(18);
    expect(small.layers.flatMap(({ window }, layer) => (window === null ? [layer] : []))).toEqual([5, 11, 17]);
    expect(small.layers[0]).toEqual({ window: 512, ropeTheta: 10_000, ropeFactors: null });
    expect(small.layers[5]).toEqual({ window: null, ropeTheta: 1e6, ropeFactors: Array.from({ length: 16 }, () => 8) });
    expect(small.attentionScale).toBe(1 / Math.sqrt(32));
    expect(gemma(62).attentionScale).toBe(1 / Math.sqrt(64 / 4));
    expect(gguf("gemma3").layers.every(({ window }) => window === null)).toBe(true);
  });

  it.each<[string, Readonly<Record<string, MetadataValue>>, RegExp]>([
    ["qwen3moe", {}, /the architecture "qwen3moe" is not supported; llama, qwen2, qwen3, gemma3 are/],
    ["llama", { expert_count: 8 }, /metadata of llama: expert_count: mixtures of experts are not supported/],
    ["llama", { "rope.scaling.type": "yarn" }, /rope\.scaling\.type: this kind of rope scaling is not supported/],
    ["llama", { "rope.dimension_count": 8 }, /8 of 16 elements of a head are rotated/],
    ["llama", { "attention.value_length": 8 }, /keys of 16 and values of 8 elements/],
    ["llama", { "attention.head_count": [4, 4] }, /attention\.head_count: .*expected number/],
    ["llama", { block_count: 0 }, /block_count/],
    ["gemma3", { final_logit_softcapping: 30 }, /soft-capped/],
  ])("refuses %s with %j", (family, more, message) => {
    expect(() => gguf(family, more)).toThrow(InputError);
    expect(() => gguf(family, more)).toThrow(message);
  });

  it("refuses frequencies that are not one for each pair", () => {
    expect(() => gguf("llama", {}, [1, 1])).toThrow(/rope_freqs\.weight has to be 8 positive numbers/);
  });
});

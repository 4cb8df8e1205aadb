// Gemma 3, text only: layers that slide with a rotary base of their own, and every sixth that sees all; norms that are stored
// less 1 and stand on both sides of each half of a block; scaled embeddings. Follows transformers' configuration_gemma3.py
// (Gemma3TextConfig) and llama.cpp's llama-model.cpp (LLM_ARCH_GEMMA3).
import { z } from "zod";
import { InputError } from "../../dataset/input-error.ts";
import type { Architecture, LayerAttention } from "../architecture.ts";
import { configSizes, type DecoderSizes, decoderFields, ggufDecoderFields, ggufFields, ggufSizes } from "./decoder.ts";
import { consistent, count, type FamilyReader, none, off, parsed, positive } from "./family-reader.ts";
import { configRotary, decimal, type Rotary, ropeParameters, rotaryFields } from "./rotary.ts";

/** The last of so many layers sees all. */
const PERIOD = 6;
const GLOBAL_THETA = 1_000_000;
const SLIDING_THETA = 10_000;
/** Layers of the 27B model: llama.cpp knows by them that its scores are scaled by hidden / heads and not by the head's width. */
const LAYERS_OF_27B = 62;

const SOFTCAPPING = "soft-capped scores are not supported";

const configSchema = z.object({
  ...decoderFields,
  ...rotaryFields,
  /** Since transformers 5, by kind of layer. */
  rope_parameters: z.object({ full_attention: ropeParameters, sliding_attention: ropeParameters }).nullish(),
  num_key_value_heads: count.default(4),
  head_dim: count.default(256),
  max_position_embeddings: count.default(131_072),
  tie_word_embeddings: z.boolean().default(true),
  hidden_activation: z
    .literal("gelu_pytorch_tanh", { error: "only gelu_pytorch_tanh is supported here" })
    .default("gelu_pytorch_tanh"),
  query_pre_attn_scalar: positive.default(256),
  sliding_window: count.default(4096),
  sliding_window_pattern: count.default(PERIOD),
  layer_types: z.array(z.enum(["sliding_attention", "full_attention"])).nullish(),
  rope_local_base_freq: positive.default(SLIDING_THETA),
  attention_bias: off("biases of q, k, v and o are not supported in this family"),
  use_bidirectional_attention: off("attention in both directions is not supported"),
  attn_logit_softcapping: none(SOFTCAPPING),
  final_logit_softcapping: none(SOFTCAPPING),
});

const ggufSchema = z.object({
  ...ggufDecoderFields,
  "attention.sliding_window": z.int().nonnegative().default(0),
  "attention.sliding_window_pattern": count.default(PERIOD),
  "rope.freq_base_swa": positive.default(SLIDING_THETA),
  attn_logit_softcapping: none(SOFTCAPPING),
  final_logit_softcapping: none(SOFTCAPPING),
});

function architecture(
  sizes: DecoderSizes,
  attentionScale: number,
  layers: readonly LayerAttention[],
  where: string,
): Architecture {
  return consistent(
    {
      family: "gemma3",
      ...sizes,
      normOffset: 1,
      attentionScale,
      qkvBias: false,
      qkNorm: true,
      postNorms: true,
      activation: "gelu-tanh",
      embeddingScale: Math.sqrt(sizes.hidden),
      layers,
    },
    where,
  );
}

/** Whether a layer slides, for all layers. */
const slides = (layers: number, period: number): boolean[] =>
  Array.from({ length: layers }, (_, layer) => (layer + 1) % period !== 0);

const attention = (pattern: readonly boolean[], sliding: LayerAttention, full: Rotary): LayerAttention[] =>
  pattern.map((slide) => (slide ? sliding : { window: null, ...full }));

export const gemma3: FamilyReader = {
  fromConfig(value, where) {
    const config = parsed(configSchema, value, where);
    const sizes = configSizes(config);
    const { headDim } = sizes;
    const { rope_parameters: byKind, layer_types: kinds, num_hidden_layers: layers } = config;
    const global = byKind
      ? { rope_parameters: byKind.full_attention }
      : { rope_theta: config.rope_theta, rope_scaling: config.rope_scaling };
    const full = configRotary(global, headDim, GLOBAL_THETA, where);
    const local = { rope_theta: config.rope_local_base_freq, rope_parameters: byKind?.sliding_attention };
    const sliding = { window: config.sliding_window, ...configRotary(local, headDim, SLIDING_THETA, where) };
    const pattern = kinds?.map((kind) => kind === "sliding_attention") ?? slides(layers, config.sliding_window_pattern);
    if (pattern.length !== layers)
      throw new InputError(`${where}: layer_types has ${pattern.length} entries for ${layers} layers`);
    return architecture(sizes, 1 / Math.sqrt(config.query_pre_attn_scalar), attention(pattern, sliding, full), where);
  },
  fromGguf(facts, where) {
    const fields = ggufFields(ggufSchema, "gemma3", facts, where);
    const { layerCount, rotary, ...sizes } = ggufSizes(fields, facts, where);
    const window = fields["attention.sliding_window"];
    // llama.cpp scales no sliding layer's frequencies. Without a window all layers see all.
    const sliding = { window, ropeTheta: decimal(fields["rope.freq_base_swa"]), ropeFactors: null };
    const pattern = slides(layerCount, window === 0 ? 1 : fields["attention.sliding_window_pattern"]);
    const width = layerCount === LAYERS_OF_27B ? sizes.hidden / sizes.heads : sizes.headDim;
    return architecture(sizes, 1 / Math.sqrt(width), attention(pattern, sliding, rotary), where);
  },
};

// Architectures small enough for tests, one a family, with all that the family can have switched on: what a graph, a reader or
// a writer gets wrong shows in them. They are no models of use.
//
// Widths are multiples of 32 and the feed-forward one of 256, the block sizes of GGUF's quantised types. Gemma 3 has six
// layers since llama.cpp fixes its pattern: five that slide, then one that sees all.
import type { Architecture, Family, LayerAttention } from "./architecture.ts";

/** Llama 3's scaling of the tiny Llama's rotary frequencies, by the names of `rope_scaling` in config.json. */
export const TINY_LLAMA_ROPE_SCALING = {
  rope_type: "llama3",
  factor: 8,
  low_freq_factor: 1,
  high_freq_factor: 4,
  original_max_position_embeddings: 128,
} as const;

/** Linear scaling (`rope_scaling`) of the tiny Gemma's layers that see all; its sliding layers have none. */
export const TINY_GEMMA_ROPE_SCALING = { rope_type: "linear", factor: 8 } as const;

/** The sliding layers' window of the tiny Gemma, in positions: shorter than the sequences of tests. */
export const TINY_WINDOW = 8;

/** A tiny architecture of the family: 64 wide, 4 heads over 2 of keys and values, 320 tokens, 512 positions. */
export function tinyArchitecture(family: Family): Architecture {
  const gemma = family === "gemma3";
  // Heads wider than hidden / heads where a family has such models.
  const headDim = gemma || family === "qwen3" ? 32 : 16;
  const hidden = 64;
  return {
    family,
    hidden,
    heads: 4,
    kvHeads: 2,
    headDim,
    feedForward: 256,
    vocabulary: 320,
    contextLength: 512,
    normEpsilon: family === "llama" ? 1e-5 : 1e-6,
    normOffset: gemma ? 1 : 0,
    attentionScale: 1 / Math.sqrt(headDim),
    qkvBias: family === "qwen2",
    qkNorm: gemma || family === "qwen3",
    postNorms: gemma,
    activation: gemma ? "gelu-tanh" : "silu",
    embeddingScale: gemma ? Math.sqrt(hidden) : 1,
    tiedEmbeddings: family !== "llama",
    layers: layersOf(family, headDim),
  };
}

function layersOf(family: Family, headDim: number): readonly LayerAttention[] {
  switch (family) {
    case "llama": {
      const all = { window: null, ropeTheta: 10_000, ropeFactors: llamaFactors(10_000, headDim) };
      return [all, all];
    }
    case "qwen2":
    case "qwen3": {
      const all = { window: null, ropeTheta: 1_000_000, ropeFactors: null };
      return [all, all];
    }
    case "gemma3": {
      const sliding = { window: TINY_WINDOW, ropeTheta: 10_000, ropeFactors: null };
      const factors = Array.from({ length: headDim / 2 }, () => TINY_GEMMA_ROPE_SCALING.factor);
      const all = { window: null, ropeTheta: 1_000_000, ropeFactors: factors };
      return [sliding, sliding, sliding, sliding, sliding, all];
    }
  }
}

// Llama 3's scaling: frequencies with wavelengths below original / high stay, above original / low are divided by the factor,
// and between them the inverse of the divisor goes linearly with original / wavelength.
function llamaFactors(theta: number, headDim: number): readonly number[] {
  const { factor, low_freq_factor: low, high_freq_factor: high } = TINY_LLAMA_ROPE_SCALING;
  return Array.from({ length: headDim / 2 }, (_, i) => {
    const wavelength = 2 * Math.PI * theta ** ((2 * i) / headDim);
    const turns = TINY_LLAMA_ROPE_SCALING.original_max_position_embeddings / wavelength;
    const share = Math.min(1, Math.max(0, (turns - low) / (high - low)));
    return 1 / (share + (1 - share) / factor);
  });
}

import { describe, expect, it } from "vitest";
import { ropeScaling } from "./rope-scaling.ts";
import { TINY_GEMMA_ROPE_SCALING, TINY_LLAMA_ROPE_SCALING, tinyArchitecture } from "./tiny-architecture.ts";

const layer = { window: null, ropeTheta: 10_000 };

describe("ropeScaling", () => {
  it("reads both scalings back from their divisors", () => {
    expect(ropeScaling(tinyArchitecture("llama").layers[0]!)).toEqual(TINY_LLAMA_ROPE_SCALING);
    expect(ropeScaling(tinyArchitecture("gemma3").layers[5]!)).toEqual(TINY_GEMMA_ROPE_SCALING);
  });

  it("reads Llama 3.2's from divisors that were rounded to fp32", () => {
    const divisors = Array.from({ length: 32 }, (_, i) => {
      const turns = 8192 / (2 * Math.PI * 500_000 ** (i / 32));
      const kept = Math.min(1, Math.max(0, (turns - 1) / 3));
      return Math.fround(1 / (kept + (1 - kept) / 32));
    });
    expect(ropeScaling({ window: null, ropeTheta: 500_000, ropeFactors: divisors })).toEqual({
      rope_type: "llama3",
      factor: 32,
      low_freq_factor: 1,
      high_freq_factor: 4,
      original_max_position_embeddings: 8192,
    });
  });

  it("tells no scaling from one that has no name", () => {
    expect(ropeScaling({ ...layer, ropeFactors: null })).toBeNull();
    expect(ropeScaling({ ...layer, ropeFactors: [1, 1] })).toBeNull();
    expect(ropeScaling({ ...layer, ropeFactors: [1, 2, 3, 4] })).toBeUndefined();
    expect(ropeScaling({ ...layer, ropeFactors: [4, 1, 1, 1] })).toBeUndefined();
  });
});

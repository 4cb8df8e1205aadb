import { describe, expect, it } from "vitest";
import { LINEAR_LAYERS } from "../weights/architecture.ts";
import { tinyArchitecture } from "../weights/tiny-architecture.ts";
import { DEFAULT_LORA, initialLora, loraShapes } from "./lora-init.ts";

const architecture = tinyArchitecture("llama");

describe("initialLora", () => {
  it("adapts all linear layers of all blocks, with PEFT's shapes", () => {
    const { pairs, config } = initialLora(architecture, DEFAULT_LORA, 1);
    expect(config).toBe(DEFAULT_LORA);
    expect(pairs.size).toBe(architecture.layers.length * LINEAR_LAYERS.length);
    expect([...pairs.keys()][1]).toBe("model.layers.0.self_attn.k_proj");
    const { rank } = DEFAULT_LORA;
    const key = pairs.get("model.layers.1.self_attn.k_proj");
    expect(key?.A).toHaveLength(rank * architecture.hidden);
    expect(key?.B).toHaveLength(architecture.kvHeads * architecture.headDim * rank);
    expect(pairs.get("model.layers.0.mlp.down_proj")?.A).toHaveLength(rank * architecture.feedForward);
    for (const [name, { A, B }] of loraShapes(architecture, DEFAULT_LORA)) {
      expect(pairs.get(name)?.A).toHaveLength(A[0] * A[1]);
      expect(pairs.get(name)?.B).toHaveLength(B[0] * B[1]);
    }
  });

  it("draws A uniformly within 1/√(width in), and leaves B at zero", () => {
    for (const [name, { A, B }] of initialLora(architecture, { ...DEFAULT_LORA, rank: 64 }, 1).pairs) {
      const bound = 1 / Math.sqrt(name.endsWith("down_proj") ? architecture.feedForward : architecture.hidden);
      const mean = A.reduce((sum, value) => sum + value, 0) / A.length;
      const deviation = Math.sqrt(A.reduce((sum, value) => sum + (value - mean) ** 2, 0) / A.length);
      expect(Math.max(...A.map(Math.abs))).toBeLessThanOrEqual(bound * (1 + 2 ** -23));
      expect(Math.max(...A.map(Math.abs))).toBeGreaterThan(0.99 * bound);
      expect(Math.abs(mean)).toBeLessThan(0.05 * bound);
      expect(deviation / bound).toBeCloseTo(1 / Math.sqrt(3), 1);
      expect(B.every((value) => value === 0)).toBe(true);
    }
  });

  it("is a function of the seed, layer by layer", () => {
    const name = "model.layers.0.self_attn.v_proj";
    const draw = (seed: number, targets = DEFAULT_LORA.targets) =>
      initialLora(architecture, { ...DEFAULT_LORA, targets }, seed).pairs.get(name)?.A;
    expect(draw(4)).toEqual(draw(4));
    expect(draw(4, ["self_attn.v_proj"])).toEqual(draw(4));
    expect(draw(5)).not.toEqual(draw(4));
    const { pairs } = initialLora(architecture, DEFAULT_LORA, 4);
    expect(pairs.get("model.layers.1.self_attn.v_proj")?.A).not.toEqual(draw(4));
  });

  it.each([
    [{ rank: 0 }, /^rank: 0 /],
    [{ rank: 1.5 }, /^rank: 1.5 /],
    [{ alpha: Number.NaN }, /^alpha: NaN /],
    [{ dropout: 1 }, /^dropout: 1 /],
    [{ targets: [] }, /^targets: /],
  ])("refuses %o", (over, message) => {
    expect(() => initialLora(architecture, { ...DEFAULT_LORA, ...over }, 1)).toThrow(message);
  });
});

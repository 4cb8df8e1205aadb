import { describe, expect, it } from "vitest";
import { keptElements } from "./dropout-mask.ts";

const share = (kept: Uint8Array) => kept.reduce((sum, one) => sum + one, 0) / kept.length;

describe("keptElements", () => {
  it("is the same for the same seed and place, and another for any other", () => {
    const kept = keptElements(1, "model.layers.0.mlp_input", 1001, 0.3);
    expect(keptElements(1, "model.layers.0.mlp_input", 1001, 0.3)).toEqual(kept);
    expect(keptElements(2, "model.layers.0.mlp_input", 1001, 0.3)).not.toEqual(kept);
    expect(keptElements(1, "model.layers.1.mlp_input", 1001, 0.3)).not.toEqual(kept);
  });

  it("drops the share that it is told to", () => {
    // Five standard deviations of a mean of 400,000 draws.
    for (const dropout of [0.05, 0.1, 0.5])
      expect(Math.abs(share(keptElements(7, "place", 400_000, dropout)) - (1 - dropout))).toBeLessThan(
        5 * Math.sqrt((dropout * (1 - dropout)) / 400_000),
      );
    expect(share(keptElements(7, "place", 1000, 0))).toBe(1);
    expect(share(keptElements(7, "place", 1000, 1))).toBe(0);
  });

  it("draws neighbours and rows independently", () => {
    const kept = keptElements(3, "place", 400_000, 0.5);
    for (const lag of [1, 2, 3, 64, 576]) {
      let both = 0;
      for (let i = lag; i < kept.length; i += 1) both += (kept[i] as number) & (kept[i - lag] as number);
      expect(Math.abs(both / (kept.length - lag) - 0.25)).toBeLessThan(0.005);
    }
  });
});

import { describe, expect, it } from "vitest";
import { seededRandom } from "../preference/seed.ts";
import { chiSquareTail } from "./chi-square.ts";
import { clusteredMcNemar, EXACT_BELOW, mcnemar } from "./mcnemar.ts";

describe("McNemar's test", () => {
  it("is the exact binomial one where few items are discordant", () => {
    // 2 · (1 + 17 + 136 + 680 + 2380 + 6188) / 2¹⁷
    expect(mcnemar({ onlyA: 5, onlyB: 12 })).toEqual({ onlyA: 5, onlyB: 12, variant: "exact", p: 18_804 / 131_072 });
    expect(mcnemar({ onlyA: 0, onlyB: 5 }).p).toBe(2 / 32);
    expect(mcnemar({ onlyA: 4, onlyB: 4 }).p).toBe(1);
    expect(mcnemar({ onlyA: 0, onlyB: 0 }).p).toBe(1);
  });

  it("is χ² with the correction where they are many, close to the exact one", () => {
    const { variant, p } = mcnemar({ onlyA: 40, onlyB: 25 });
    expect(variant).toBe("corrected");
    expect(p).toBeCloseTo(chiSquareTail(14 ** 2 / 65), 12);
    expect(mcnemar({ onlyA: 15, onlyB: 15 }).p).toBe(1);
    const exact = mcnemar({ onlyA: 7, onlyB: EXACT_BELOW - 8 });
    expect(exact.variant).toBe("exact");
    expect(Math.abs(exact.p - mcnemar({ onlyA: 7, onlyB: EXACT_BELOW - 7 }).p)).toBeLessThan(0.04);
  });
});

describe("the test of clustered pairs", () => {
  it("is McNemar's χ² with one item a cluster", () => {
    const clusters = [
      ...Array(30).fill({ onlyA: 1, onlyB: 0, items: 1 }),
      ...Array(14).fill({ onlyA: 0, onlyB: 1, items: 1 }),
    ];
    const { variant, onlyA, onlyB, p } = clusteredMcNemar(clusters);
    expect([variant, onlyA, onlyB]).toEqual(["clustered", 30, 14]);
    expect(p).toBeCloseTo(chiSquareTail(16 ** 2 / 44), 12);
    expect(clusteredMcNemar([{ onlyA: 0, onlyB: 0, items: 3 }]).p).toBe(1);
  });

  it("does not take items that go together for evidence of their own", () => {
    const random = seededRandom("clusters", 1);
    let [clustered, plain] = [0, 0];
    const trials = 400;
    for (let trial = 0; trial < trials; trial += 1) {
      // No difference between the models; in every cluster all five items go the same way.
      const clusters = Array.from({ length: 40 }, () =>
        random() < 0.5 ? { onlyA: 5, onlyB: 0, items: 5 } : { onlyA: 0, onlyB: 5, items: 5 },
      );
      const { onlyA, onlyB, p } = clusteredMcNemar(clusters);
      if (p < 0.05) clustered += 1;
      if (mcnemar({ onlyA, onlyB }).p < 0.05) plain += 1;
    }
    expect(clustered / trials).toBeLessThan(0.09);
    expect(plain / trials).toBeGreaterThan(0.2);
  });
});

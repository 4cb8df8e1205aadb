import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { sampleSeed } from "./sample-seed.ts";

describe("sampleSeed", () => {
  it("is a 32-bit number that llama.cpp does not take for 'random'", () => {
    fc.assert(
      fc.property(fc.maxSafeNat(), fc.nat(4096), (seed, index) => {
        const made = sampleSeed(seed, index);
        return Number.isInteger(made) && made >= 0 && made < 0xffffffff;
      }),
    );
  });

  it("differs between samples and between neighbouring seeds", () => {
    const seeds = new Set<number>();
    for (let seed = 0; seed < 100; seed++) for (let index = 0; index < 100; index++) seeds.add(sampleSeed(seed, index));
    expect(seeds.size).toBeGreaterThan(9_990); // 10,000 draws of 2³² collide in 0.01 pairs
  });

  it("heeds the bits above 32", () => {
    expect(sampleSeed(2 ** 40 + 1, 0)).not.toBe(sampleSeed(1, 0));
  });

  it("never changes: records of old runs rely on it", () => {
    expect([sampleSeed(0, 0), sampleSeed(7, 0), sampleSeed(7, 1)]).toEqual([420730522, 3798393742, 2352270374]);
  });
});

import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { PythonRandom } from "./mt19937.ts";

const times = <T>(count: number, draw: () => T): T[] => Array.from({ length: count }, draw);
const seeds = fc.bigInt({ min: -(2n ** 100n), max: 2n ** 100n });

describe("PythonRandom", () => {
  it("yields what the authors' own program yields for their key", () => {
    // init_by_array({0x123, 0x234, 0x345, 0x456}), first lines of mt19937ar.out
    const random = new PythonRandom(0x123n + (0x234n << 32n) + (0x345n << 64n) + (0x456n << 96n));
    expect(times(5, () => random.word())).toEqual([1067595299, 955945823, 477289528, 4107218783, 4228976476]);
  });

  it("draws what CPython draws", () => {
    const random = new PythonRandom(0);
    expect(times(3, () => random.random())).toEqual([0.8444218515250481, 0.7579544029403025, 0.420571580830845]);
    expect([1, 5, 31, 32].map((bits) => random.bits(bits))).toEqual([0, 30, 1097954097, 2087043557]);
    expect([1, 2, 10, 1000, 3_000_000_000].map((bound) => random.below(bound))).toEqual([0, 1, 7, 366, 2505606783]);
  });

  it("draws normal variates to the last bit as CPython does, two from a pair", () => {
    const random = new PythonRandom(20240229);
    expect(times(6, () => random.gauss(0, 1))).toEqual([
      -0.09917056208088905, 0.16280465171434336, 0.24000596434415397, -1.0317470606725314, 1.2651764365566445,
      -0.9671105637849958,
    ]);
  });

  it("takes a seed's size, not its sign, of any number of words", () => {
    expect(new PythonRandom(-(2n ** 70n + 5n)).random()).toBe(0.46679953776226335);
    const twoWords = new PythonRandom(4294967296);
    expect(times(2, () => twoWords.random())).toEqual([0.11299430095636409, 0.41782886486292836]);
    fc.assert(
      fc.property(seeds, (seed) => {
        expect(new PythonRandom(-seed).word()).toBe(new PythonRandom(seed).word());
      }),
    );
  });

  it("draws below a bound from the top bits, and again while they are too large", () => {
    fc.assert(
      fc.property(seeds, fc.integer({ min: 1, max: 2 ** 32 - 1 }), (seed, bound) => {
        const [random, words] = [new PythonRandom(seed), new PythonRandom(seed)];
        const bits = Math.floor(Math.log2(bound)) + 1;
        let expected = words.bits(bits);
        while (expected >= bound) expected = words.bits(bits);
        expect(random.below(bound)).toBe(expected);
        expect(random.word()).toBe(words.word());
      }),
    );
  });

  it("goes on over the end of its state", () => {
    const random = new PythonRandom(7);
    const words = times(2000, () => random.word());
    expect(new Set(words).size).toBeGreaterThan(1990);
    expect(words[1999]).toBe(2803521222);
  });

  it("refuses what is no seed, no bound and no count of bits", () => {
    expect(() => new PythonRandom(0.5)).toThrow("a seed is a whole number, not 0.5");
    const random = new PythonRandom(0);
    for (const bound of [0, -1, 1.5, 2 ** 32]) expect(() => random.below(bound)).toThrow(RangeError);
    for (const bits of [-1, 33, 0.5]) expect(() => random.bits(bits)).toThrow(RangeError);
    expect(random.bits(0)).toBe(0);
  });
});

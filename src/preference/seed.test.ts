import { describe, expect, it } from "vitest";
import { drawOne, fraction, seededRandom, shuffled } from "./seed.ts";

describe("seededRandom", () => {
  it("draws the same for the same key and not for another", () => {
    const draws = (...key: (string | number)[]): number[] => Array.from({ length: 5 }, seededRandom(...key));
    expect(draws("a", 1)).toEqual(draws("a", 1));
    expect(draws("a", 1)).not.toEqual(draws("a", 2));
    expect(draws("ab")).not.toEqual(draws("a", "b"));
    expect(draws("1")).not.toEqual(draws(1));
  });

  it("spreads its draws evenly over [0, 1)", () => {
    const random = seededRandom("even");
    const counts = new Array<number>(10).fill(0);
    for (let draw = 0; draw < 100_000; draw += 1) {
      const value = random();
      expect(value >= 0 && value < 1).toBe(true);
      counts[Math.floor(value * 10)]! += 1;
    }
    // 10,000 each with a standard deviation of 95; five of them.
    for (const count of counts) expect(Math.abs(count - 10_000)).toBeLessThan(475);
  });
});

describe("fraction", () => {
  it("spreads keys evenly over [0, 1)", () => {
    const low = Array.from({ length: 10_000 }, (_, key) => fraction("k", key)).filter((value) => value < 0.1).length;
    expect(Math.abs(low - 1000)).toBeLessThan(150); // five standard deviations
  });
});

describe("drawing", () => {
  it("draws every item, each about equally often", () => {
    const random = seededRandom("items");
    const counts = new Map([
      ["a", 0],
      ["b", 0],
      ["c", 0],
    ]);
    for (let draw = 0; draw < 3000; draw += 1) {
      const item = drawOne(["a", "b", "c"], random);
      counts.set(item, (counts.get(item) ?? 0) + 1);
    }
    for (const count of counts.values()) expect(Math.abs(count - 1000)).toBeLessThan(130);
    expect(() => drawOne([], random)).toThrow(RangeError);
  });

  it("shuffles without loss and leaves the original alone", () => {
    const items = Array.from({ length: 50 }, (_, index) => index);
    const deck = shuffled(items, seededRandom("deck"));
    expect(deck).not.toEqual(items);
    expect([...deck].sort((a, b) => a - b)).toEqual(items);
    expect(items[0]).toBe(0);
  });
});

import { describe, expect, it } from "vitest";
import { type Random, seededRandom } from "../preference/seed.ts";
import { bootstrapIntervals, unseenBound } from "./bootstrap.ts";

const mean = (values: readonly number[]): number => values.reduce((sum, value) => sum + value, 0) / values.length;
const meanOfAll = (clusters: readonly (readonly number[])[]): number[] => [mean(clusters.flat())];

/** Clusters whose own rate of successes varies about 0.5, as questions that are easier or harder. */
const clustered = (random: Random, clusters: number, size: number): number[][] =>
  Array.from({ length: clusters }, () => {
    const rate = 0.2 + 0.6 * random();
    return Array.from({ length: size }, () => (random() < rate ? 1 : 0));
  });

describe("bootstrapIntervals", () => {
  it("gives the same interval for the same seed, another for another", () => {
    const clusters = clustered(seededRandom("data"), 12, 4);
    const interval = (seed: number) => bootstrapIntervals(clusters, meanOfAll, { seed, resamples: 500 });
    expect(interval(1)).toEqual(interval(1));
    expect(interval(1)).not.toEqual(interval(2));
  });

  it("covers the truth about as often as it says, where responses hang together by question", () => {
    const trials = 400;
    let byCluster = 0;
    let byResponse = 0;
    for (let trial = 0; trial < trials; trial += 1) {
      const clusters = clustered(seededRandom("coverage", trial), 20, 10);
      const covers = (data: readonly (readonly number[])[]): boolean => {
        const [{ low, high }] = bootstrapIntervals(data, meanOfAll, { seed: trial, resamples: 300 }) as [
          { low: number; high: number },
        ];
        return low <= 0.5 && 0.5 <= high;
      };
      if (covers(clusters)) byCluster += 1;
      if (covers(clusters.flat().map((value) => [value]))) byResponse += 1;
    }
    expect(byCluster / trials).toBeGreaterThan(0.9);
    expect(byCluster / trials).toBeLessThan(0.98);
    // What resampling single responses would have claimed: the reason for clusters.
    expect(byResponse).toBeLessThan(byCluster);
  });

  it("pairs statistics: a difference that is the same in every cluster has no spread", () => {
    const clusters = [0.1, 0.9, 0.4, 0.7].map((base) => ({ base, tuned: base + 0.05 }));
    const [base, difference] = bootstrapIntervals(
      clusters,
      (some) => [
        mean(some.map((one) => one.base)),
        mean(some.map((one) => one.tuned)) - mean(some.map((one) => one.base)),
      ],
      { seed: 1, resamples: 500 },
    );
    expect(base!.high - base!.low).toBeGreaterThan(0.2);
    expect(difference!.low).toBeCloseTo(0.05);
    expect(difference!.high).toBeCloseTo(0.05);
  });

  it("leaves out resamples with nothing to divide by, and gives no interval where there never is", () => {
    const shares = (some: readonly { yes: number; of: number }[]): number[] => {
      const sum = (name: "yes" | "of"): number => some.reduce((total, one) => total + one[name], 0);
      return [sum("yes") / sum("of"), Number.NaN];
    };
    const [share, none] = bootstrapIntervals(
      [
        { yes: 0, of: 0 },
        { yes: 1, of: 2 },
      ],
      shares,
      { seed: 3, resamples: 99 },
    );
    expect(share).toEqual({ low: 0.5, high: 0.5 });
    expect(none).toEqual({ low: Number.NaN, high: Number.NaN });
    expect(() => bootstrapIntervals([], shares, { seed: 1 })).toThrow(RangeError);
  });
});

it("bounds what none of the clusters showed as the exact binomial interval does", () => {
  expect(unseenBound(1)).toBeCloseTo(0.975);
  expect(unseenBound(16)).toBeCloseTo(0.2059, 4);
  expect(unseenBound(100)).toBeCloseTo(0.0362, 4);
});

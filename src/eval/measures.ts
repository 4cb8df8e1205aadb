// Measures of a scored run from its items: sums over sums, with bootstrap intervals over clusters. Knows no benchmark.
import { bootstrapIntervals } from "./bootstrap.ts";
import { type Estimate, estimateOf } from "./estimate.ts";
import type { ScoredItem } from "./scored-run.ts";

/** A measure: its value with an interval, and what it is the share of. */
export interface ScoredMeasure extends Estimate {
  /** Sum of the denominators: criteria, rounds, prompts. */
  readonly of: number;
}

/** Measures by name. */
export type Measures = Readonly<Record<string, ScoredMeasure>>;

export interface MeasureOptions {
  readonly seed: number;
  /** Resamples of the bootstrap. */
  readonly resamples?: number;
}

/** The names of all measures that items count in, as they first come up. */
export const measureNames = (items: Iterable<ScoredItem>): string[] => {
  const names = new Set<string>();
  for (const { outcomes } of items) for (const name in outcomes) names.add(name);
  return [...names];
};

/**
 * The sums of each cluster: for each name its numerator and its denominator, one after the other.
 * @returns one array of 2 × names numbers a cluster, in the order in which the clusters come up
 */
export function clusterSums(items: readonly ScoredItem[], names: readonly string[]): Float64Array[] {
  const place = new Map(names.map((name, index) => [name, 2 * index]));
  const sums = new Map<string, Float64Array>();
  for (const { cluster, outcomes } of items) {
    let sum = sums.get(cluster);
    if (sum === undefined) {
      sum = new Float64Array(2 * names.length);
      sums.set(cluster, sum);
    }
    for (const name in outcomes) {
      const at = place.get(name);
      if (at === undefined) continue;
      sum[at]! += outcomes[name]![0];
      sum[at + 1]! += outcomes[name]![1];
    }
  }
  return [...sums.values()];
}

/** The ratios of the sums of clusters; NaN where there is nothing to divide by. */
export function ratiosOf(clusters: readonly Float64Array[]): number[] {
  const length = clusters[0]?.length ?? 0;
  const total = new Float64Array(length);
  for (const sums of clusters) for (let index = 0; index < length; index += 1) total[index]! += sums[index]!;
  return Array.from({ length: length / 2 }, (_, index) => total[2 * index]! / total[2 * index + 1]!);
}

/** Values alone, without intervals. */
export function measureValues(items: readonly ScoredItem[]): Record<string, number> {
  const names = measureNames(items);
  const values = ratiosOf(clusterSums(items, names));
  return Object.fromEntries(names.map((name, index) => [name, values[index]!]));
}

/**
 * All measures with their 95 % intervals.
 * @throws RangeError without an item
 */
export function measuresOf(items: readonly ScoredItem[], options: MeasureOptions): Measures {
  const names = measureNames(items);
  const clusters = clusterSums(items, names);
  const values = ratiosOf(clusters);
  const intervals = bootstrapIntervals(clusters, ratiosOf, options);
  return Object.fromEntries(
    names.map((name, index) => {
      const of = clusters.reduce((sum, sums) => sum + sums[2 * index + 1]!, 0);
      const taking = clusters.filter((sums) => sums[2 * index + 1]! > 0).length;
      return [name, { ...estimateOf(values[index]!, intervals[index]!, 0, taking), of }];
    }),
  );
}

// Measures of scored runs from their items: sums over sums, and where a benchmark has one the average of its headline's measures
// (headline.ts); with bootstrap intervals over clusters. Knows no benchmark.
import { bootstrapIntervals } from "./bootstrap.ts";
import { type Estimate, estimateOf } from "./estimate.ts";
import { AVERAGE, headlineOf } from "./headline.ts";
import type { ScoredItem, ScoredRun } from "./scored-run.ts";

/** A measure: its value with an interval, and what it is the share of. */
export interface ScoredMeasure extends Estimate {
  /** Sum of the denominators: criteria, rounds, prompts. Of an average, the smallest one of what it averages. */
  readonly of: number;
}

/** Measures by name. */
export type Measures = Readonly<Record<string, ScoredMeasure>>;

export interface MeasureOptions {
  readonly seed: number;
  /** Resamples of the bootstrap. */
  readonly resamples?: number;
}

/** What is measured on a benchmark: ratios by name, and the places of those that are averaged; none for no average. */
export interface MeasurePlan {
  readonly ratios: readonly string[];
  readonly averaged: readonly number[];
  /** All names, the average's last. */
  readonly names: readonly string[];
}

/** The plan of all measures that items count in, parts after what they are parts of. */
export function measurePlan(benchmark: string, items: Iterable<ScoredItem>): MeasurePlan {
  const found = new Set<string>();
  for (const { outcomes } of items) for (const name in outcomes) found.add(name);
  const ratios = [...found].sort();
  const { measures, average } = headlineOf(benchmark, ratios);
  // An average of some of its measures would not be the published one.
  const averaged = average !== null && measures.every((name) => found.has(name)) ? measures : [];
  return {
    ratios,
    averaged: averaged.map((name) => ratios.indexOf(name)),
    names: averaged.length > 0 ? [...ratios, AVERAGE] : ratios,
  };
}

/**
 * The sums of each cluster: of each ratio the numerator and the denominator, one after the other.
 * @returns by cluster, in the order in which they come up
 */
export function clusterSums(items: readonly ScoredItem[], { ratios }: MeasurePlan): Map<string, Float64Array> {
  const place = new Map(ratios.map((name, index) => [name, 2 * index]));
  const sums = new Map<string, Float64Array>();
  for (const { cluster, outcomes } of items) {
    let sum = sums.get(cluster);
    if (sum === undefined) {
      sum = new Float64Array(2 * ratios.length);
      sums.set(cluster, sum);
    }
    for (const name in outcomes) {
      const at = place.get(name);
      if (at === undefined) continue;
      sum[at]! += outcomes[name]![0];
      sum[at + 1]! += outcomes[name]![1];
    }
  }
  return sums;
}

/** The values of all measures by the sums of clusters, in the order of the plan's names; NaN where there is nothing to divide by. */
export function valuesOf(clusters: readonly Float64Array[], { ratios, averaged }: MeasurePlan): number[] {
  const total = totalOf(clusters, ratios.length);
  const values = ratios.map((_, index) => total[2 * index]! / total[2 * index + 1]!);
  if (averaged.length > 0) values.push(averaged.reduce((sum, index) => sum + values[index]!, 0) / averaged.length);
  return values;
}

function totalOf(clusters: readonly Float64Array[], ratios: number): Float64Array {
  const length = 2 * ratios;
  const total = new Float64Array(length);
  for (const sums of clusters) for (let index = 0; index < length; index += 1) total[index]! += sums[index]!;
  return total;
}

/** What each measure is the share of, in the order of the plan's names. */
export function denominatorsOf(clusters: readonly Float64Array[], { ratios, averaged }: MeasurePlan): number[] {
  const total = totalOf(clusters, ratios.length);
  const denominators = ratios.map((_, index) => total[2 * index + 1]!);
  if (averaged.length > 0) denominators.push(Math.min(...averaged.map((index) => denominators[index]!)));
  return denominators;
}

/** Clusters that take part in each measure, in the order of the plan's names. */
export function clusterCounts(clusters: readonly Float64Array[], { ratios, averaged }: MeasurePlan): number[] {
  const counts = ratios.map((_, index) => clusters.filter((sums) => sums[2 * index + 1]! > 0).length);
  if (averaged.length > 0) counts.push(Math.min(...averaged.map((index) => counts[index]!)));
  return counts;
}

/** Values alone, without intervals. */
export function measureValues({ benchmark, items }: Pick<ScoredRun, "benchmark" | "items">): Record<string, number> {
  const plan = measurePlan(benchmark, items);
  const values = valuesOf([...clusterSums(items, plan).values()], plan);
  return Object.fromEntries(plan.names.map((name, index) => [name, values[index]!]));
}

/**
 * All measures with their 95 % intervals.
 * @throws RangeError without an item
 */
export function measuresOf(
  { benchmark, items }: Pick<ScoredRun, "benchmark" | "items">,
  options: MeasureOptions,
): Measures {
  const plan = measurePlan(benchmark, items);
  const clusters = [...clusterSums(items, plan).values()];
  const values = valuesOf(clusters, plan);
  const intervals = bootstrapIntervals(clusters, (some) => valuesOf(some, plan), options);
  const denominators = denominatorsOf(clusters, plan);
  const counts = clusterCounts(clusters, plan);
  return Object.fromEntries(
    plan.names.map((name, index) => [
      name,
      { ...estimateOf(values[index]!, intervals[index]!, 0, counts[index]!), of: denominators[index]! },
    ]),
  );
}

// Two scored runs of the same benchmark on the same items: the difference of every measure with a paired bootstrap interval (each
// resampled cluster brings both models), and McNemar's test where the measure is of whole items. Knows no benchmark. Pure.
import { bootstrapIntervals } from "./bootstrap.ts";
import { type Finding, findingOf } from "./comparison.ts";
import { type Estimate, estimateOf } from "./estimate.ts";
import { clusteredMcNemar, type DiscordantCluster, type McNemar, mcnemar } from "./mcnemar.ts";
import {
  clusterCounts,
  clusterSums,
  denominatorsOf,
  type MeasureOptions,
  type MeasurePlan,
  measurePlan,
  valuesOf,
} from "./measures.ts";
import type { ScoredItem, ScoredRun } from "./scored-run.ts";

export interface PairedMeasure {
  readonly measure: string;
  readonly a: Estimate;
  readonly b: Estimate;
  /** b less a. */
  readonly difference: Estimate;
  /** What the difference shows of b beside a. */
  readonly finding: Finding;
  /** Null where the measure is not of whole items (a micro average over criteria, an average of measures). */
  readonly mcnemar: McNemar | null;
  /** What it is the share of, of a and of b. */
  readonly of: readonly [a: number, b: number];
}

export interface PairedComparison {
  readonly benchmark: string;
  readonly mode: string;
  readonly a: string;
  readonly b: string;
  /** In common. */
  readonly items: number;
  readonly clusters: number;
  /** Items that just one of the runs has: they take no part. */
  readonly onlyInA: number;
  readonly onlyInB: number;
  /** What the two differ in beside the model, so that the differences are not the model's alone. */
  readonly settings: readonly { readonly name: string; readonly a: string | null; readonly b: string | null }[];
  readonly measures: readonly PairedMeasure[];
}

/** Two runs that can't be compared: of two benchmarks, in two modes, on other items. */
export class NotComparable extends Error {
  constructor(message: string) {
    super(message);
    this.name = "NotComparable";
  }
}

/** @throws NotComparable */
export function comparePaired(a: ScoredRun, b: ScoredRun, options: MeasureOptions): PairedComparison {
  for (const what of ["benchmark", "mode"] as const)
    if (a[what] !== b[what]) throw new NotComparable(`one run is of ${what} ${a[what]}, the other of ${b[what]}`);
  const pairs = inCommon(a, b);
  if (pairs.length === 0) throw new NotComparable("the two runs have no item in common");
  const plan = measurePlan(a.benchmark, pairs.flat());
  const [ours, theirs] = [0, 1].map((side) =>
    clusterSums(
      pairs.map((pair) => pair[side]!),
      plan,
    ),
  ) as [Map<string, Float64Array>, Map<string, Float64Array>];
  const clusters = [...ours].map(([cluster, sums]) => ({ a: sums, b: theirs.get(cluster)! }));
  const statistics = (some: readonly { a: Float64Array; b: Float64Array }[]): number[] => {
    const [before, after] = (["a", "b"] as const).map((side) =>
      valuesOf(
        some.map((cluster) => cluster[side]),
        plan,
      ),
    ) as [number[], number[]];
    return [...before, ...after, ...before.map((value, index) => after[index]! - value)];
  };
  const values = statistics(clusters);
  const intervals = bootstrapIntervals(clusters, statistics, options);
  const sides = [[...ours.values()], [...theirs.values()]] as const;
  const counts = clusterCounts(sides[0], plan);
  const denominators = sides.map((side) => denominatorsOf(side, plan));
  const count = plan.names.length;
  return {
    benchmark: a.benchmark,
    mode: a.mode,
    a: a.run,
    b: b.run,
    items: pairs.length,
    clusters: clusters.length,
    onlyInA: a.items.length - pairs.length,
    onlyInB: b.items.length - pairs.length,
    settings: differingSettings(a, b),
    measures: plan.names.map((measure, index) => {
      const estimate = (part: number, least: number): Estimate =>
        estimateOf(values[part * count + index]!, intervals[part * count + index]!, least, counts[index]!);
      const difference = estimate(2, -1);
      return {
        measure,
        a: estimate(0, 0),
        b: estimate(1, 0),
        difference,
        finding: findingOf(difference),
        mcnemar: testOf(pairs, measure, plan),
        of: [denominators[0]![index]!, denominators[1]![index]!],
      };
    }),
  };
}

function differingSettings(
  { setting: a = {} }: ScoredRun,
  { setting: b = {} }: ScoredRun,
): PairedComparison["settings"] {
  return [...new Set([...Object.keys(a), ...Object.keys(b)])].flatMap((name) =>
    a[name] === b[name] ? [] : [{ name, a: a[name] ?? null, b: b[name] ?? null }],
  );
}

type Pair = readonly [a: ScoredItem, b: ScoredItem];

/** Items that both have, in the order of a. @throws NotComparable where the same id is another item */
function inCommon(a: ScoredRun, b: ScoredRun): Pair[] {
  const theirs = new Map(b.items.map((item) => [item.id, item]));
  return a.items.flatMap((item): Pair[] => {
    const other = theirs.get(item.id);
    if (other === undefined) return [];
    const prompts = [item.shown?.prompt, other.shown?.prompt];
    if (item.cluster !== other.cluster || (!prompts.includes(undefined) && prompts[0] !== prompts[1]))
      throw new NotComparable(
        `the item "${item.id}" of one run is another one in the other: were both run on the same data?`,
      );
    return [[item, other]];
  });
}

/** McNemar's test of a measure to which every item gives 0 or 1 of 1; clustered where items hang together. */
function testOf(pairs: readonly Pair[], measure: string, { ratios }: MeasurePlan): McNemar | null {
  if (!ratios.includes(measure)) return null;
  const clusters = new Map<string, { onlyA: number; onlyB: number; items: number }>();
  for (const [{ cluster, outcomes }, other] of pairs) {
    const [a, b] = [outcomes[measure], other.outcomes[measure]];
    if (a === undefined && b === undefined) continue;
    if (a === undefined || b === undefined) return null;
    if (a[1] !== 1 || b[1] !== 1 || ![0, 1].includes(a[0]) || ![0, 1].includes(b[0])) return null;
    const counts = clusters.get(cluster) ?? { onlyA: 0, onlyB: 0, items: 0 };
    clusters.set(cluster, counts);
    counts.items += 1;
    if (a[0] > b[0]) counts.onlyA += 1;
    if (b[0] > a[0]) counts.onlyB += 1;
  }
  const all: DiscordantCluster[] = [...clusters.values()];
  if (all.some(({ items }) => items > 1)) return clusteredMcNemar(all);
  const sum = (side: "onlyA" | "onlyB"): number => all.reduce((total, cluster) => total + cluster[side], 0);
  return mcnemar({ onlyA: sum("onlyA"), onlyB: sum("onlyB") });
}

// A model with an adapter against the same model without it, on the same turns, sample by sample with the same seeds: what
// each satisfies, the difference, and 95 % bootstrap intervals of both.
//
// What is resampled is the question (profile and query), with its responses in both forms and by both models. Responses to one
// question share its constraints, and its two forms hang together (what a heedless model satisfies by the one it fails by the
// other), so they are not independent and stay together; and as each resampled question brings both models, the intervals of
// the differences are paired. Profiles as clusters would say more about other profiles, but with 8 of them the intervals
// would be too wide and too unsure to read: these intervals are about other questions to these profiles. Pure.
import { bootstrapIntervals } from "./bootstrap.ts";
import { type Estimate, estimateOf } from "./estimate.ts";
import { FORMS, type Form } from "./held-out.ts";
import { addTallies, EMPTY_TALLY, type JudgedResponses, satisfactionOf, type Tally, tallyOf } from "./satisfaction.ts";

/** One of the forms, or the responses to both together. */
export const SCOPES = [...FORMS, "both"] as const;
export type Scope = (typeof SCOPES)[number];

export const MEASURES = ["constraintSatisfaction", "allSatisfied"] as const;
export type Measure = (typeof MEASURES)[number];

export type Measured = Readonly<Record<Scope, Readonly<Record<Measure, Estimate>>>>;

export const FINDINGS = ["better", "worse", "no difference shown"] as const;
export type Finding = (typeof FINDINGS)[number];

export interface Comparison {
  readonly base: Measured;
  readonly tuned: Measured;
  /** Tuned less base. */
  readonly difference: Measured;
  /** What the difference in constraint satisfaction over both forms shows. The one question asked; the rest is to read. */
  readonly finding: Finding;
  /** What was compared: responses of each model. */
  readonly counts: Readonly<Record<"profiles" | "questions" | "turns" | "responses", number>>;
}

/** The tallies of one question. */
interface Cluster {
  readonly base: Readonly<Record<Form, Tally>>;
  readonly tuned: Readonly<Record<Form, Tally>>;
}

/** Shown only where the whole interval lies on one side of zero. */
export const findingOf = ({ low, high }: Estimate): Finding =>
  low > 0 ? "better" : high < 0 ? "worse" : "no difference shown";

/**
 * Compares the two on the responses that both have (the same turn, the same sample index).
 * @throws RangeError where they have none in common
 */
export function compare(
  base: readonly JudgedResponses[],
  tuned: readonly JudgedResponses[],
  options: { readonly seed: number; readonly resamples?: number },
): Comparison {
  const common = inCommon(base, tuned);
  if (common.length === 0) throw new RangeError("the two models have no response in common to compare by");
  const clusters = clustersOf(common);
  const values = statistics(clusters);
  const intervals = bootstrapIntervals(clusters, statistics, options);
  const estimate = (index: number, least: number): Estimate =>
    estimateOf(values[index]!, intervals[index]!, least, clusters.length);
  const measured = (part: number): Measured => {
    const of = (scope: Scope, measure: Measure): Estimate =>
      estimate(
        (part * SCOPES.length + SCOPES.indexOf(scope)) * MEASURES.length + MEASURES.indexOf(measure),
        LEAST[part]!,
      );
    return Object.fromEntries(
      SCOPES.map((scope) => [scope, Object.fromEntries(MEASURES.map((measure) => [measure, of(scope, measure)]))]),
    ) as unknown as Measured;
  };
  const difference = measured(2);
  return {
    base: measured(0),
    tuned: measured(1),
    difference,
    finding: findingOf(difference.both.constraintSatisfaction),
    counts: {
      profiles: new Set(common.map(({ turn }) => turn.profile)).size,
      questions: clusters.length,
      turns: common.length,
      responses: common.reduce((sum, { pairs }) => sum + pairs.length, 0),
    },
  };
}

/** The smallest value of a share (base, tuned) and of a difference. The largest is 1 of all. */
const LEAST = [0, 0, -1];

interface CommonTurn {
  readonly turn: JudgedResponses;
  readonly pairs: readonly { readonly base: Tally; readonly tuned: Tally }[];
}

function inCommon(base: readonly JudgedResponses[], tuned: readonly JudgedResponses[]): CommonTurn[] {
  const byId = new Map(tuned.map((turn) => [turn.id, turn]));
  return base.flatMap((turn) => {
    const other = new Map(byId.get(turn.id)?.samples.map(({ sample, verdicts }) => [sample, verdicts]));
    const pairs = turn.samples.flatMap(({ sample, verdicts }) => {
      const theirs = other.get(sample);
      return theirs === undefined ? [] : [{ base: tallyOf(verdicts), tuned: tallyOf(theirs) }];
    });
    return pairs.length === 0 ? [] : [{ turn, pairs }];
  });
}

function clustersOf(turns: readonly CommonTurn[]): Cluster[] {
  const empty = (): Record<Form, Tally> => ({ original: EMPTY_TALLY, reversed: EMPTY_TALLY });
  const clusters = new Map<string, { base: Record<Form, Tally>; tuned: Record<Form, Tally> }>();
  for (const { turn, pairs } of turns) {
    const cluster = clusters.get(turn.question) ?? { base: empty(), tuned: empty() };
    clusters.set(turn.question, cluster);
    for (const pair of pairs) {
      cluster.base[turn.form] = addTallies(cluster.base[turn.form], pair.base);
      cluster.tuned[turn.form] = addTallies(cluster.tuned[turn.form], pair.tuned);
    }
  }
  return [...clusters.values()];
}

/** Base, tuned and difference; in each the scopes, in each of them the measures. */
function statistics(clusters: readonly Cluster[]): number[] {
  const [base, tuned] = (["base", "tuned"] as const).map((model) => {
    const [original, reversed] = FORMS.map((form) =>
      clusters.reduce((sum, cluster) => addTallies(sum, cluster[model][form]), EMPTY_TALLY),
    ) as [Tally, Tally];
    return [original, reversed, addTallies(original, reversed)].flatMap((tally) => {
      const satisfaction = satisfactionOf(tally);
      return MEASURES.map((measure) => satisfaction[measure]);
    });
  }) as [number[], number[]];
  return [...base, ...tuned, ...base.map((value, index) => tuned[index]! - value)];
}

// The accuracies of IFEval, IFBench and Multi-IF, as their official programs compute them: the share of prompts whose instructions are
// all followed, and the share of instructions that are, each by the strict and by the loose verdicts; Multi-IF's own figure is the
// mean of the four. With bootstrap intervals that resample prompts: instructions of one response hang together. Pure.
import { type BootstrapOptions, bootstrapIntervals } from "../bootstrap.ts";
import { type Estimate, estimateOf } from "../estimate.ts";

export interface InstructionVerdict {
  readonly id: string;
  readonly strict: boolean;
  readonly loose: boolean;
}

/** The verdicts on the response to one prompt, an instruction each. */
export type PromptVerdicts = readonly InstructionVerdict[];

/** `overall` is the mean of the four before it. */
export const ACCURACIES = ["prompt_strict", "inst_strict", "prompt_loose", "inst_loose", "overall"] as const;
export type Accuracy = (typeof ACCURACIES)[number];

export interface Accuracies {
  readonly prompts: number;
  readonly instructions: number;
  readonly accuracies: Readonly<Record<Accuracy, Estimate>>;
}

/** How one instruction, or a family of them, is followed. */
export interface InstructionAccuracy {
  readonly id: string;
  readonly count: number;
  readonly strict: Estimate;
  readonly loose: Estimate;
}

export type IntervalOptions = Pick<BootstrapOptions, "seed" | "resamples">;

interface Tally {
  readonly count: number;
  readonly strict: number;
  readonly loose: number;
}

const tallyOf = (verdicts: PromptVerdicts): Tally => ({
  count: verdicts.length,
  strict: verdicts.filter(({ strict }) => strict).length,
  loose: verdicts.filter(({ loose }) => loose).length,
});

/** @throws RangeError without a prompt */
export function accuraciesOf(prompts: readonly PromptVerdicts[], options: IntervalOptions): Accuracies {
  const tallies = prompts.map(tallyOf);
  const estimates = shareEstimates(tallies, fourAndTheirMean, options);
  return {
    prompts: prompts.length,
    instructions: tallies.reduce((sum, { count }) => sum + count, 0),
    accuracies: Object.fromEntries(ACCURACIES.map((name, index) => [name, estimates[index]!])) as Record<
      Accuracy,
      Estimate
    >,
  };
}

function fourAndTheirMean(tallies: readonly Tally[]): number[] {
  let [count, strict, loose, allStrict, allLoose] = [0, 0, 0, 0, 0];
  for (const tally of tallies) {
    count += tally.count;
    strict += tally.strict;
    loose += tally.loose;
    if (tally.strict === tally.count) allStrict += 1;
    if (tally.loose === tally.count) allLoose += 1;
  }
  const prompts = tallies.length;
  const four = [allStrict / prompts, strict / count, allLoose / prompts, loose / count];
  return [...four, four.reduce((sum, share) => sum + share, 0) / four.length];
}

export const FAMILY_END = ":";

/** What an id begins with: "keywords" of "keywords:existence". */
export const familyOf = (id: string): string => id.split(FAMILY_END)[0]!;

/** How each is followed, by name. @param nameOf the id itself, or its family */
export function instructionAccuracies(
  prompts: readonly PromptVerdicts[],
  nameOf: (id: string) => string,
  options: IntervalOptions,
): InstructionAccuracy[] {
  const byName = new Map<string, Tally[]>();
  for (const verdicts of prompts)
    for (const [name, own] of Map.groupBy(verdicts, ({ id }) => nameOf(id))) {
      const tallies = byName.get(name);
      if (tallies === undefined) byName.set(name, [tallyOf(own)]);
      else tallies.push(tallyOf(own));
    }
  return [...byName]
    .sort(([a], [b]) => (a < b ? -1 : 1))
    .map(([id, tallies]) => {
      const [strict, loose] = shareEstimates(tallies, strictAndLoose, options) as [Estimate, Estimate];
      return { id, count: tallies.reduce((sum, { count }) => sum + count, 0), strict, loose };
    });
}

function strictAndLoose(tallies: readonly Tally[]): number[] {
  let [count, strict, loose] = [0, 0, 0];
  for (const tally of tallies) {
    count += tally.count;
    strict += tally.strict;
    loose += tally.loose;
  }
  return [strict / count, loose / count];
}

/** Shares of a list of tallies, with their intervals. */
function shareEstimates(
  tallies: readonly Tally[],
  shares: (tallies: readonly Tally[]) => readonly number[],
  options: IntervalOptions,
): Estimate[] {
  const intervals = bootstrapIntervals(tallies, shares, options);
  return shares(tallies).map((value, index) => estimateOf(value, intervals[index]!, 0, tallies.length));
}

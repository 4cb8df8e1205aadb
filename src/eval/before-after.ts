// Which responses are shown before and after training: the same turn, the same sample index, so that nothing but the adapter
// lies between the two. Chosen by a rule that cannot flatter: the largest gain, the largest loss, and the rest by lot. Pure.
import { seededRandom, shuffled } from "../preference/seed.ts";
import type { JudgedResponses } from "./satisfaction.ts";

/** Why an example is shown. */
export type ExampleReason = "largest gain" | "largest loss" | "drawn by lot";

export interface BeforeAfter {
  readonly turn: string;
  readonly sample: number;
  /** Constraints satisfied after less those before. */
  readonly change: number;
  readonly reason: ExampleReason;
}

/**
 * Examples of responses that both have. Ties are broken by the same lot, which the seed decides.
 * @param count how many; fewer where there are no more
 */
export function beforeAfter(
  base: readonly JudgedResponses[],
  tuned: readonly JudgedResponses[],
  { seed, count }: { readonly seed: number; readonly count: number },
): BeforeAfter[] {
  const passesOf = (turn: JudgedResponses): [string, number][] =>
    turn.samples.map(({ sample, verdicts }) => [
      JSON.stringify([turn.id, sample]),
      verdicts.filter((verdict) => verdict === "pass").length,
    ]);
  const before = new Map(base.flatMap(passesOf));
  const all = tuned.flatMap(passesOf).flatMap(([key, passes]) => {
    const earlier = before.get(key);
    return earlier === undefined ? [] : [{ key, change: passes - earlier }];
  });
  const lot = shuffled(
    all.sort((a, b) => (a.key < b.key ? -1 : 1)),
    seededRandom("before-after", seed),
  );
  const chosen: { key: string; change: number; reason: ExampleReason }[] = [];
  const largest = lot.toSorted((a, b) => b.change - a.change).at(0);
  const smallest = lot.toSorted((a, b) => a.change - b.change).at(0);
  if (largest !== undefined && largest.change > 0) chosen.push({ ...largest, reason: "largest gain" });
  if (smallest !== undefined && smallest.change < 0) chosen.push({ ...smallest, reason: "largest loss" });
  for (const { key, change } of lot)
    if (chosen.length < count && chosen.every((other) => other.key !== key))
      chosen.push({ key, change, reason: "drawn by lot" });
  return chosen.slice(0, count).map(({ key, ...rest }) => {
    const [turn, sample] = JSON.parse(key) as [string, number];
    return { turn, sample, ...rest };
  });
}

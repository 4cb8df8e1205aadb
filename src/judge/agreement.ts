// How far two who give verdicts agree: shares with their intervals, and agreement beyond chance. Ignores who they are.
import type { Verdict } from "../constraint/verdict.ts";

export const VERDICTS = ["pass", "fail", "na"] as const satisfies readonly Verdict[];

/** How often the first said what (outer key) where the second said what (inner key). */
export type Confusion = Readonly<Record<Verdict, Readonly<Record<Verdict, number>>>>;

/** A share with its 95 % interval (Wilson 1927): exact enough for few trials and for shares near 0 and 1. */
export interface Share {
  readonly count: number;
  readonly of: number;
  /** Null of nothing, as are the ends of its interval. */
  readonly share: number | null;
  readonly low: number | null;
  readonly high: number | null;
}

export interface Agreement extends Share {
  /**
   * Cohen's kappa (1960): 1 where both always agree, 0 where they agree as often as chance has it, given how often each says what.
   * Null where both say the same one thing throughout, so that chance explains all.
   */
  readonly kappa: number | null;
  readonly confusion: Confusion;
}

/** Two-sided 95 % of the normal distribution. */
const Z = 1.959964;

/** A share and its interval. @throws RangeError for more than there are */
export function wilson(count: number, of: number): Share {
  if (count < 0 || count > of) throw new RangeError(`${count} of ${of}`);
  if (of === 0) return { count, of, share: null, low: null, high: null };
  const share = count / of;
  const centre = share + Z ** 2 / (2 * of);
  const reach = Z * Math.sqrt((share * (1 - share)) / of + Z ** 2 / (4 * of ** 2));
  const width = 1 + Z ** 2 / of;
  return { count, of, share, low: Math.max(0, (centre - reach) / width), high: Math.min(1, (centre + reach) / width) };
}

/** Pairs of verdicts on the same thing, the first's and the second's. */
export function agreement(pairs: Iterable<readonly [Verdict, Verdict]>): Agreement {
  const row = (): Record<Verdict, number> => ({ pass: 0, fail: 0, na: 0 });
  const confusion = { pass: row(), fail: row(), na: row() };
  for (const [first, second] of pairs) confusion[first][second] += 1;
  return { ...agreementOf(confusion), confusion };
}

function agreementOf(confusion: Confusion): Omit<Agreement, "confusion"> {
  const sum = (numbers: readonly number[]): number => numbers.reduce((total, number) => total + number, 0);
  const of = sum(VERDICTS.flatMap((first) => VERDICTS.map((second) => confusion[first][second])));
  const same = sum(VERDICTS.map((verdict) => confusion[verdict][verdict]));
  const byChance = sum(
    VERDICTS.map((verdict) => {
      const first = sum(VERDICTS.map((second) => confusion[verdict][second]));
      const second = sum(VERDICTS.map((other) => confusion[other][verdict]));
      return (first * second) / of ** 2;
    }),
  );
  const share = wilson(same, of);
  return { ...share, kappa: of === 0 || byChance === 1 ? null : (same / of - byChance) / (1 - byChance) };
}

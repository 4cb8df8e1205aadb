// A share, or a difference of two, with its 95 % interval.
import { type Interval, unseenBound } from "./bootstrap.ts";

/** A share from 0 to 1, or a difference of two, with its 95 % interval; NaN where there was nothing to count. */
export interface Estimate {
  readonly value: number;
  readonly low: number;
  readonly high: number;
}

/**
 * A value with the interval that resampling gave. Where every cluster says the same, resampling shows no spread and would claim
 * certainty: up to the bound's share of all clusters may then say anything else.
 * @param least the smallest value that there can be: 0 of a share, -1 of a difference; the largest is 1
 */
export function estimateOf(value: number, { low, high }: Interval, least: number, clusters: number): Estimate {
  if (low !== high) return { value, low, high };
  const bound = unseenBound(clusters);
  return { value, low: value - bound * (value - least), high: value + bound * (1 - value) };
}

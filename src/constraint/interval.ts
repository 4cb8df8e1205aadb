// Sets of natural numbers as intervals: what an atom of a requirement demands of its measure. In normal form (sorted,
// disjoint, no two touching) a set has one spelling, and taking the complement twice gives back the very same value.

/** Both ends belong to the interval; `null` means no upper end. */
export type Interval = readonly [low: number, high: number | null];
export type IntervalSet = readonly Interval[];

/** The normal form of any list of intervals over ℕ. Throws RangeError on an interval that is empty or not of naturals. */
export function normalise(intervals: readonly Interval[]): IntervalSet {
  for (const [low, high] of intervals) {
    const natural = Number.isSafeInteger(low) && low >= 0 && (high === null || Number.isSafeInteger(high));
    if (!natural || (high !== null && high < low))
      throw new RangeError(`not an interval of natural numbers: [${low}, ${high}]`);
  }
  const sorted = [...intervals].sort((a, b) => a[0] - b[0]);
  const merged: [number, number | null][] = [];
  for (const [low, high] of sorted) {
    const last = merged.at(-1);
    if (last !== undefined && (last[1] === null || low <= last[1] + 1)) {
      if (last[1] !== null && (high === null || high > last[1])) last[1] = high;
    } else merged.push([low, high]);
  }
  return merged;
}

/** ℕ without the set, in normal form if the set is. */
export function complementOf(set: IntervalSet): IntervalSet {
  const gaps: Interval[] = [];
  let next = 0; // smallest number not yet spoken for
  for (const [low, high] of set) {
    if (low > next) gaps.push([next, low - 1]);
    if (high === null) return gaps;
    next = high + 1;
  }
  gaps.push([next, null]);
  return gaps;
}

/** Whether the set holds the number. */
export function contains(set: IntervalSet, value: number): boolean {
  for (const [low, high] of set) if (value >= low && (high === null || value <= high)) return true;
  return false;
}

/** What both sets hold. */
export function intersection(a: IntervalSet, b: IntervalSet): IntervalSet {
  const common: Interval[] = [];
  for (const [lowA, highA] of a)
    for (const [lowB, highB] of b) {
      const low = Math.max(lowA, lowB);
      const high = highA === null ? highB : highB === null ? highA : Math.min(highA, highB);
      if (high === null || low <= high) common.push([low, high]);
    }
  return normalise(common);
}

export const atLeast = (n: number): IntervalSet => [[n, null]];
export const atMost = (n: number): IntervalSet => [[0, n]];
export const exactly = (n: number): IntervalSet => [[n, n]];
export const between = (low: number, high: number): IntervalSet => [[low, high]];
/** What a 0/1 measure must be for yes and for no; for a count, "some" and "none". */
export const SOME: IntervalSet = atLeast(1);
export const NONE: IntervalSet = exactly(0);

/** Whether two sets in normal form are the same. */
export function sameSet(a: IntervalSet, b: IntervalSet): boolean {
  return a.length === b.length && a.every(([low, high], i) => low === b[i]?.[0] && high === b[i]?.[1]);
}

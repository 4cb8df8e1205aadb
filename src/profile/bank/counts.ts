// Counts by a key out of data.

/** How often each key came. Keys are whatever the data has, "__proto__" too. */
export type Counts = Record<string, number>;

/** Counts the key once more. */
export function countOne(counts: Counts, key: string): void {
  const before = Object.hasOwn(counts, key) ? (counts[key] ?? 0) : 0;
  Object.defineProperty(counts, key, { value: before + 1, enumerable: true, configurable: true, writable: true });
}

/** The same counts, the largest first, equal ones in the order they came. */
export const largestFirst = (counts: Counts): Counts =>
  Object.fromEntries(Object.entries(counts).sort(([, a], [, b]) => b - a));

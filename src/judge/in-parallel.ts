// Work on many items, a few at a time, with the results in the order of the items.

/**
 * Works on the items in their order, `width` at once. When the signal ends it no further item is begun, what it interrupted has no
 * result, and the results so far are given; undefined for an item that has none.
 * @throws what the work on an item throws, unless the signal was aborted; the items in work are waited for
 */
export async function inParallel<T, R>(
  items: readonly T[],
  width: number,
  signal: AbortSignal | undefined,
  work: (item: T) => Promise<R>,
): Promise<(R | undefined)[]> {
  const results: (R | undefined)[] = items.map(() => undefined);
  const failures: unknown[] = [];
  let next = 0;
  const worker = async (): Promise<void> => {
    while (next < items.length && failures.length === 0 && !signal?.aborted) {
      const index = next++;
      try {
        results[index] = await work(items[index]!);
      } catch (error) {
        if (!signal?.aborted) failures.push(error);
      }
    }
  };
  await Promise.all(Array.from({ length: Math.max(1, Math.min(width, items.length)) }, worker));
  if (failures.length > 0) throw failures[0];
  return results;
}

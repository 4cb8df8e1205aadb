/** All of a stream in memory, for what needs it whole. (Array.fromAsync, which the compiler's library does not have yet.) */
export async function collected<T>(items: AsyncIterable<T>): Promise<T[]> {
  const all: T[] = [];
  for await (const item of items) all.push(item);
  return all;
}

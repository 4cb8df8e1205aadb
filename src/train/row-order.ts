// In which order the rows of a data set are seen. Pure: the order of an epoch depends on seed, epoch and number of rows alone,
// so that a training that goes on in the middle of an epoch finds the rest of it.
import { seededRandom } from "../preference/seed.ts";

/**
 * "shuffled": every epoch in an order of its own. "file": as the rows stand, which is RPO pairs by margin, the largest first.
 */
export type RowOrder = "shuffled" | "file";

/**
 * The row at each position of an epoch; each row comes once. The last epoch's order is remembered, 4 bytes a row.
 * @param order as the setting `order`
 * @param length rows of the data set
 * @returns from the epoch (0 is the first) to a function from position to row, both from 0 to length − 1; that one throws a
 *   RangeError for other positions
 */
export function rowOrder(
  order: RowOrder,
  length: number,
  seed: number,
): (epoch: number) => (position: number) => number {
  let known: { readonly epoch: number; readonly deck: Uint32Array } | null = null;
  return (epoch) => {
    if (order === "shuffled" && known?.epoch !== epoch) known = { epoch, deck: shuffledDeck(length, seed, epoch) };
    const deck = known?.deck;
    return (position) => {
      if (!Number.isInteger(position) || position < 0 || position >= length)
        throw new RangeError(`position ${position} in an epoch of ${length} rows`);
      return deck === undefined ? position : (deck[position] as number);
    };
  };
}

/** Fisher and Yates. A draw has 32 bits, so that rows of a data set of a million are even to one in 4,000. */
function shuffledDeck(length: number, seed: number, epoch: number): Uint32Array {
  const random = seededRandom("row order", seed, epoch);
  const deck = Uint32Array.from({ length }, (_, index) => index);
  for (let last = length - 1; last > 0; last -= 1) {
    const other = Math.floor(random() * (last + 1));
    const kept = deck[last] as number;
    deck[last] = deck[other] as number;
    deck[other] = kept;
  }
  return deck;
}

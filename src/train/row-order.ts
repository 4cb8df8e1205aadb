// In which order the rows of a data set are seen. Pure: the order of an epoch depends on its arguments alone, so that a
// training that goes on in the middle of an epoch finds the rest of it.
//
// The two directions of an RPO couple, the same two responses under two prompts, stay side by side, and so come into one batch
// (but where single rows shift them over a batch's end). What the model thinks of the responses whatever the prompt says then
// cancels, and what is left of the gradient is how far it heeds the prompt. Apart, with batches of a few rows, that part is
// lost in the noise of the other.
import { seededRandom } from "../preference/seed.ts";

/**
 * "shuffled": every epoch in an order of its own, couples kept together. "file": as the rows stand, which is RPO pairs by margin, the largest first.
 */
export type RowOrder = "shuffled" | "file";

/**
 * The row at each position of an epoch; each row comes once. The last epoch's order is remembered, 4 bytes a row.
 * @param order as the setting `order`
 * @param length rows of the data set
 * @param isMirror whether a row is the one before it with chosen and rejected exchanged; of two such in succession the second
 *   counts as none, as row 0 does
 * @returns from the epoch (0 is the first) to a function from position to row, both from 0 to length − 1; that one throws a
 *   RangeError for other positions
 */
export function rowOrder(
  order: RowOrder,
  length: number,
  seed: number,
  isMirror: (row: number) => boolean = () => false,
): (epoch: number) => (position: number) => number {
  let known: { readonly epoch: number; readonly deck: Uint32Array } | null = null;
  return (epoch) => {
    if (order === "shuffled" && known?.epoch !== epoch)
      known = { epoch, deck: shuffledDeck(couplesOf(length, isMirror), seed, epoch) };
    const deck = known?.deck;
    return (position) => {
      if (!Number.isInteger(position) || position < 0 || position >= length)
        throw new RangeError(`position ${position} in an epoch of ${length} rows`);
      return deck === undefined ? position : (deck[position] as number);
    };
  };
}

/** Which rows come with the row before them. */
function couplesOf(length: number, isMirror: (row: number) => boolean): Uint8Array {
  const follows = new Uint8Array(length);
  for (let row = 1; row < length; row += 1) if (follows[row - 1] === 0 && isMirror(row)) follows[row] = 1;
  return follows;
}

/** Fisher and Yates. A draw has 32 bits, so that rows of a data set of a million are even to one in 4,000. */
function shuffledDeck(follows: Uint8Array, seed: number, epoch: number): Uint32Array {
  const random = seededRandom("row order", seed, epoch);
  const heads = follows.length - follows.reduce((sum, one) => sum + one, 0);
  const deck = new Uint32Array(heads);
  let head = 0;
  for (let row = 0; row < follows.length; row += 1) if (follows[row] === 0) deck[head++] = row;
  for (let last = heads - 1; last > 0; last -= 1) {
    const other = Math.floor(random() * (last + 1));
    const kept = deck[last] as number;
    deck[last] = deck[other] as number;
    deck[other] = kept;
  }
  if (heads === follows.length) return deck;
  const rows = new Uint32Array(follows.length);
  let at = 0;
  for (const row of deck) {
    rows[at++] = row;
    if (follows[row + 1] === 1) rows[at++] = row + 1;
  }
  return rows;
}

// Randomness that depends on a seed and on what it is drawn for, never on the order of the work: the same turn draws the
// same responses whatever stands around it in the input.
import { hash } from "node:crypto";

/** Draws from [0, 1). */
export type Random = () => number;

/** The key's first 52 bits of SHA-256 as a number in [0, 1): where a profile falls on the scale that splits are cut on. */
export function fraction(...key: readonly (string | number)[]): number {
  return Number.parseInt(digest(key).slice(0, 13), 16) / 2 ** 52;
}

/**
 * A generator for one purpose: xoshiro128** (Blackman and Vigna 2018) with its 128 bits of state from SHA-256 of the key.
 * 32 random bits to a draw.
 */
export function seededRandom(...key: readonly (string | number)[]): Random {
  const hex = digest(key);
  const word = (index: number): number => Number.parseInt(hex.slice(index * 8, index * 8 + 8), 16) | 0;
  let [a, b, c, d] = [word(0), word(1), word(2), word(3)];
  if ((a | b | c | d) === 0) a = 1; // the one state that xoshiro cannot leave
  return () => {
    const scrambled = Math.imul(rotateLeft(Math.imul(b, 5), 7), 9);
    const shifted = b << 9;
    c ^= a;
    d ^= b;
    b ^= c;
    a ^= d;
    c ^= shifted;
    d = rotateLeft(d, 11);
    return (scrambled >>> 0) / 2 ** 32;
  };
}

/** One of the items, each equally likely. @throws RangeError if there is none */
export function drawOne<T>(items: readonly T[], random: Random): T {
  const item = items[Math.floor(random() * items.length)];
  if (item === undefined) throw new RangeError("cannot draw from nothing");
  return item;
}

/** The items in random order (Fisher and Yates), as a new array. */
export function shuffled<T>(items: readonly T[], random: Random): T[] {
  const deck = [...items];
  for (let last = deck.length - 1; last > 0; last -= 1) {
    const other = Math.floor(random() * (last + 1));
    [deck[last], deck[other]] = [deck[other] as T, deck[last] as T];
  }
  return deck;
}

// JSON keeps the parts of a key apart: ("a", "b") and ("ab") are different keys.
const digest = (key: readonly (string | number)[]): string => hash("sha256", JSON.stringify(key), "hex");

const rotateLeft = (word: number, by: number): number => (word << by) | (word >>> (32 - by));

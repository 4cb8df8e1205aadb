// Python's random.Random(seed) for whole-number seeds: the Mersenne twister MT19937 (Matsumoto and Nishimura 1998) as CPython
// seeds it and draws from it, so that programs with a seed draw here what they draw there. Ignores other seeds (text, floats)
// and what else the class can do.
import { roundedCos, roundedLog, roundedSin } from "./rounded-math.ts";

const WORDS = 624;
const MIDDLE = 397;
/** Constants of the twist, of the tempering, and of the two rounds of seeding, as their authors chose them. */
const TWIST = 0x9908b0df;
const TEMPER_B = 0x9d2c5680;
const TEMPER_C = 0xefc60000;
const ARRAY_SEED = 19650218;
const FILL = 1812433253;
const FIRST_ROUND = 1664525;
const SECOND_ROUND = 1566083941;

const WORD_BITS = 32;

/** A generator that yields what random.Random(seed) of CPython yields. */
export class PythonRandom {
  readonly #state = new Uint32Array(WORDS);
  #next = WORDS;
  /** Normal variates come in pairs: the second, until it is asked for. */
  protected spare: number | null = null;

  /** @throws RangeError for a number that is no safe integer */
  constructor(seed: number | bigint) {
    if (typeof seed === "number" && !Number.isSafeInteger(seed))
      throw new RangeError(`a seed is a whole number, not ${seed}`);
    this.#seedByArray(wordsOf(BigInt(seed)));
  }

  /** 32 random bits. */
  word(): number {
    if (this.#next === WORDS) this.#twist();
    let bits = this.#state[this.#next]!;
    this.#next += 1;
    bits ^= bits >>> 11;
    bits ^= (bits << 7) & TEMPER_B;
    bits ^= (bits << 15) & TEMPER_C;
    return (bits ^ (bits >>> 18)) >>> 0;
  }

  /** `random()`: from [0, 1), a multiple of 2^-53. */
  random(): number {
    const high = this.word() >>> 5;
    return (high * 2 ** 26 + (this.word() >>> 6)) / 2 ** 53;
  }

  /** `getrandbits(count)` for up to 32 bits. */
  bits(count: number): number {
    if (!Number.isInteger(count) || count < 0 || count > WORD_BITS)
      throw new RangeError(`0 to ${WORD_BITS} bits can be drawn, not ${count}`);
    return count === 0 ? 0 : this.word() >>> (WORD_BITS - count);
  }

  /** A whole number from 0 to `bound` - 1, as `choice`, `randrange` and `randint` draw it. */
  below(bound: number): number {
    if (!Number.isInteger(bound) || bound < 1 || bound >= 2 ** WORD_BITS)
      throw new RangeError(`a bound is a whole number from 1 to 2^${WORD_BITS} - 1, not ${bound}`);
    const shift = Math.clz32(bound);
    let drawn = this.word() >>> shift;
    while (drawn >= bound) drawn = this.word() >>> shift;
    return drawn;
  }

  /** `gauss(mean, deviation)`. */
  gauss(mean: number, deviation: number): number {
    let normal = this.spare;
    this.spare = null;
    if (normal === null) [normal, this.spare] = this.normalPair();
    return mean + normal * deviation;
  }

  protected normalPair(): readonly [number, number] {
    const angle = this.random() * (2 * Math.PI);
    const radius = Math.sqrt(-2 * roundedLog(1 - this.random()));
    return [roundedCos(angle) * radius, roundedSin(angle) * radius];
  }

  #twist(): void {
    const state = this.#state;
    for (let k = 0; k < WORDS; k += 1) {
      const mixed = (state[k]! & 0x80000000) | (state[(k + 1) % WORDS]! & 0x7fffffff);
      state[k] = state[(k + MIDDLE) % WORDS]! ^ (mixed >>> 1) ^ (mixed & 1 ? TWIST : 0);
    }
    this.#next = 0;
  }

  #seedByArray(key: readonly number[]): void {
    const state = this.#state;
    state[0] = ARRAY_SEED;
    for (let i = 1; i < WORDS; i += 1) state[i] = Math.imul(FILL, mixedBefore(state, i)) + i;
    let i = 1;
    const step = (): void => {
      i += 1;
      if (i < WORDS) return;
      state[0] = state[WORDS - 1]!;
      i = 1;
    };
    for (let k = 0, j = 0; k < Math.max(WORDS, key.length); k += 1, j = (j + 1) % key.length) {
      state[i] = (state[i]! ^ Math.imul(mixedBefore(state, i), FIRST_ROUND)) + key[j]! + j;
      step();
    }
    for (let k = 0; k < WORDS - 1; k += 1) {
      state[i] = (state[i]! ^ Math.imul(mixedBefore(state, i), SECOND_ROUND)) - i;
      step();
    }
    state[0] = 0x80000000;
  }
}

const mixedBefore = (state: Uint32Array, i: number): number => state[i - 1]! ^ (state[i - 1]! >>> 30);

/** The 32-bit words of the seed without its sign, lowest first; one word for zero. */
function wordsOf(seed: bigint): number[] {
  const words: number[] = [];
  let rest = seed < 0n ? -seed : seed;
  do {
    words.push(Number(rest & 0xffffffffn));
    rest >>= BigInt(WORD_BITS);
  } while (rest > 0n);
  return words;
}

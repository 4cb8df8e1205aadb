// Near duplicates among many texts, without comparing each with each: MinHash signatures of word shingles (Broder 1997), cut in
// bands; texts that agree in a whole band are candidates, and their signatures are compared. The estimated Jaccard similarity of
// the shingle sets decides. Deterministic; knows nothing of what the texts are.

/** Words (Han and kana characters count as one each) in a shingle: long enough that common phrases do not make texts alike. */
const SHINGLE = 4;
/** Hashes in a signature; the estimate's standard deviation is √(s(1−s)/128), 0.035 at s = 0.8. */
const HASHES = 128;
/** Rows of a band. Of texts with similarity 0.8, 32 bands of 4 miss one pair in 10⁷; of those with 0.3, 23 % meet. */
const ROWS = 4;
const BANDS = HASHES / ROWS;
/** Words of a text that are looked at: more cost time and hardly change the estimate. */
const MOST_WORDS = 4_000;
/** Candidates whose signatures are compared for one text and band: templates filled in differently share their bands. */
const MOST_CANDIDATES = 64;

/** Estimated Jaccard similarity from which a text is taken for another one: four of five phrases are the same. */
export const NEAR = 0.8;

/** An earlier text that the new one is like. */
export interface Likeness {
  /** Id of the earlier text. */
  readonly of: string;
  /** Estimated Jaccard similarity of the shingle sets. */
  readonly similarity: number;
}

const WORD = /[\p{sc=Han}\p{sc=Hiragana}\p{sc=Katakana}]|[\p{L}\p{N}\p{M}]+/gu;

/** Texts so far, each different from the others. */
export class NearDuplicates {
  readonly #threshold: number;
  readonly #kept: { readonly id: string; readonly signature: Uint32Array }[] = [];
  readonly #buckets = new Map<number, number[]>();
  #comparisons = 0;

  /** @param threshold estimated similarity, 0 to 1, from which two texts are near duplicates */
  constructor(threshold = NEAR) {
    this.#threshold = threshold;
  }

  /** Pairs of texts whose signatures were compared so far: what the work grows with. */
  get comparisons(): number {
    return this.#comparisons;
  }

  /** Adds a text, unless it is like one that was added: then says which. Texts without words are like none, and never added. */
  add(id: string, text: string): Likeness | null {
    const signature = signatureOf(text);
    if (signature === null) return null;
    const keys = bandKeys(signature);
    const compared = new Set<number>();
    let best: Likeness | null = null;
    for (const key of keys) {
      for (const number of this.#buckets.get(key) ?? []) {
        const earlier = this.#kept[number];
        if (earlier === undefined || compared.has(number)) continue;
        compared.add(number);
        this.#comparisons += 1;
        const similarity = estimate(signature, earlier.signature);
        if (similarity >= this.#threshold && (best === null || similarity > best.similarity))
          best = { of: earlier.id, similarity };
      }
    }
    if (best !== null) return best;
    const number = this.#kept.push({ id, signature }) - 1;
    for (const key of keys) {
      const bucket = this.#buckets.get(key);
      if (bucket === undefined) this.#buckets.set(key, [number]);
      else if (bucket.length < MOST_CANDIDATES) bucket.push(number);
    }
    return null;
  }
}

/** Share of the hashes in which two signatures agree. */
function estimate(a: Uint32Array, b: Uint32Array): number {
  let same = 0;
  for (let i = 0; i < HASHES; i += 1) if (a[i] === b[i]) same += 1;
  return same / HASHES;
}

/** The MinHash signature of a text's shingles; null for a text without words. */
export function signatureOf(text: string): Uint32Array | null {
  const words: number[] = [];
  for (const [word] of text.normalize("NFKC").toLowerCase().matchAll(WORD)) {
    words.push(hashOf(word));
    if (words.length === MOST_WORDS) break;
  }
  if (words.length === 0) return null;
  const signature = new Uint32Array(HASHES).fill(0xffffffff);
  // A text shorter than a shingle is one shingle.
  for (let start = 0; start === 0 || start + SHINGLE <= words.length; start += 1) {
    let shingle = 0;
    for (let i = start; i < Math.min(start + SHINGLE, words.length); i += 1)
      shingle = mixed(Math.imul(shingle, 31) + (words[i] as number));
    for (let i = 0; i < HASHES; i += 1) {
      const hash = (Math.imul(MULTIPLIERS[i] as number, shingle) + (OFFSETS[i] as number)) >>> 0;
      if (hash < (signature[i] as number)) signature[i] = hash;
    }
  }
  return signature;
}

/** Estimated Jaccard similarity of two texts; 0 where one has no words. */
export function similarity(a: string, b: string): number {
  const [left, right] = [signatureOf(a), signatureOf(b)];
  return left === null || right === null ? 0 : estimate(left, right);
}

function bandKeys(signature: Uint32Array): number[] {
  return Array.from({ length: BANDS }, (_, band) => {
    let [low, high] = [band + 1, 0];
    for (let row = 0; row < ROWS; row += 1) {
      low = mixed(low ^ (signature[band * ROWS + row] as number));
      high = mixed(high + low);
    }
    // 53 bits, so that two bands meet by chance once in a hundred million corpora of this size.
    return (high & 0x1fffff) * 2 ** 32 + (low >>> 0);
  });
}

/** FNV-1a over UTF-16 units, mixed. */
function hashOf(word: string): number {
  let hash = 0x811c9dc5;
  for (let i = 0; i < word.length; i += 1) hash = Math.imul(hash ^ word.charCodeAt(i), 0x01000193);
  return mixed(hash);
}

/** The finaliser of MurmurHash3: every bit of the input reaches every bit of the output. */
function mixed(value: number): number {
  let hash = value;
  hash = Math.imul(hash ^ (hash >>> 16), 0x85ebca6b);
  hash = Math.imul(hash ^ (hash >>> 13), 0xc2b2ae35);
  return hash ^ (hash >>> 16);
}

// Constants of the hash family, from the finaliser over a counter: the same on every machine. Multipliers are odd, so that
// each hash is a permutation of the 32-bit numbers.
const MULTIPLIERS = Int32Array.from({ length: HASHES }, (_, i) => mixed(2 * i + 1) | 1);
const OFFSETS = Int32Array.from({ length: HASHES }, (_, i) => mixed(2 * i + 2));

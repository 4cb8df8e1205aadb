// The seed of each sample of a request, made from the request's one seed, so that a sample can be drawn again alone and
// samples of neighbouring seeds share nothing. Ignores what the seed is for.

/** llama.cpp takes this seed to mean "pick one at random". */
const RANDOM_SEED = 0xffffffff;

/** One round of mixing of 32 bits (the finaliser of MurmurHash3): every input bit reaches every output bit. */
function mix(hash: number): number {
  let h = hash >>> 0;
  h = Math.imul(h ^ (h >>> 16), 0x85ebca6b);
  h = Math.imul(h ^ (h >>> 13), 0xc2b2ae35);
  return (h ^ (h >>> 16)) >>> 0;
}

/**
 * Seed of sample `index` (from 0) of a request.
 * @param seed non-negative safe integer; all its 53 bits count.
 * @returns an integer from 0 to 2³² − 2.
 */
export function sampleSeed(seed: number, index: number): number {
  const low = seed >>> 0;
  const high = Math.floor(seed / 2 ** 32) >>> 0;
  const hash = mix(mix(mix(low ^ 0x9e3779b9) ^ high) ^ Math.imul(index + 1, 0x9e3779b1));
  return hash === RANDOM_SEED ? 0 : hash;
}

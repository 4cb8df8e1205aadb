// Which elements LoRA dropout keeps (Srivastava et al. 2014, on the input of A as in Hu et al.). The draws depend on the seed
// and the place in the model alone, so that a block whose forward pass is computed again drops the same. Dividing by the share
// kept is the graph's work.
//
// A hundred million elements a step have to cost little, so draws are a hash of a counter: SplitMix (Steele, Lea and Flood
// 2014) with the 32-bit mixing of MurmurHash3.
import { seededRandom } from "../../preference/seed.ts";

/** Two elements are drawn from one 32-bit number: 16 bits settle a probability to 1/65,536. */
const HALF_BITS = 16;
const HALF_MASK = 0xffff;

/** The counter's step, 2³² over the golden ratio: odd, so that all states are passed. */
const GOLDEN_STEP = 0x9e3779b9;

/**
 * 1 for a kept element, 0 for a dropped one, `count` of them.
 * @param place name of the input in the model, such as `model.layers.0.mlp_input`
 * @param dropout share dropped, 0 to 1
 */
export function keptElements(seed: number, place: string, count: number, dropout: number): Uint8Array {
  const dropped = Math.round(dropout * 2 ** HALF_BITS);
  const kept = new Uint8Array(count);
  let state = (seededRandom("lora-dropout", seed, place)() * 2 ** 32) | 0;
  for (let i = 0; i < count; i += 2) {
    state = (state + GOLDEN_STEP) | 0;
    let bits = Math.imul(state ^ (state >>> 16), 0x85ebca6b);
    bits = Math.imul(bits ^ (bits >>> 13), 0xc2b2ae35);
    bits ^= bits >>> 16;
    // The sign bit of the difference, not a comparison: a branch that nothing can predict takes three times as long.
    kept[i] = 1 ^ (((bits & HALF_MASK) - dropped) >>> 31);
    // A write past the end is ignored, so an odd count needs no case of its own.
    kept[i + 1] = 1 ^ (((bits >>> HALF_BITS) - dropped) >>> 31);
  }
  return kept;
}

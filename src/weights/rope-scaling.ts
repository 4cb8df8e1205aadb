// The divisors of rotary frequencies as the two scalings that model files can name: linear (all divided by one factor) and
// Llama 3's (long wavelengths divided, short ones kept, between them interpolated; transformers'
// modeling_rope_utils._compute_llama3_parameters). Reading them back from the divisors lets one description, the
// divisors, serve everywhere else.
import type { LayerAttention } from "./architecture.ts";

/** `rope_scaling` of config.json. */
export type RopeScaling =
  | { readonly rope_type: "linear"; readonly factor: number }
  | {
      readonly rope_type: "llama3";
      readonly factor: number;
      readonly low_freq_factor: number;
      readonly high_freq_factor: number;
      readonly original_max_position_embeddings: number;
    };

/** The only ones in use: Llama 3.1 to 3.3 and what derives from them. */
const LOW = 1;
const HIGH = 4;

/** Divisors come from fp32 tensors of GGUF files. */
const TOLERANCE = 1e-5;

/** The scaling that gives a layer's divisors: null for none of them, undefined where neither of the two gives them. */
export function ropeScaling({ ropeFactors, ropeTheta }: LayerAttention): RopeScaling | null | undefined {
  if (ropeFactors === null || ropeFactors.every((divisor) => divisor === 1)) return null;
  const largest = Math.max(...ropeFactors);
  const factor = near(largest, Math.round(largest)) ? Math.round(largest) : largest;
  if (ropeFactors.every((divisor) => near(divisor, factor))) return { rope_type: "linear", factor };
  const headDim = ropeFactors.length * 2;
  const wavelengths = ropeFactors.map((_, i) => 2 * Math.PI * ropeTheta ** ((2 * i) / headDim));
  // Any divisor between 1 and the factor tells the length that the model was first made for.
  const between = ropeFactors.findIndex((divisor) => divisor > 1 + TOLERANCE && divisor < factor * (1 - TOLERANCE));
  if (between === -1) return undefined;
  const share = (1 / ropeFactors[between]! - 1 / factor) / (1 - 1 / factor);
  const original = Math.round(wavelengths[between]! * (LOW + share * (HIGH - LOW)));
  const fits = ropeFactors.every((divisor, i) => {
    const kept = Math.min(1, Math.max(0, (original / wavelengths[i]! - LOW) / (HIGH - LOW)));
    return near(divisor, 1 / (kept + (1 - kept) / factor));
  });
  if (!fits) return undefined;
  return {
    rope_type: "llama3",
    factor,
    low_freq_factor: LOW,
    high_freq_factor: HIGH,
    original_max_position_embeddings: original,
  };
}

const near = (a: number, b: number): boolean => Math.abs(a - b) <= TOLERANCE * Math.abs(b);

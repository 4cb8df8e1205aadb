// AdamW (Loshchilov and Hutter 2019, algorithm 2, decoupled weight decay), as torch.optim.AdamW applies it. Ignores the
// schedule and the clipping, which are done before.
//
//   θ ← θ − lr·wd·θ      m ← β1 m + (1 − β1) g      v ← β2 v + (1 − β2) g²
//   θ ← θ − lr · (m / (1 − β1ᵏ)) / (√(v / (1 − β2ᵏ)) + ε)
//
// Weights and moments are kept in single precision. An element's new values are computed in double precision from its old
// ones and rounded once, when they are stored (a Float32Array rounds as Math.fround does); torch rounds after every operation,
// so that the two differ in the last bits. The same inputs give the same bits on every machine: only + − × ÷ √ are used, but
// for the powers of β, which are multiplied out.

export interface AdamwOptions {
  /** Decay of the mean of gradients, β1. */
  readonly beta1: number;
  /** Decay of the mean of squared gradients, β2. */
  readonly beta2: number;
  /** ε, added to the root. */
  readonly epsilon: number;
  readonly weightDecay: number;
}

/** torch's defaults, but for the weight decay, which adapters are trained without (as transformers' default is). */
export const DEFAULT_ADAMW: AdamwOptions = { beta1: 0.9, beta2: 0.999, epsilon: 1e-8, weightDecay: 0 };

/** The running means of one array of weights, of its length; zeros before the first step. */
export interface Moments {
  readonly m: Float32Array;
  readonly v: Float32Array;
}

export const zeroMoments = (length: number): Moments => ({ m: new Float32Array(length), v: new Float32Array(length) });

/**
 * Makes one step in place.
 * @param step 1 for the first one
 * @param learningRate of this step
 */
export function adamwStep(
  weights: Float32Array,
  gradient: Float32Array,
  { m, v }: Moments,
  step: number,
  learningRate: number,
  { beta1, beta2, epsilon, weightDecay }: AdamwOptions,
): void {
  if (gradient.length !== weights.length || m.length !== weights.length || v.length !== weights.length)
    throw new RangeError(`${weights.length} weights, ${gradient.length} gradients, ${m.length} moments`);
  const keep = 1 - learningRate * weightDecay;
  const scale = learningRate / (1 - power(beta1, step));
  const root = Math.sqrt(1 - power(beta2, step));
  for (let i = 0; i < weights.length; i += 1) {
    const g = gradient[i] as number;
    const mean = beta1 * (m[i] as number) + (1 - beta1) * g;
    const square = beta2 * (v[i] as number) + (1 - beta2) * g * g;
    m[i] = mean;
    v[i] = square;
    weights[i] = keep * (weights[i] as number) - (scale * mean) / (Math.sqrt(square) / root + epsilon);
  }
}

// Math.pow may differ between machines in its last bit.
function power(base: number, exponent: number): number {
  let result = 1;
  for (let bits = exponent, square = base; bits > 0; bits = Math.floor(bits / 2), square *= square)
    if (bits % 2 === 1) result *= square;
  return result;
}

// Cosines and sines of rotary position embeddings (Su et al., RoFormer, 2021) in the layout of Hugging Face checkpoints, where
// element j of a head turns with element j + headDim / 2. Angles in double precision, rounded once at the end.
import type { Rope } from "./attention-kinds.ts";

/** [T, headDim] each, rows first; both halves of a row are equal. */
export interface RotaryTable {
  readonly cos: Float32Array;
  readonly sin: Float32Array;
}

/**
 * The table for tokens at these positions. Frequency j is ropeTheta^(−2j / headDim), divided by its factor where there are
 * factors. @throws RangeError if the number of factors is not headDim / 2
 */
export function rotaryTable(rope: Rope, headDim: number, positionIds: Int32Array): RotaryTable {
  const half = headDim / 2;
  const { ropeTheta, ropeFactors } = rope;
  if (ropeFactors !== null && ropeFactors.length !== half)
    throw new RangeError(`${ropeFactors.length} rotary factors for heads of ${headDim}`);
  const frequencies = Float64Array.from(
    { length: half },
    (_, j) => ropeTheta ** ((-2 * j) / headDim) / (ropeFactors?.[j] ?? 1),
  );
  const cos = new Float32Array(positionIds.length * headDim);
  const sin = new Float32Array(positionIds.length * headDim);
  positionIds.forEach((position, t) => {
    frequencies.forEach((frequency, j) => {
      const angle = position * frequency;
      const at = t * headDim + j;
      cos[at] = Math.cos(angle);
      sin[at] = Math.sin(angle);
      cos[at + half] = cos[at] as number;
      sin[at + half] = sin[at] as number;
    });
  });
  return { cos, sin };
}

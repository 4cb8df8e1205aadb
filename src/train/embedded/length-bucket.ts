// The few lengths to which sequences are padded. ONNX Runtime plans and keeps memory by the shapes that it has seen; with few
// shapes what it holds fits the next row.
//
// Eight lengths to each doubling: on log-normal lengths of prompts (median 100 to 600 tokens) and responses (60 to 300) 5 to
// 6 % of the tokens are padding, no row has more than an eighth (but the very short), and 30 lengths serve 32 to 4,096 tokens.
// Multiples of 64 pad short rows by 12 %, multiples of 32 long ones into 120 lengths.
import type { LayoutSize } from "./layout.ts";

/** Lengths within a doubling. */
const STEPS = 8;

/** Shortest length, and the least step between two: below it padding costs less than another plan. */
const LEAST_STEP = 16;

/** The least of the lengths that is not below `length`, in tokens. */
export function bucketLength(length: number): number {
  const below = 2 ** Math.floor(Math.log2(Math.max(1, length)));
  const step = Math.max(LEAST_STEP, below / STEPS);
  return Math.max(1, Math.ceil(length / step)) * step;
}

/** Both sizes of a layout at their lengths. */
export const bucketSize = (size: LayoutSize): LayoutSize => ({
  tokens: bucketLength(size.tokens),
  scored: bucketLength(size.scored),
});

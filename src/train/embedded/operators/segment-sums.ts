// Sums of the tokens' log-probabilities by completion, y = S x with S[k, n] = 1 where token n belongs to completion k.
//
//   dx = Sᵀ dy
import type { Tape, Value } from "../tape.ts";
import { product } from "./matrix-product.ts";

/**
 * @param x [N, 1]
 * @param segment [K, N]
 * @returns [K]
 */
export function segmentSums(tape: Tape, x: Value, segment: string): Value {
  const { model } = tape;
  const sums = tape.operator("Reshape", [product(tape, segment, x.name), model.integers(-1)]);
  return tape.value(sums, ["K"], [x], (dy) =>
    tape.accumulateSum(x, () => {
      const column = tape.operator("Reshape", [dy, model.integers(-1, 1)]);
      return product(tape, segment, column, { transposeA: true });
    }),
  );
}

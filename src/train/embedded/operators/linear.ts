// A frozen linear layer, y = x Wᵀ + bias.
//
//   dx = dy W
import type { Tape, Value } from "../tape.ts";
import { product } from "./matrix-product.ts";

/** Frozen tensors of a linear layer, by their names in the model. */
export interface LinearWeights {
  /** [width out, width in] */
  readonly weight: string;
  /** [width out] */
  readonly bias: string | undefined;
  readonly widthOut: number;
}

/** @param x [T, width in] */
export function linear(tape: Tape, x: Value, { weight, bias, widthOut }: LinearWeights): Value {
  const y = product(tape, x.name, weight, { transposeB: true, sum: bias });
  return tape.value(y, [x.shape[0] as string, widthOut], [x], (dy) =>
    tape.accumulate(x, (sum) => product(tape, dy, weight, { sum })),
  );
}

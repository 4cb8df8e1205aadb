// Inverted dropout (Srivastava et al. 2014) by a mask that is given: y = x ∘ keep / (1 − p).
//
//   dx = dy ∘ keep / (1 − p)
import type { Tape, Value } from "../tape.ts";

/** TensorProto.DataType.BOOL. */
const BOOL = 9;

/**
 * @param x [T, width]
 * @param keep uint8 [T, width]: 1 for what is kept, 0 for what is dropped
 * @param share p above, the share that is dropped
 */
export function dropout(tape: Tape, x: Value, keep: string, share: number): Value {
  // One byte an element is kept for the backward pass; factors to multiply by would be four.
  const isKept = tape.operator("Cast", [keep], { to: BOOL });
  const dropped = (tensor: string) =>
    tape.operator("Where", [isKept, tape.operator("Mul", [tensor, tape.scalar(1 / (1 - share))]), tape.scalar(0)]);
  return tape.value(dropped(x.name), x.shape, [x], (dy) => tape.accumulateSum(x, () => dropped(dy)));
}

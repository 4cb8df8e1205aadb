// A value times a constant, y = c · x; dx = c · dy.
import type { Tape, Value } from "../tape.ts";

export function scale(tape: Tape, x: Value, factor: number): Value {
  if (factor === 1) return x;
  const times = (tensor: string) => tape.operator("Mul", [tensor, tape.scalar(factor)]);
  return tape.value(times(x.name), x.shape, [x], (dy) => tape.accumulateSum(x, () => times(dy)));
}

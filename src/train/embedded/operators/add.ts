// The sum of two values of one shape, y = a + b; da = db = dy.
import type { Tape, Value } from "../tape.ts";

export function add(tape: Tape, a: Value, b: Value): Value {
  return tape.value(tape.operator("Add", [a.name, b.name]), a.shape, [a, b], (dy) => {
    tape.accumulateSum(a, () => dy);
    tape.accumulateSum(b, () => dy);
  });
}

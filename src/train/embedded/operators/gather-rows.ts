// Rows of a value by index, y[n] = x[rows[n]]; a row may be taken more than once, so dx[t] is the sum of dy[n] over all n with
// rows[n] = t.
import type { Tape, Value } from "../tape.ts";

/**
 * @param x [T, width]
 * @param rows int64 [N]
 * @returns [N, width]
 */
export function gatherRows(tape: Tape, x: Value, rows: string): Value {
  const { model } = tape;
  const width = x.shape[1] as number;
  return tape.value(tape.operator("Gather", [x.name, rows], { axis: 0 }), ["N", width], [x], (dy) =>
    tape.accumulateSum(x, () => {
      const zeros = tape.operator("CastLike", [
        tape.operator("ConstantOfShape", [tape.operator("Shape", [x.name])]),
        x.name,
      ]);
      const indices = tape.operator("Expand", [
        tape.operator("Unsqueeze", [rows, model.integers(1)]),
        tape.operator("Shape", [dy]),
      ]);
      return tape.operator("ScatterElements", [zeros, indices, dy], { axis: 0, reduction: "add" });
    }),
  );
}

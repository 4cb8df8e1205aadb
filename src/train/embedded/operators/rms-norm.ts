// Root mean square normalisation over the last axis (Zhang and Sennrich 2019), y = x · r ∘ w with r = 1 / √(mean(x²) + ε). The
// weight w is frozen.
//
//   dx = r · (dy ∘ w) − x · r² · mean(dy ∘ y)
import type { Tape, Value } from "../tape.ts";

/**
 * @param x of any number of axes
 * @param weight of the last axis' size
 */
export function rmsNorm(tape: Tape, x: Value, weight: string, epsilon: number): Value {
  const y = normalised(tape, x.name, weight, epsilon);
  return tape.value(y, x.shape, [x], (dy) =>
    tape.accumulateSum(x, () => {
      const lastAxis = tape.model.integers(-1);
      const r = inverseRoot(tape, x.name, epsilon);
      const mean = tape.operator("ReduceMean", [tape.operator("Mul", [dy, y]), lastAxis], { keepdims: 1 });
      const share = tape.operator("Mul", [mean, tape.operator("Mul", [r, r])]);
      const through = tape.operator("Mul", [tape.operator("Mul", [dy, weight]), r]);
      return tape.operator("Sub", [through, tape.operator("Mul", [x.name, share])]);
    }),
  );
}

// ONNX Runtime's own operator is in single precision whatever the type. It would give r too, but for WebGPU, where the second
// output is never written.
function normalised(tape: Tape, x: string, weight: string, epsilon: number): string {
  if (tape.type === "float32")
    return tape.operator("SimplifiedLayerNormalization", [x, weight], {
      axis: -1,
      epsilon: { float: epsilon },
      stash_type: 1,
    });
  return tape.operator("Mul", [tape.operator("Mul", [x, inverseRoot(tape, x, epsilon)]), weight]);
}

// r above.
function inverseRoot(tape: Tape, x: string, epsilon: number): string {
  const square = tape.operator("Mul", [x, x]);
  const mean = tape.operator("ReduceMean", [square, tape.model.integers(-1)], { keepdims: 1 });
  const root = tape.operator("Sqrt", [tape.operator("Add", [mean, tape.scalar(epsilon)])]);
  return tape.operator("Reciprocal", [root]);
}

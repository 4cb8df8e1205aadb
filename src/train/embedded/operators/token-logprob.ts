// Log-probabilities of target tokens under a frozen output matrix E, without the logits of the whole vocabulary at once:
//
//   logprob = h · E[t] − log Z        dh = g · (E[t] − P E), P = softmax(h Eᵀ)
//
// E is taken in parts of consecutive rows. Part c gives L_c = log Σ exp of its logits and R_c = P_c E_c with the softmax P_c
// within the part; then log Z = log Σ_c exp L_c, and P E = Σ_c w_c R_c with w = softmax(L), as in attention over blocks of keys
// (Rabe and Staats 2021). All exponents are of differences to a maximum.
import type { Tape, Value } from "../tape.ts";
import { product } from "./matrix-product.ts";

/** E above, by names of tensors. */
export interface OutputMatrix {
  /** [V, width] */
  readonly whole: string;
  /** Consecutive rows, which together are the whole. */
  readonly parts: readonly string[];
}

/**
 * @param h [N, width]
 * @param targets int64 [N]
 * @returns [N, 1]
 */
export function tokenLogprob(tape: Tape, h: Value, output: OutputMatrix, targets: string): Value {
  const { model } = tape;
  const column = (matrix: string, index: number) => {
    const bounds = [model.integers(index), model.integers(index + 1), model.integers(1)];
    return tape.operator("Slice", [matrix, ...bounds]);
  };
  const rowSum = (matrix: string) => tape.operator("ReduceSum", [matrix, model.integers(1)], { keepdims: 1 });

  const parts = output.parts.map((rows) => {
    const logits = product(tape, h.name, rows, { transposeB: true });
    const { logSoftmax, logSumExp } = normalisedRows(logits);
    if (!h.needsGradient) return { logSumExp, average: "" };
    const average = product(tape, tape.operator("Exp", [logSoftmax]), rows);
    // ONNX Runtime orders operators by what their results are needed for, and the loss needs no averages: it would compute
    // the softmax of every part before the first average, and keep them all. Passing through one operator ties the two.
    const tied = tape.operator("Concat", [average, logSumExp], { axis: 1 });
    const sizes = model.integers(h.shape[1] as number, 1);
    const [averageAgain, logSumExpAgain] = model.operators("Split", [tied, sizes], 2, { axis: 1 });
    return { logSumExp: logSumExpAgain as string, average: averageAgain as string };
  });
  const L = tape.operator(
    "Concat",
    parts.map(({ logSumExp }) => logSumExp),
    { axis: 1 },
  );
  const { logSoftmax: logWeights, logSumExp: logZ } = normalisedRows(L);
  const targetRows = tape.operator("Gather", [output.whole, targets], { axis: 0 });
  const targetLogits = rowSum(tape.operator("Mul", [h.name, targetRows]));
  const logprob = tape.operator("Sub", [targetLogits, logZ]);
  return tape.value(logprob, ["N", 1], [h], (g) =>
    tape.accumulateSum(h, () => {
      const weights = tape.operator("Exp", [logWeights]);
      const direction = parts.reduce(
        (sum, { average }, c) => tape.operator("Sub", [sum, tape.operator("Mul", [average, column(weights, c)])]),
        targetRows,
      );
      return tape.operator("Mul", [direction, g]);
    }),
  );

  // log Σ exp of a row is what any of its elements loses in log-softmax: the first one tells without a pass of its own.
  function normalisedRows(matrix: string) {
    const logSoftmax = tape.operator("LogSoftmax", [matrix], { axis: 1 });
    return { logSoftmax, logSumExp: tape.operator("Sub", [column(matrix, 0), column(logSoftmax, 0)]) };
  }
}

// From the residual stream after the last block to the loss: the rows from which a token is predicted, the final norm, the
// tokens' log-probabilities, their sums by completion and the loss of the row.
import type { Architecture } from "../../weights/architecture.ts";
import { gatherRows } from "./operators/gather-rows.ts";
import { rmsNorm } from "./operators/rms-norm.ts";
import { rowLoss } from "./operators/row-loss.ts";
import { segmentSums } from "./operators/segment-sums.ts";
import type { OutputMatrix } from "./operators/token-logprob.ts";
import { tokenLogprob } from "./operators/token-logprob.ts";
import type { Tape, Value } from "./tape.ts";

export interface HeadTensors {
  /** Weight of the final norm, offset included. */
  readonly norm: string;
  readonly output: OutputMatrix;
}

/** Appends the inputs `positions`, `targets` and `segment`; gives the completions' log-probabilities, [K]. */
export function headLogprobs(tape: Tape, architecture: Architecture, { norm, output }: HeadTensors, x: Value): Value {
  const positions = tape.model.input("positions", "int64", ["N"]);
  const targets = tape.model.input("targets", "int64", ["N"]);
  const segment = tape.input("segment", ["K", "N"]);
  const scored = rmsNorm(tape, gatherRows(tape, x, positions), norm, architecture.normEpsilon);
  return segmentSums(tape, tokenLogprob(tape, scored, output, targets), segment.name);
}

/** Appends the inputs that say what the loss is; gives the loss, [1]. */
export function headLoss(tape: Tape, logprobs: Value): Value {
  const input = (name: string, size: number | string) => tape.input(name, [size]).name;
  return rowLoss(tape, logprobs, {
    slope: input("slope", "K"),
    bias: input("bias", 1),
    linear: input("linear", "K"),
    softplusOfMinus: input("softplus_of_minus", 1),
    softplusOfPlus: input("softplus_of_plus", 1),
    sigmoidOfMinus: input("sigmoid_of_minus", 1),
  });
}

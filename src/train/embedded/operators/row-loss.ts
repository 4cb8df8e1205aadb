// The loss of a row of its completions' log-probabilities ℓ, in the form of ../../row-loss.ts:
//
//   z = bias + Σ slope_k ℓ_k        loss = Σ linear_k ℓ_k + a·softplus(−z) + b·softplus(z) + c·σ(−z)
//   dz = −a·σ(−z) + b·σ(z) − c·σ(z)·σ(−z)        dℓ = linear + slope · dz
//
// With e = exp(−|z|): σ(|z|) = 1 / (1 + e), σ(−|z|) = e / (1 + e), softplus(z) = max(z, 0) + log(1 + e). Nothing overflows, and
// small values keep their digits.
import type { Tape, Value } from "../tape.ts";

/** Names of inputs, [K] for K completions or [1]. */
export interface RowLossInputs {
  readonly slope: string;
  readonly bias: string;
  readonly linear: string;
  readonly softplusOfMinus: string;
  readonly softplusOfPlus: string;
  readonly sigmoidOfMinus: string;
}

/** @param logprobs [K] @returns [1] */
export function rowLoss(tape: Tape, logprobs: Value, inputs: RowLossInputs): Value {
  const { slope, bias, linear, softplusOfMinus: a, softplusOfPlus: b, sigmoidOfMinus: c } = inputs;
  const operator = (type: string, ...operands: string[]) => tape.operator(type, operands);
  const dot = (x: string, y: string) => tape.operator("ReduceSum", [operator("Mul", x, y)], { keepdims: 1 });
  const sum = (...terms: string[]) => terms.reduce((left, right) => operator("Add", left, right));
  const zero = tape.scalar(0);
  const one = tape.scalar(1);

  const z = operator("Add", dot(slope, logprobs.name), bias);
  const e = operator("Exp", operator("Neg", operator("Abs", z)));
  const u = operator("Add", one, e);
  const larger = operator("Reciprocal", u);
  const smaller = operator("Div", e, u);
  const isPositive = operator("Greater", z, zero);
  const sigmoid = operator("Where", isPositive, larger, smaller);
  const sigmoidOfMinus = operator("Where", isPositive, smaller, larger);
  const log1p = logOfOnePlus(e, u);
  const softplus = operator("Add", operator("Max", z, zero), log1p);
  const softplusOfMinus = operator("Add", operator("Max", operator("Neg", z), zero), log1p);
  const loss = sum(
    dot(linear, logprobs.name),
    operator("Mul", a, softplusOfMinus),
    operator("Mul", b, softplus),
    operator("Mul", c, sigmoidOfMinus),
  );
  return tape.value(loss, [1], [logprobs], (dLoss) =>
    tape.accumulateSum(logprobs, () => {
      const ofMinus = operator("Mul", sigmoidOfMinus, operator("Add", a, operator("Mul", c, sigmoid)));
      const dz = operator("Sub", operator("Mul", b, sigmoid), ofMinus);
      return operator("Mul", dLoss, operator("Add", linear, operator("Mul", slope, dz)));
    }),
  );

  // log(1 + e) where u is 1 + e as rounded: the rounding is divided out again (Kahan; Goldberg 1991, theorem 4).
  function logOfOnePlus(e: string, u: string): string {
    const rounded = operator("Sub", u, one);
    const isLost = operator("Equal", rounded, zero);
    const ratio = operator("Div", operator("Log", u), operator("Where", isLost, one, rounded));
    return operator("Mul", e, operator("Where", isLost, one, ratio));
  }
}

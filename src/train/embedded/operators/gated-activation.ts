// The gated activation of a feed-forward (Shazeer, GLU variants, 2020), y = f(g) ∘ u, for functions of the form f(g) = g · σ(a(g)):
//
//   silu         a(g) = g
//   gelu-tanh    a(g) = 2 √(2/π) (g + 0.044715 g³), since (1 + tanh z) / 2 = σ(2 z)  (Hendrycks and Gimpel 2016)
//
//   du = dy ∘ f        dg = dy ∘ (u σ + (y − y σ) a′(g)), since f′ = σ + g σ (1 − σ) a′
import type { Architecture } from "../../../weights/architecture.ts";
import type { Tape, Value } from "../tape.ts";

const GELU_LINEAR = 2 * Math.sqrt(2 / Math.PI);
const GELU_CUBIC = 0.044715 * GELU_LINEAR;

/** @param gate, up [T, width] */
export function gatedActivation(tape: Tape, gate: Value, up: Value, activation: Architecture["activation"]): Value {
  const operator = (type: string, ...inputs: string[]) => tape.operator(type, inputs);
  const g = gate.name;
  const u = up.name;
  const isGelu = activation === "gelu-tanh";
  // linear + cubic · g² of gelu-tanh
  const polynomial = (linear: number, cubic: number) =>
    operator("Add", operator("Mul", operator("Mul", g, g), tape.scalar(cubic)), tape.scalar(linear));
  const sigmoid = operator("Sigmoid", isGelu ? operator("Mul", g, polynomial(GELU_LINEAR, GELU_CUBIC)) : g);
  const f = operator("Mul", g, sigmoid);
  const y = operator("Mul", f, u);
  return tape.value(y, gate.shape, [gate, up], (dy) => {
    tape.accumulateSum(up, () => operator("Mul", dy, f));
    tape.accumulateSum(gate, () => {
      // With a′ = 1 the sum is y + σ (u − y).
      const factor = isGelu
        ? operator(
            "Add",
            operator("Mul", u, sigmoid),
            operator("Mul", operator("Sub", y, operator("Mul", y, sigmoid)), polynomial(GELU_LINEAR, 3 * GELU_CUBIC)),
          )
        : operator("Add", y, operator("Mul", sigmoid, operator("Sub", u, y)));
      return operator("Mul", dy, factor);
    });
  });
}

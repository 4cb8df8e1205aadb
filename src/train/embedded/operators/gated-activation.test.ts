import { describe, expect, it } from "vitest";
import { checkOperator, randomNumbers } from "../finite-difference.ts";
import { gatedActivation } from "./gated-activation.ts";

const FUNCTIONS = {
  silu: (x: number) => x / (1 + Math.exp(-x)),
  "gelu-tanh": (x: number) => 0.5 * x * (1 + Math.tanh(Math.sqrt(2 / Math.PI) * (x + 0.044715 * x ** 3))),
} as const;

describe.each(["silu", "gelu-tanh"] as const)("%s", (activation) => {
  it("is f(gate) ∘ up, with the gradients that differences have", async () => {
    const gate = randomNumbers(1, "gate", [3, 5], 4);
    const up = randomNumbers(1, "up", [3, 5]);
    const { double, worstGradient, worstSingle } = await checkOperator({
      inputs: { gate, up },
      shapes: [[3, 5]],
      build: (tape, inputs) => [gatedActivation(tape, inputs.gate!, inputs.up!, activation)],
    });
    double.results[0]!.forEach((y, i) => {
      expect(y).toBeCloseTo(FUNCTIONS[activation](gate.data[i]!) * up.data[i]!, 12);
    });
    expect(worstGradient).toBeLessThan(1e-6);
    expect(worstSingle).toBeLessThan(1e-5);
  });

  it("stays finite far from 0", async () => {
    const gate = { shape: [1, 4], data: Float64Array.of(-1e3, -50, 50, 1e3) };
    const { double, single } = await checkOperator({
      inputs: { gate, up: { shape: [1, 4], data: Float64Array.of(1, 1, 1, 1) } },
      shapes: [[1, 4]],
      build: (tape, inputs) => [gatedActivation(tape, inputs.gate!, inputs.up!, activation)],
    });
    for (const run of [double, single])
      for (const numbers of [...run.results, ...Object.values(run.gradients)])
        expect(numbers.every(Number.isFinite)).toBe(true);
    expect(double.results[0]![3]).toBe(1e3);
  });
});

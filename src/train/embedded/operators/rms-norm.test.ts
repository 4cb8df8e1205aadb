import { expect, it } from "vitest";
import { checkOperator, randomNumbers } from "../finite-difference.ts";
import { rmsNorm } from "./rms-norm.ts";

it("divides by the root mean square", async () => {
  const { double } = await checkOperator({
    inputs: { x: { shape: [1, 2], data: Float64Array.of(1, 7) } },
    fixed: { weight: { shape: [2], data: Float64Array.of(1, 2) } },
    shapes: [[1, 2]],
    build: (tape, { x }, { weight }) => [rmsNorm(tape, x!, weight!, 0)],
  });
  expect(double.results[0]![0]).toBeCloseTo(1 / 5, 12);
  expect(double.results[0]![1]).toBeCloseTo(14 / 5, 12);
});

it.each([1e-6, 0.1])("has the gradients that differences have, ε = %f", async (epsilon) => {
  const { worstGradient, worstSingle } = await checkOperator({
    inputs: { x: randomNumbers(1, "x", [3, 2, 8], 3) },
    fixed: { weight: randomNumbers(1, "weight", [8]) },
    shapes: [[3, 2, 8]],
    build: (tape, { x }, { weight }) => [rmsNorm(tape, x!, weight!, epsilon)],
  });
  expect(worstGradient).toBeLessThan(1e-6);
  expect(worstSingle).toBeLessThan(1e-5);
});

import { expect, it } from "vitest";
import { checkOperator, randomNumbers } from "../finite-difference.ts";
import { scale } from "./scale.ts";

it.each([1, 2.5])("multiplies by %f", async (factor) => {
  const x = randomNumbers(1, "x", [2, 3]);
  const { double, worstGradient } = await checkOperator({
    inputs: { x },
    shapes: [[2, 3]],
    // Twice: a graph whose output is its input would be none.
    build: (tape, inputs) => [scale(tape, scale(tape, inputs.x!, factor), 2)],
  });
  expect([...double.results[0]!]).toEqual([...x.data.map((value) => value * factor * 2)]);
  expect(worstGradient).toBeLessThan(1e-6);
});

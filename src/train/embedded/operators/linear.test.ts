import { expect, it } from "vitest";
import { checkOperator, randomNumbers } from "../finite-difference.ts";
import { linear } from "./linear.ts";

it.each([true, false])("multiplies by the frozen weight, bias %s", async (hasBias) => {
  const { double, worstGradient, worstSingle } = await checkOperator({
    inputs: { x: { shape: [2, 3], data: Float64Array.of(1, 2, 3, -1, 0.5, 4) } },
    fixed: {
      weight: { shape: [2, 3], data: Float64Array.of(1, 0, 2, -1, 3, 1) },
      bias: { shape: [2], data: Float64Array.of(10, 20) },
    },
    shapes: [[2, 2]],
    build: (tape, { x }, { weight, bias }) => [
      linear(tape, x!, { weight: weight!, bias: hasBias ? bias : undefined, widthOut: 2 }),
    ],
  });
  const products = [7, 8, 7, 6.5];
  expect([...double.results[0]!]).toEqual(hasBias ? products.map((y, i) => y + (i % 2 === 0 ? 10 : 20)) : products);
  expect(worstGradient).toBeLessThan(1e-6);
  expect(worstSingle).toBeLessThan(1e-5);
});

it("adds to a gradient that its input has from elsewhere", async () => {
  const { worstGradient } = await checkOperator({
    inputs: { x: randomNumbers(1, "x", [3, 4]) },
    fixed: { first: randomNumbers(1, "first", [2, 4]), second: randomNumbers(1, "second", [5, 4]) },
    shapes: [
      [3, 2],
      [3, 5],
    ],
    build: (tape, { x }, { first, second }) => [
      linear(tape, x!, { weight: first!, bias: undefined, widthOut: 2 }),
      linear(tape, x!, { weight: second!, bias: undefined, widthOut: 5 }),
    ],
  });
  expect(worstGradient).toBeLessThan(1e-6);
});

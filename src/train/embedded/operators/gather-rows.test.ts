import { expect, it } from "vitest";
import { checkOperator, integerTensor, randomNumbers } from "../finite-difference.ts";
import { gatherRows } from "./gather-rows.ts";

it("adds up the gradients of a row that is taken more than once", async () => {
  const { double, worstGradient, worstSingle } = await checkOperator({
    inputs: { x: randomNumbers(1, "x", [4, 3]) },
    fixed: { rows: integerTensor(2, 0, 2, 2, 3) },
    shapes: [[5, 3]],
    build: (tape, { x }, { rows }) => [gatherRows(tape, x!, rows!)],
  });
  expect([...double.gradients.x!.subarray(3, 6)]).toEqual([0, 0, 0]);
  expect(worstGradient).toBeLessThan(1e-6);
  expect(worstSingle).toBeLessThan(1e-6);
});

import { expect, it } from "vitest";
import { checkOperator } from "../finite-difference.ts";
import { segmentSums } from "./segment-sums.ts";

it("sums by completion and leaves padding out", async () => {
  const { double, worstGradient } = await checkOperator({
    inputs: { x: { shape: [4, 1], data: Float64Array.of(1, 2, 4, 8) } },
    fixed: { segment: { shape: [2, 4], data: Float64Array.of(1, 1, 0, 0, 0, 0, 1, 0) } },
    shapes: [[2]],
    build: (tape, { x }, { segment }) => [segmentSums(tape, x!, segment!)],
  });
  expect([...double.results[0]!]).toEqual([3, 4]);
  expect(double.gradients.x![3]).toBe(0);
  expect(worstGradient).toBeLessThan(1e-6);
});

import { expect, it } from "vitest";
import { checkOperator, integerTensor } from "../finite-difference.ts";
import { add } from "./add.ts";
import { embedding } from "./embedding.ts";

it("gives the rows of the tokens and asks for no gradient", async () => {
  const { double, worstGradient } = await checkOperator({
    inputs: { x: { shape: [3, 2], data: new Float64Array(6) } },
    fixed: {
      matrix: { shape: [3, 2], data: Float64Array.of(1, 2, 3, 4, 5, 6) },
      ids: integerTensor(2, 0, 2),
    },
    shapes: [[3, 2]],
    build: (tape, { x }, { matrix, ids }) => {
      const rows = embedding(tape, matrix!, ids!, 2);
      expect(rows.needsGradient).toBe(false);
      return [add(tape, rows, x!)];
    },
  });
  expect([...double.results[0]!]).toEqual([5, 6, 1, 2, 5, 6]);
  expect(worstGradient).toBeLessThan(1e-6);
});

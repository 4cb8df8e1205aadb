import { Tensor } from "onnxruntime-node";
import { expect, it } from "vitest";
import { checkOperator } from "../finite-difference.ts";
import { dropout } from "./dropout.ts";

it("drops by the mask and makes up for it", async () => {
  const { double, worstGradient, worstSingle } = await checkOperator({
    inputs: { x: { shape: [2, 2], data: Float64Array.of(1, 2, 3, 4) } },
    fixed: { keep: new Tensor("uint8", Uint8Array.of(1, 0, 0, 1), [2, 2]) },
    shapes: [[2, 2]],
    build: (tape, { x }, { keep }) => [dropout(tape, x!, keep!, 0.75)],
  });
  expect([...double.results[0]!]).toEqual([4, 0, 0, 16]);
  expect(worstGradient).toBeLessThan(1e-6);
  expect(worstSingle).toBeLessThan(1e-6);
});

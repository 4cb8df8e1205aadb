import { expect, it } from "vitest";
import { checkOperator, randomNumbers } from "../finite-difference.ts";
import { add } from "./add.ts";

it("has the gradients that differences have, of a value added to itself too", async () => {
  const { worstGradient } = await checkOperator({
    inputs: { a: randomNumbers(1, "a", [2, 3]), b: randomNumbers(1, "b", [2, 3]) },
    shapes: [
      [2, 3],
      [2, 3],
    ],
    build: (tape, { a, b }) => [add(tape, a!, b!), add(tape, a!, a!)],
  });
  expect(worstGradient).toBeLessThan(1e-6);
});

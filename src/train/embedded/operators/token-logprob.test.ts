import { describe, expect, it } from "vitest";
import type { Numbers } from "../finite-difference.ts";
import { checkOperator, integerTensor, randomNumbers } from "../finite-difference.ts";
import type { Tape } from "../tape.ts";
import { tokenLogprob } from "./token-logprob.ts";

const N = 3;
const WIDTH = 4;
const VOCABULARY = 7;
const TARGETS = [6, 0, 3];

/** The matrix' rows from `first` to before `end`. */
const rows = (tape: Tape, matrix: string, first: number, end: number) =>
  tape.operator("Slice", [matrix, ...[first, end, 0].map((bound) => tape.model.integers(bound))]);

function check(h: Numbers, output: Numbers, bounds: readonly number[]) {
  return checkOperator({
    inputs: { h },
    fixed: { output, targets: integerTensor(...TARGETS) },
    shapes: [[N, 1]],
    build: (tape, inputs, names) => {
      const parts = bounds.slice(1).map((end, i) => rows(tape, names.output!, bounds[i]!, end));
      return [tokenLogprob(tape, inputs.h!, { whole: names.output!, parts }, names.targets!)];
    },
  });
}

function expected(h: Numbers, output: Numbers): number[] {
  return TARGETS.map((target, n) => {
    const logits = Array.from({ length: VOCABULARY }, (_, v) => {
      const products = Array.from({ length: WIDTH }, (_, j) => h.data[n * WIDTH + j]! * output.data[v * WIDTH + j]!);
      return products.reduce((sum, x) => sum + x, 0);
    });
    const most = Math.max(...logits);
    return logits[target]! - most - Math.log(logits.reduce((sum, x) => sum + Math.exp(x - most), 0));
  });
}

describe("log-probabilities of tokens", () => {
  it.each([{ bounds: [0, 7] }, { bounds: [0, 3, 6, 7] }, { bounds: [0, 1, 2, 7] }])(
    "do not depend on the parts $bounds",
    async ({ bounds }) => {
      const h = randomNumbers(1, "h", [N, WIDTH], 2);
      const output = randomNumbers(1, "output", [VOCABULARY, WIDTH], 2);
      const { double, worstGradient, worstSingle } = await check(h, output, bounds);
      double.results[0]!.forEach((y, n) => {
        expect(y).toBeCloseTo(expected(h, output)[n]!, 12);
      });
      expect(worstGradient).toBeLessThan(1e-6);
      expect(worstSingle).toBeLessThan(1e-5);
    },
  );

  it("are right where logits are in the thousands", async () => {
    const h = randomNumbers(1, "h", [N, WIDTH], 100);
    const output = randomNumbers(1, "output", [VOCABULARY, WIDTH], 100);
    const { double, single } = await check(h, output, [0, 3, 7]);
    const exact = expected(h, output);
    expect(Math.min(...exact)).toBeLessThan(-1000);
    // Single precision has logits of 10⁴ to 10⁻³.
    double.results[0]!.forEach((y, n) => {
      expect(Math.abs(y - exact[n]!)).toBeLessThan(1e-9);
      expect(Math.abs(single.results[0]![n]! - exact[n]!)).toBeLessThan(1e-2);
    });
    expect(single.gradients.h!.every(Number.isFinite)).toBe(true);
  });
});

import { describe, expect, it } from "vitest";
import { checkOperator, integerTensor, randomNumbers } from "../finite-difference.ts";
import { firstRows, joinRows, type Runs, splitRows } from "./row-runs.ts";

const x = randomNumbers(1, "x", [5, 2]);
const SIZES = [2, 1, 2];
const fixed = { sizes: integerTensor(...SIZES), end: integerTensor(2) };
const runs = (sizes: string): Runs => ({ sizes, ends: SIZES.map(() => "not used here") });

describe("splitRows and joinRows", () => {
  it("split a value into its rows", async () => {
    const { double, worstGradient } = await checkOperator({
      inputs: { x },
      fixed: { sizes: fixed.sizes },
      shapes: [
        [2, 2],
        [1, 2],
        [2, 2],
      ],
      build: (tape, inputs, { sizes }) => splitRows(tape, inputs.x!, runs(sizes!)),
    });
    expect(double.results.map((result) => [...result])).toEqual([
      [...x.data.slice(0, 4)],
      [...x.data.slice(4, 6)],
      [...x.data.slice(6)],
    ]);
    expect(worstGradient).toBeLessThan(1e-6);
  });

  it("give nothing to a run that nothing depends on", async () => {
    const { double, worstGradient } = await checkOperator({
      inputs: { x },
      fixed: { sizes: fixed.sizes },
      shapes: [[2, 2]],
      build: (tape, inputs, { sizes }) => splitRows(tape, inputs.x!, runs(sizes!)).slice(2),
    });
    expect(double.gradients.x!.slice(0, 6).every((gradient) => Math.abs(gradient) === 0)).toBe(true);
    expect(worstGradient).toBeLessThan(1e-6);
  });

  it("make the value again", async () => {
    const { double, worstGradient } = await checkOperator({
      inputs: { x },
      fixed: { sizes: fixed.sizes },
      shapes: [[5, 2]],
      build: (tape, inputs, { sizes }) => {
        const parts = splitRows(tape, inputs.x!, runs(sizes!));
        return [joinRows(tape, parts, runs(sizes!))];
      },
    });
    expect([...double.results[0]!]).toEqual([...x.data]);
    expect(worstGradient).toBeLessThan(1e-6);
  });
});

describe("firstRows", () => {
  it("leaves the others out, and their gradients 0", async () => {
    const { double, worstGradient } = await checkOperator({
      inputs: { x },
      fixed: { end: fixed.end },
      shapes: [[2, 2]],
      build: (tape, inputs, { end }) => [firstRows(tape, inputs.x!, end!)],
    });
    expect([...double.results[0]!]).toEqual([...x.data.slice(0, 4)]);
    expect([...double.gradients.x!.slice(4)]).toEqual([0, 0, 0, 0, 0, 0]);
    expect(worstGradient).toBeLessThan(1e-6);
  });
});

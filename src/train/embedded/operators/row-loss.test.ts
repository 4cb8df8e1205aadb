import { describe, expect, it } from "vitest";
import type { RowLoss } from "../../row-loss.ts";
import { checkOperator, randomNumbers } from "../finite-difference.ts";
import { rowLoss } from "./row-loss.ts";

const one = (value: number) => ({ shape: [1], data: Float64Array.of(value) });

function check(loss: RowLoss, logprobs: readonly number[]) {
  const shape = [logprobs.length];
  return checkOperator({
    inputs: { logprobs: { shape, data: Float64Array.from(logprobs) } },
    fixed: {
      slope: { shape, data: Float64Array.from(loss.slope) },
      linear: { shape, data: Float64Array.from(loss.linear) },
      bias: one(loss.bias),
      a: one(loss.softplusOfMinus),
      b: one(loss.softplusOfPlus),
      c: one(loss.sigmoidOfMinus),
    },
    shapes: [[1]],
    build: (tape, inputs, names) => [
      rowLoss(tape, inputs.logprobs!, {
        slope: names.slope!,
        bias: names.bias!,
        linear: names.linear!,
        softplusOfMinus: names.a!,
        softplusOfPlus: names.b!,
        sigmoidOfMinus: names.c!,
      }),
    ],
  });
}

/** Smaller numbers lose digits in single precision. */
const NORMAL = 2 ** -126;

/** What the harness multiplies the loss by. */
const SEED = randomNumbers(0, "seed 0", [1]).data[0]!;

const softplus = (x: number) => Math.max(x, 0) + Math.log1p(Math.exp(-Math.abs(x)));

function expected(loss: RowLoss, logprobs: readonly number[]): number {
  const dot = (weights: readonly number[]) => weights.reduce((sum, weight, k) => sum + weight * logprobs[k]!, 0);
  const z = loss.bias + dot(loss.slope);
  const sigmoidOfMinus = 1 / (1 + Math.exp(z));
  const { softplusOfMinus: a, softplusOfPlus: b, sigmoidOfMinus: c } = loss;
  return dot(loss.linear) + a * softplus(-z) + b * softplus(z) + c * sigmoidOfMinus;
}

const LOSSES = {
  pair: {
    slope: [0.1, -0.1],
    bias: -0.2,
    linear: [-0.05, 0],
    softplusOfMinus: 0.9,
    softplusOfPlus: 0.1,
    sigmoidOfMinus: 0,
  },
  kto: { slope: [-0.1], bias: 0.3, linear: [0], softplusOfMinus: 0, softplusOfPlus: 0, sigmoidOfMinus: 1.5 },
  sft: { slope: [0], bias: 0, linear: [-0.25], softplusOfMinus: 0, softplusOfPlus: 0, sigmoidOfMinus: 0 },
} as const satisfies Record<string, RowLoss>;

describe("the loss of a row", () => {
  it.each([
    ["pair", [-12, -20]],
    ["pair", [-60, -10]],
    ["kto", [-7]],
    ["kto", [30]],
    ["sft", [-7]],
  ] as const)("%s at %j", async (kind, logprobs) => {
    const { double, worstGradient, worstSingle } = await check(LOSSES[kind], logprobs);
    expect(double.results[0]![0]).toBeCloseTo(expected(LOSSES[kind], logprobs), 12);
    expect(worstGradient).toBeLessThan(1e-6);
    expect(worstSingle).toBeLessThan(1e-5);
  });

  it.each([-1e4, -100, -20, 20, 100, 1e4])("is finite, and small where it is small, at z = %f", async (z) => {
    const dpo = { ...LOSSES.sft, slope: [1], linear: [0], softplusOfMinus: 1 };
    const all = { ...dpo, softplusOfPlus: 0.5, sigmoidOfMinus: 2 };
    const { double, single } = await check(dpo, [z]);
    // Relative to the loss: −log σ(20) is 2e-9, of which single precision has seven digits too.
    for (const [run, tolerance] of [
      [double, 1e-12],
      [single, 1e-5],
    ] as const) {
      expect(Math.abs(run.results[0]![0]! - softplus(-z))).toBeLessThanOrEqual(
        Math.max(tolerance * softplus(-z), NORMAL),
      );
      const slope = -SEED / (1 + Math.exp(z));
      expect(Math.abs(run.gradients.logprobs![0]! - slope)).toBeLessThanOrEqual(
        Math.max(tolerance * Math.abs(slope), NORMAL),
      );
    }
    const { double: d, single: s } = await check(all, [z]);
    for (const run of [d, s]) {
      expect(run.results[0]![0]! / expected(all, [z])).toBeCloseTo(1, 5);
      expect(Number.isFinite(run.gradients.logprobs![0])).toBe(true);
    }
  });
});

import { describe, expect, it } from "vitest";
import { trainingNumbers } from "../../test/training-numbers.ts";
import { seededRandom } from "../preference/seed.ts";
import { adamwStep, DEFAULT_ADAMW, zeroMoments } from "./adamw.ts";

const COUNT = 300;
const STEPS = 25;

describe("adamwStep", () => {
  it.each([0, 0.1])("follows torch.optim.AdamW, weight decay %d", async (weightDecay) => {
    const random = seededRandom("adamw.test", 1);
    const draw = (scale: number) => Array.from({ length: COUNT }, () => Math.fround(scale * (2 * random() - 1)));
    const options = { ...DEFAULT_ADAMW, weightDecay };
    const first = draw(1);
    // Gradients of sizes from 1 to far below ε, and elements that get none.
    const gradients = Array.from({ length: STEPS }, () =>
      draw(1).map((value, i) => (i % 10 === 9 ? 0 : Math.fround(value * 10 ** -(i % 10)))),
    );
    const rates = Array.from({ length: STEPS }, (_, step) => (step === 0 ? 0 : 1e-2 / step));
    const theirs = await trainingNumbers("adamw", { weights: first, gradients, rates, ...options });
    const weights = Float32Array.from(first);
    const moments = zeroMoments(COUNT);
    const off = (ours: Float32Array, other: number[]): number =>
      Math.max(...other.map((value, i) => Math.abs((ours[i] as number) - value) / Math.max(1, Math.abs(value))));
    for (let step = 1; step <= STEPS; step += 1) {
      const gradient = Float32Array.from(gradients[step - 1] as number[]);
      adamwStep(weights, gradient, moments, step, rates[step - 1] as number, options);
      const [w, m, v] = theirs[step - 1] as [number[], number[], number[]];
      expect(off(weights, w)).toBeLessThan(1e-6);
      expect(off(moments.m, m)).toBeLessThan(1e-6);
      expect(off(moments.v, v)).toBeLessThan(1e-6);
    }
    expect(off(weights, first)).toBeGreaterThan(0.01); // the weights have moved at all
  });

  it("moves each weight by the learning rate in the first step, whatever the gradient's size", () => {
    const weights = Float32Array.of(0, 0, 0);
    adamwStep(weights, Float32Array.of(3, -0.02, 0), zeroMoments(3), 1, 0.125, DEFAULT_ADAMW);
    expect(weights[0]).toBeCloseTo(-0.125, 6);
    expect(weights[1]).toBeCloseTo(0.125, 6);
    expect(weights[2]).toBe(0);
  });

  it("decays weights apart from the gradient", () => {
    const weights = Float32Array.of(2);
    adamwStep(weights, Float32Array.of(0), zeroMoments(1), 1, 0.5, { ...DEFAULT_ADAMW, weightDecay: 0.25 });
    expect(weights[0]).toBe(1.75);
  });

  it("refuses arrays of different lengths", () => {
    expect(() => adamwStep(new Float32Array(2), new Float32Array(3), zeroMoments(2), 1, 0.1, DEFAULT_ADAMW)).toThrow(
      RangeError,
    );
  });
});

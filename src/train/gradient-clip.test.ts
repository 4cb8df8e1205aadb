import { describe, expect, it } from "vitest";
import { trainingNumbers } from "../../test/training-numbers.ts";
import { clipToNorm, globalNorm } from "./gradient-clip.ts";

const GRADIENTS = [[3, -1, 0.5], [1e-3], [-2, 2]];
const arrays = () => GRADIENTS.map((gradient) => Float32Array.from(gradient));

describe("clipToNorm", () => {
  it.each([1, 100])("scales as torch's clip_grad_norm_ does, limit %d", async (limit) => {
    const theirs = await trainingNumbers("clip", { gradients: GRADIENTS, limit });
    const ours = arrays();
    const norm = globalNorm(ours);
    expect(norm).toBeCloseTo(theirs.norm, 6);
    clipToNorm(ours, norm, limit);
    ours.forEach((gradient, i) => {
      gradient.forEach((value, k) => {
        expect(value).toBeCloseTo(theirs.gradients[i]?.[k] as number, 6);
      });
    });
    expect(globalNorm(ours)).toBeCloseTo(Math.min(norm, limit), 5);
  });

  it("leaves gradients within the limit bit for bit, and all where there is no limit", () => {
    for (const limit of [4.5, Number.POSITIVE_INFINITY]) {
      const ours = arrays();
      clipToNorm(ours, globalNorm(ours), limit);
      expect(ours).toEqual(arrays());
    }
  });
});

describe("globalNorm", () => {
  it("sums squares beyond single precision", () => {
    // In single precision 1e15 + 1 is 1e15, and the root the same for both.
    const large = Math.fround(Math.sqrt(1e15));
    const many = new Float32Array(1_000_000).fill(1);
    expect(globalNorm([Float32Array.of(large), many])).toBeCloseTo(Math.sqrt(large * large + 1e6), 6);
    expect(globalNorm([Float32Array.of(1e30, 1e30)])).toBeCloseTo(Math.SQRT2 * 1e30, -24);
  });

  it("is no number where an element is none", () => {
    expect(globalNorm([Float32Array.of(1), Float32Array.of(Number.NaN)])).toBeNaN();
    expect(globalNorm([Float32Array.of(Number.NEGATIVE_INFINITY)])).toBe(Number.POSITIVE_INFINITY);
  });
});

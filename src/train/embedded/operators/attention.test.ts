import { describe, expect, it } from "vitest";
import { checkOperator, randomNumbers } from "../finite-difference.ts";
import { attention } from "./attention.ts";

const T = 4;
const HEAD_DIM = 3;
/** Factors of ONNX operators are in single precision. */
const SCALE = Math.fround(0.7);

const causal = Float64Array.from({ length: T * T }, (_, at) => (at % T <= Math.floor(at / T) ? 0 : -1e9));

/** Query by query, head by head. */
function expected(q: Float64Array, k: Float64Array, v: Float64Array, heads: number, kvHeads: number): number[] {
  const output: number[] = [];
  for (let t = 0; t < T; t += 1)
    for (let head = 0; head < heads; head += 1) {
      const kvHead = Math.floor(head / (heads / kvHeads));
      const row = (tensor: Float64Array, at: number, h: number, count: number) =>
        tensor.subarray((at * count + h) * HEAD_DIM, (at * count + h + 1) * HEAD_DIM);
      const keys = Array.from({ length: t + 1 }, (_, s) => row(k, s, kvHead, kvHeads));
      const weights = keys.map((key) => {
        const dot = key.reduce((sum, x, j) => sum + x * row(q, t, head, heads)[j]!, 0);
        return Math.exp(SCALE * dot);
      });
      const total = weights.reduce((sum, weight) => sum + weight, 0);
      for (let j = 0; j < HEAD_DIM; j += 1)
        output.push(weights.reduce((sum, w, s) => sum + (w / total) * row(v, s, kvHead, kvHeads)[j]!, 0));
    }
  return output;
}

describe("attention", () => {
  it.each([
    { heads: 4, kvHeads: 2 },
    { heads: 2, kvHeads: 2 },
    { heads: 3, kvHeads: 1 },
  ])("of $heads heads over $kvHeads", async ({ heads, kvHeads }) => {
    const q = randomNumbers(1, "q", [T, heads * HEAD_DIM], 2);
    const k = randomNumbers(1, "k", [T, kvHeads * HEAD_DIM], 2);
    const v = randomNumbers(1, "v", [T, kvHeads * HEAD_DIM], 2);
    const { double, worstGradient, worstSingle } = await checkOperator({
      inputs: { q, k, v },
      fixed: { mask: { data: causal, shape: [T, T] } },
      shapes: [q.shape],
      build: (tape, inputs, { mask }) => [
        attention(
          tape,
          { q: inputs.q!, k: inputs.k!, v: inputs.v!, mask: mask! },
          { heads, kvHeads, headDim: HEAD_DIM, scale: SCALE },
        ),
      ],
    });
    const reference = expected(q.data, k.data, v.data, heads, kvHeads);
    double.results[0]!.forEach((y, i) => {
      expect(y).toBeCloseTo(reference[i]!, 12);
    });
    expect(worstGradient).toBeLessThan(1e-6);
    expect(worstSingle).toBeLessThan(1e-5);
  });
});

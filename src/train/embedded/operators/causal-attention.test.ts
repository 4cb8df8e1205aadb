import { describe, expect, it } from "vitest";
import { checkOperator, distance, integerTensor, randomNumbers } from "../finite-difference.ts";
import { attention } from "./attention.ts";
import { causalAttention, runMasks } from "./causal-attention.ts";

const OPTIONS = { heads: 4, kvHeads: 2, headDim: 3, scale: Math.fround(0.7) };
const HIDDEN = -1e9;

/** Tokens 5 to 7 see 0 to 2 and themselves, as a second completion does. */
const sees = (query: number, key: number) => key <= query && !(query >= 5 && key >= 3 && key < 5);

function inputs(T: number) {
  const { heads, kvHeads, headDim } = OPTIONS;
  return {
    q: randomNumbers(1, "q", [T, heads * headDim], 2),
    k: randomNumbers(1, "k", [T, kvHeads * headDim], 2),
    v: randomNumbers(1, "v", [T, kvHeads * headDim], 2),
  };
}

const mask = (T: number) => ({
  data: Float64Array.from({ length: T * T }, (_, at) => (sees(Math.floor(at / T), at % T) ? 0 : HIDDEN)),
  shape: [T, T],
});

describe("causalAttention", () => {
  it.each([{ sizes: [2, 2, 2, 2] }, { sizes: [3, 5] }, { sizes: [8] }, { sizes: [1, 1, 1, 1] }])(
    "is attention with all keys, in runs of $sizes",
    async ({ sizes }) => {
      const T = sizes.reduce((sum, size) => sum + size, 0);
      const ends = sizes.map((_, i) => sizes.slice(0, i + 1).reduce((sum, size) => sum + size, 0));
      const whole = await checkOperator({
        inputs: inputs(T),
        fixed: { mask: mask(T) },
        shapes: [[T, 12]],
        build: (tape, { q, k, v }, { mask }) => [attention(tape, { q: q!, k: k!, v: v!, mask: mask! }, OPTIONS)],
      });
      const { double, worstGradient, worstSingle } = await checkOperator({
        inputs: inputs(T),
        fixed: { mask: mask(T), sizes: integerTensor(...sizes), ends: integerTensor(...ends) },
        shapes: [[T, 12]],
        build: (tape, { q, k, v }, { mask, sizes: lengths, ends: last }) => {
          const ones = tape.model.integers(...sizes.map(() => 1));
          const runs = {
            sizes: lengths!,
            ends: tape.model.operators("Split", [last!, ones], sizes.length, { axis: 0 }),
          };
          const masks = runMasks(tape, mask!, runs);
          return [causalAttention(tape, { q: q!, k: k!, v: v!, runs: { ...runs, masks } }, OPTIONS)];
        },
      });
      expect(distance(whole.double.results[0]!, double.results[0]!)).toBeLessThan(1e-12);
      for (const name of ["q", "k", "v"])
        expect(distance(whole.double.gradients[name]!, double.gradients[name]!)).toBeLessThan(1e-12);
      expect(worstGradient).toBeLessThan(1e-6);
      expect(worstSingle).toBeLessThan(1e-5);
    },
  );
});

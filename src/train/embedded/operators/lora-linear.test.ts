import { describe, expect, it } from "vitest";
import { checkOperator, randomNumbers } from "../finite-difference.ts";
import { loraLinears } from "./lora-linear.ts";

const T = 3;
const WIDTH = 5;
const LAYERS = [
  { name: "q", widthOut: 4, rank: 2, scale: 2, bias: true },
  { name: "k", widthOut: 3, rank: 2, scale: 0.5, bias: false },
  { name: "v", widthOut: 2, rank: 1, scale: 1, bias: true },
] as const;

const fixed = Object.fromEntries(
  LAYERS.flatMap(({ name, widthOut }) => [
    [`${name}.weight`, randomNumbers(1, `${name}.weight`, [widthOut, WIDTH])],
    [`${name}.bias`, randomNumbers(1, `${name}.bias`, [widthOut])],
  ]),
);

/** Layers of the given names have a LoRA; `d` is the LoRA's input where it is not x. */
function check(adapted: readonly string[], hasDropout: boolean) {
  const pairs = LAYERS.filter(({ name }) => adapted.includes(name)).flatMap(({ name, widthOut, rank }) => [
    [`${name}.A`, randomNumbers(2, `${name}.A`, [rank, WIDTH])],
    [`${name}.B`, randomNumbers(2, `${name}.B`, [widthOut, rank])],
  ]);
  const d = hasDropout ? { d: randomNumbers(3, "d", [T, WIDTH]) } : {};
  return checkOperator({
    inputs: { x: randomNumbers(3, "x", [T, WIDTH]), ...d, ...Object.fromEntries(pairs) },
    fixed,
    shapes: LAYERS.map(({ widthOut }) => [T, widthOut]),
    build: (tape, inputs, frozen) =>
      loraLinears(
        tape,
        inputs.x!,
        inputs.d ?? inputs.x!,
        LAYERS.map(({ name, widthOut, rank, scale, bias }) => ({
          weight: frozen[`${name}.weight`]!,
          bias: bias ? frozen[`${name}.bias`] : undefined,
          widthOut,
          lora: adapted.includes(name) ? { A: inputs[`${name}.A`]!, B: inputs[`${name}.B`]!, rank, scale } : undefined,
        })),
      ),
  });
}

describe("linear layers with LoRA", () => {
  it.each([
    { adapted: ["q", "k", "v"], hasDropout: false },
    { adapted: ["q", "k", "v"], hasDropout: true },
    { adapted: ["k"], hasDropout: true },
    { adapted: ["q", "v"], hasDropout: false },
    { adapted: ["v"], hasDropout: false },
  ])("have the gradients that differences have: $adapted, dropout $hasDropout", async ({ adapted, hasDropout }) => {
    const { worstGradient, worstSingle } = await check(adapted, hasDropout);
    expect(worstGradient).toBeLessThan(1e-6);
    expect(worstSingle).toBeLessThan(1e-5);
  });

  it("add s · d Aᵀ Bᵀ to the frozen product", async () => {
    const { double } = await checkOperator({
      inputs: {
        x: { shape: [1, 2], data: Float64Array.of(1, 2) },
        d: { shape: [1, 2], data: Float64Array.of(3, 0) },
        A: { shape: [1, 2], data: Float64Array.of(2, 5) },
        B: { shape: [2, 1], data: Float64Array.of(1, -1) },
      },
      fixed: { weight: { shape: [2, 2], data: Float64Array.of(1, 1, 0, 1) } },
      shapes: [[1, 2]],
      build: (tape, { x, d, A, B }, { weight }) =>
        loraLinears(tape, x!, d!, [
          { weight: weight!, bias: undefined, widthOut: 2, lora: { A: A!, B: B!, rank: 1, scale: 0.5 } },
        ]),
    });
    expect([...double.results[0]!]).toEqual([6, -1]);
  });
});

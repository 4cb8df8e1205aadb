import { expect, it } from "vitest";
import { checkOperator, randomNumbers } from "../finite-difference.ts";
import { rotaryTable } from "../rotary-table.ts";
import { rotary, rotation } from "./rotary.ts";

const HEADS = 3;
const HEAD_DIM = 8;
const POSITIONS = Int32Array.of(0, 1, 7, 3);

function tables() {
  const { cos, sin } = rotaryTable({ ropeTheta: 100, ropeFactors: null }, HEAD_DIM, POSITIONS);
  const shape = [POSITIONS.length, HEAD_DIM];
  return { cos: { data: Float64Array.from(cos), shape }, sin: { data: Float64Array.from(sin), shape } };
}

it("turns the halves of each head, and has the gradients that differences have", async () => {
  const { cos, sin } = tables();
  const shape = [POSITIONS.length, HEADS * HEAD_DIM];
  const x = randomNumbers(1, "x", shape);
  const { double, worstGradient, worstSingle } = await checkOperator({
    inputs: { x },
    fixed: { cos, sin },
    shapes: [shape],
    build: (tape, { x }, { cos, sin }) => {
      const table = (name: string) => ({ name, shape: [POSITIONS.length, HEAD_DIM], needsGradient: false });
      return [rotary(tape, x!, rotation(tape, table(cos!), table(sin!), HEAD_DIM), HEADS, HEAD_DIM)];
    },
  });
  const expected = x.data.map((value, i) => {
    const t = Math.floor(i / (HEADS * HEAD_DIM));
    const j = i % HEAD_DIM;
    const half = HEAD_DIM / 2;
    const other = j < half ? -x.data[i + half]! : x.data[i - half]!;
    return value * cos.data[t * HEAD_DIM + j]! + other * sin.data[t * HEAD_DIM + j]!;
  });
  double.results[0]!.forEach((y, i) => {
    expect(y).toBeCloseTo(expected[i]!, 12);
  });
  expect(worstGradient).toBeLessThan(1e-6);
  expect(worstSingle).toBeLessThan(1e-5);
});

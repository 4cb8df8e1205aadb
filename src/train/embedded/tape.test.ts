import { Tensor } from "onnxruntime-node";
import { expect, it } from "vitest";
import { elements, session } from "./finite-difference.ts";
import { OnnxModel } from "./onnx-model.ts";
import type { Value } from "./tape.ts";
import { Tape } from "./tape.ts";

const multiplied = (tape: Tape, a: Value, b: Value): Value =>
  tape.value(tape.operator("Mul", [a.name, b.name]), a.shape, [a, b], (dy) => {
    tape.accumulateSum(a, () => tape.operator("Mul", [dy, b.name]));
    tape.accumulateSum(b, () => tape.operator("Mul", [dy, a.name]));
  });

it("sums the gradients of a value that is used more than once", async () => {
  const tape = new Tape(new OnnxModel(), "float64");
  const x = tape.input("x", [1], true);
  const cube = multiplied(tape, multiplied(tape, x, x), x);
  tape.backward([{ value: cube, gradient: tape.scalar(1) }]);
  tape.output(tape.gradient(x), "dx", [1]);
  const running = await session(tape.model.bytes());
  const outputs = await running.run({ x: new Tensor("float64", Float64Array.of(5), [1]) });
  expect([...elements(outputs, "dx")]).toEqual([75]);
  await running.release();
});

it("writes no backward pass of what nobody asks for", () => {
  const tape = new Tape(new OnnxModel(), "float32");
  const trained = tape.input("trained", [1], true);
  const frozen = tape.input("frozen", [1]);
  const behind = multiplied(tape, frozen, frozen);
  const unused = multiplied(tape, trained, trained);
  const loss = multiplied(tape, behind, trained);
  expect([behind.needsGradient, unused.needsGradient, loss.needsGradient]).toEqual([false, true, true]);
  tape.backward([{ value: loss, gradient: tape.scalar(1) }]);
  expect(() => tape.gradient(frozen)).toThrow("nothing depends on frozen");
  expect(() => tape.gradient(unused)).toThrow("nothing depends on");
  expect(tape.gradient(trained)).toMatch(/^Mul/);
});

import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { Tensor } from "onnxruntime-node";
import { expect, it } from "vitest";
import { elements, session } from "./finite-difference.ts";
import { OnnxModel } from "./onnx-model.ts";

it("writes what ONNX Runtime runs: symbolic sizes, attributes, several outputs, constants", async () => {
  const model = new OnnxModel();
  const x = model.input("x", "float32", ["T", 4]);
  const scaled = model.operator("Gemm", [x, x], { transB: 1, alpha: { float: 0.5 } });
  const [left, right] = model.operators("Split", [x, model.integers(1, 3)], 2, { axis: 1 });
  const half = model.constant([], Float32Array.of(0.5));
  expect(model.constant([], Float32Array.of(0.5))).toBe(half);
  model.output(scaled, "scaled", "float32", ["T", "T"]);
  model.output(model.operator("Mul", [left as string, half]), "left", "float32", ["T", 1]);
  model.output(right as string, "right", "float32", ["T", 3]);
  model.output(right as string, "right again", "float32", ["T", 3]);
  model.output(x, "x again", "float32", ["T", 4]);
  expect(model.inputNames).toEqual(["x"]);
  expect(model.outputNames).toEqual(["scaled", "left", "right", "right again", "x again"]);

  const running = await session(model.bytes());
  const outputs = await running.run({ x: new Tensor("float32", Float32Array.of(1, 2, 3, 4, 0, 0, 0, 2), [2, 4]) });
  expect([...elements(outputs, "scaled")]).toEqual([15, 4, 4, 2]);
  expect([...elements(outputs, "left")]).toEqual([0.5, 0]);
  expect([...elements(outputs, "right again")]).toEqual([2, 3, 4, 0, 0, 2]);
  expect([...elements(outputs, "x again")]).toHaveLength(8);
  await running.release();
});

it("leaves out what no output depends on", () => {
  const write = (extra: (model: OnnxModel, x: string) => void): Uint8Array => {
    const model = new OnnxModel();
    const x = model.input("x", "float32", ["T"]);
    model.output(model.operator("Neg", [x]), "y", "float32", ["T"]);
    extra(model, x);
    return model.bytes();
  };
  const dead = write((model, x) => {
    model.operator("Add", [model.operator("Abs", [x]), model.constant([], Float32Array.of(1))]);
  });
  expect(dead).toEqual(write(() => {}));
});

it("has constants in files, at offsets that are no multiples of a page", async () => {
  const folder = mkdtempSync(join(tmpdir(), "onnx-model-"));
  try {
    writeFileSync(join(folder, "weights.bin"), new Uint8Array(Float32Array.of(9, 1, 2, 3).buffer));
    const model = new OnnxModel();
    const x = model.input("x", "float32", [3]);
    const w = model.external("w", "float32", [3], { location: "weights.bin", offset: 4, length: 12 });
    model.output(model.operator("Add", [x, w]), "y", "float32", [3]);
    const running = await session(model.bytes(), folder);
    const outputs = await running.run({ x: new Tensor("float32", Float32Array.of(10, 20, 30), [3]) });
    expect([...elements(outputs, "y")]).toEqual([11, 22, 33]);
    await running.release();
  } finally {
    rmSync(folder, { recursive: true, force: true });
  }
});

import { mkdtempSync, readdirSync, readFileSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { readGgufFileInfo } from "node-llama-cpp";
import { afterAll, describe, expect, it } from "vitest";
import { dequantise } from "./dequantise.ts";
import { readGgufFile } from "./gguf-file.ts";
import { type GgufValue, writeGguf } from "./gguf-writer.ts";
import { readStored } from "./stored-values.ts";
import { tensorInMemory } from "./tensor-source.ts";

const folder = mkdtempSync(join(tmpdir(), "rpo-gguf-"));
afterAll(() => rmSync(folder, { recursive: true }));

/** Longer than the buffer that a header begins with. */
const words = Array.from({ length: 20_000 }, (_, i) => `词${i}`);

const metadata = new Map<string, GgufValue>([
  ["general.architecture", { type: "string", value: "llama" }],
  ["x.uint8", { type: "uint8", value: 255 }],
  ["x.int8", { type: "int8", value: -128 }],
  ["x.uint16", { type: "uint16", value: 65535 }],
  ["x.int16", { type: "int16", value: -2 }],
  ["x.uint32", { type: "uint32", value: 4294967295 }],
  ["x.int32", { type: "int32", value: -3 }],
  ["x.float32", { type: "float32", value: 0.5 }],
  ["x.bool", { type: "bool", value: true }],
  ["x.words", { type: "array", of: "string", value: words }],
  ["x.types", { type: "array", of: "int32", value: [1, -1] }],
  ["x.uint64", { type: "uint64", value: 2n ** 40n }],
  ["x.int64", { type: "int64", value: -(2n ** 40n) }],
  ["x.float64", { type: "float64", value: Math.PI }],
]);
const tensors = [
  tensorInMemory("blk.0.attn_q.weight", [3, 2], Float32Array.of(1, 2, 3, 4, 5, 6)),
  tensorInMemory("half", [5], Float32Array.of(1, -2, 0.5, 3, 4), "F16"),
  tensorInMemory("output_norm.weight", [2], Float32Array.of(9, 8)),
];

describe("writeGguf", () => {
  it("writes what our reader and node-llama-cpp's read back", async () => {
    const path = join(folder, "model.gguf");
    await writeGguf(path, metadata, tensors);
    const file = await readGgufFile(path, () => true);
    for (const [key, { value }] of metadata)
      expect(file.metadata.get(key)).toEqual(typeof value === "bigint" ? Number(value) : value);
    expect([...file.tensors.keys()]).toEqual(tensors.map(({ name }) => name));
    for (const { name, shape, format, read } of tensors) {
      const stored = file.tensors.get(name)!;
      expect([stored.type, stored.shape, stored.offset % 32]).toEqual([format, shape, 0]);
      const values = new Float32Array(shape.reduce((a, b) => a * b, 1));
      dequantise(stored.type, await readStored(stored), values);
      for await (const piece of read()) expect(values).toEqual(piece);
    }
    const theirs = await readGgufFileInfo(path);
    expect(theirs.tensorInfo?.map(({ name, dimensions }) => [name, dimensions])).toEqual([
      ["blk.0.attn_q.weight", [2, 3]],
      ["half", [5]],
      ["output_norm.weight", [2]],
    ]);
    expect(readFileSync(path).length % 32).toBe(0);
  });

  it("leaves nothing behind when a number can't be written", async () => {
    const path = join(folder, "failed", "x.gguf");
    const broken = tensorInMemory("w", [1], Float32Array.of(Number.NaN));
    await expect(writeGguf(path, metadata, [broken])).rejects.toThrow("w: a number is not finite");
    expect(readdirSync(join(folder, "failed"))).toEqual([]);
  });
});

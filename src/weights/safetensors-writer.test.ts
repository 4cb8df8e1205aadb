import { mkdtempSync, readdirSync, readFileSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, describe, expect, it } from "vitest";
import { InputError } from "../dataset/input-error.ts";
import { readSafetensorsFile } from "./safetensors-file.ts";
import { writeSafetensors } from "./safetensors-writer.ts";
import { tensorInMemory } from "./tensor-source.ts";

const folder = mkdtempSync(join(tmpdir(), "rpo-safetensors-"));
afterAll(() => rmSync(folder, { recursive: true }));

const tensors = [
  tensorInMemory("b", [2, 3], Float32Array.of(1, 2, 3, 4, 5, 6), "F16"),
  tensorInMemory("c", [3], Float32Array.of(0.5, -1, 3)),
  tensorInMemory("a", [1], Float32Array.of(7), "BF16"),
];

describe("writeSafetensors", () => {
  it("writes a header that says where everything is, wide elements first, then by name", async () => {
    const path = join(folder, "new", "three.safetensors");
    await writeSafetensors(path, tensors, { note: "测试" });
    const bytes = readFileSync(path);
    const length = Number(bytes.readBigUInt64LE());
    expect(length % 8).toBe(0);
    expect(JSON.parse(bytes.toString("utf8", 8, 8 + length))).toEqual({
      __metadata__: { format: "pt", note: "测试" },
      c: { dtype: "F32", shape: [3], data_offsets: [0, 12] },
      a: { dtype: "BF16", shape: [1], data_offsets: [12, 14] },
      b: { dtype: "F16", shape: [2, 3], data_offsets: [14, 26] },
    });
    expect(bytes.length).toBe(8 + length + 26);
    expect(bytes.readFloatLE(8 + length + 4)).toBe(-1);
    expect((await readSafetensorsFile(path)).tensors.size).toBe(3);
  });

  it("gives the same bytes whatever the order of the tensors", async () => {
    const [one, two] = [join(folder, "one"), join(folder, "two")];
    await writeSafetensors(one, tensors);
    await writeSafetensors(two, tensors.toReversed());
    expect(readFileSync(one).equals(readFileSync(two))).toBe(true);
  });

  it("leaves nothing behind when a number can't be written, a shape is wrong, or a name comes twice", async () => {
    const path = join(folder, "failed", "x.safetensors");
    const large = tensorInMemory("w", [1], Float32Array.of(1e6), "F16");
    await expect(writeSafetensors(path, [large])).rejects.toThrow(InputError);
    const short = tensorInMemory("w", [2], Float32Array.of(1));
    await expect(writeSafetensors(path, [short])).rejects.toThrow("w gave 1 numbers where its shape has 2");
    await expect(writeSafetensors(path, [large, large])).rejects.toThrow("two tensors are called w");
    expect(readdirSync(join(folder, "failed"))).toEqual([]);
  });
});

// Every format against llama.cpp's own Python package: bit by bit on blocks of random bytes, so that scales take all values
// that a half has, infinities, subnormal numbers and negative ones among them.
import { execFileSync } from "node:child_process";
import { mkdtemp, readFile, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { dequantise } from "./dequantise.ts";
import { TENSOR_TYPES, type TensorType, typeBytes } from "./tensor-type.ts";

const SCRIPT = fileURLToPath(new URL("../../test/python/dequantise.py", import.meta.url));
/** Made by `npm test`. */
const { venvPython } = (await import(new URL("../../setup/python.mjs", import.meta.url).href)) as {
  venvPython: string;
};
const TYPES = Object.keys(TENSOR_TYPES) as TensorType[];
/** Blocks of each format: as many as there are halves. */
const BLOCKS = 1 << 16;

let folder: string;

beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), "rpo-dequantise-"));
  let seed = 1;
  const random = () => {
    seed = (Math.imul(seed, 1664525) + 1013904223) >>> 0;
    return seed >>> 24;
  };
  const jobs = [];
  for (const type of TYPES) {
    const { bytes: size } = TENSOR_TYPES[type];
    const bytes = Uint8Array.from({ length: BLOCKS * size }, random);
    // One of the halves takes each of its values once; it is the first of a block but in Q6_K, where it is the last.
    const scale = type === "Q6_K" ? size - 2 : 0;
    for (let i = 0; i < BLOCKS; i++) bytes.set([i & 255, i >> 8], i * size + scale);
    await writeFile(join(folder, `${type}.bin`), bytes);
    jobs.push({ type, bytes: join(folder, `${type}.bin`), values: join(folder, `${type}.f32`) });
  }
  execFileSync(venvPython, [SCRIPT], { input: JSON.stringify(jobs) });
});
afterAll(() => rm(folder, { recursive: true, force: true }));

const isNumber = (bits: number) => (bits & 0x7fffffff) <= 0x7f800000;

describe("dequantise", () => {
  it.each(TYPES)("%s has the values that llama.cpp's package has, bit by bit", async (type) => {
    const bytes = await readFile(join(folder, `${type}.bin`));
    const file = await readFile(join(folder, `${type}.f32`));
    const out = new Float32Array(BLOCKS * TENSOR_TYPES[type].elements);
    dequantise(type, bytes, out);
    const ours = new Uint32Array(out.buffer);
    const theirs = new Uint32Array(file.buffer, file.byteOffset, file.length / 4);
    expect(theirs.length).toBe(ours.length);
    // Which NaN comes of ∞ · 0 or ∞ − ∞ is the processor's choice; a stored one keeps its bits in the float formats.
    const exact = type === "F32" || type === "BF16";
    const wrong = ours.findIndex((bits, i) => bits !== theirs[i] && (exact || isNumber(bits) || isNumber(theirs[i]!)));
    expect(wrong === -1 ? "same" : `element ${wrong}: ${out[wrong]} for ${file.readFloatLE(wrong * 4)}`).toBe("same");
    expect(out.some((value) => Number.isFinite(value) && value < 0)).toBe(true);
    expect(out.some((value) => value > 0 && value < 2 ** -14)).toBe(true); // from subnormal halves
  });

  it("reads bytes at any address", () => {
    const type = "F32";
    const memory = new Uint8Array(9);
    new DataView(memory.buffer).setFloat32(3, -1.5, true);
    const out = new Float32Array(2).subarray(1);
    dequantise(type, memory.subarray(3, 7), out);
    expect([...out]).toEqual([-1.5]);
  });

  it("refuses bytes that are not the elements' blocks", () => {
    expect(() => dequantise("Q4_K", new Uint8Array(143), new Float32Array(256))).toThrow(/144 bytes, not 143/);
    expect(typeBytes("Q6_K", 512)).toBe(420);
  });
});

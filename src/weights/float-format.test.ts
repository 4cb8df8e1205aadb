import { describe, expect, it } from "vitest";
import { InputError } from "../dataset/input-error.ts";
import { bfloatBits, encodeFloats, halfBits } from "./float-format.ts";
import { HALF_AS_FLOAT, HALF_AS_FLOAT_BITS } from "./half-float.ts";

const float = new Float32Array(1);
const word = new Uint32Array(float.buffer);
const bitsOf = (value: number): number => {
  float[0] = value;
  return word[0]!;
};

describe("halfBits", () => {
  it("gives every finite half its own bits back", () => {
    for (let half = 0; half < 1 << 16; half++)
      if (Number.isFinite(HALF_AS_FLOAT[half])) expect(halfBits(HALF_AS_FLOAT_BITS[half]!)).toBe(half);
  });

  it("rounds what lies between two halves to the nearer, and the middle to the even one", () => {
    for (let half = 0; half < 0x7bff; half++) {
      const [low, high] = [HALF_AS_FLOAT[half]!, HALF_AS_FLOAT[half + 1]!];
      const middle = bitsOf((low + high) / 2);
      expect(halfBits(middle)).toBe(half % 2 === 0 ? half : half + 1);
      expect(halfBits(middle - 1)).toBe(half);
      expect(halfBits(middle + 1)).toBe(half + 1);
      expect(halfBits((middle + 1) | 0x80000000)).toBe((half + 1) | 0x8000);
    }
  });

  it("makes what is too large infinite", () => {
    expect(halfBits(bitsOf(65519.996))).toBe(0x7bff);
    expect(halfBits(bitsOf(65520))).toBe(0x7c00);
    expect(halfBits(bitsOf(-1e30))).toBe(0xfc00);
    expect(halfBits(bitsOf(Number.NaN))).toBe(0x7e00);
  });
});

describe("bfloatBits", () => {
  it("keeps the upper half of the bits, rounded to the nearest, ties to even", () => {
    expect(bfloatBits(0x3f808000)).toBe(0x3f80);
    expect(bfloatBits(0x3f818000)).toBe(0x3f82);
    expect(bfloatBits(0x3f808001)).toBe(0x3f81);
    expect(bfloatBits(0xbf807fff)).toBe(0xbf80);
    expect(bfloatBits(0xffffffff)).toBe(0xffc0);
  });
});

describe("encodeFloats", () => {
  it("writes little-endian bytes", () => {
    const values = Float32Array.of(1, -2);
    expect([...encodeFloats(values, "F16", "w")]).toEqual([0, 0x3c, 0, 0xc0]);
    expect([...encodeFloats(values, "BF16", "w")]).toEqual([0x80, 0x3f, 0, 0xc0]);
    expect([...encodeFloats(values, "F32", "w")]).toEqual([0, 0, 0x80, 0x3f, 0, 0, 0, 0xc0]);
  });

  it("refuses what the format can't hold, and names the tensor", () => {
    expect(() => encodeFloats(Float32Array.of(1e5), "F16", "blk.0")).toThrow(InputError);
    expect(() => encodeFloats(Float32Array.of(1e5), "F16", "blk.0")).toThrow("blk.0: a number is too large for F16");
    expect(() => encodeFloats(Float32Array.of(Number.NaN), "F32", "blk.0")).toThrow("not finite");
    expect(() => encodeFloats(Float32Array.of(Number.POSITIVE_INFINITY), "BF16", "blk.0")).toThrow("not finite");
    expect(encodeFloats(Float32Array.of(1e38), "BF16", "blk.0")).toHaveLength(2);
  });
});

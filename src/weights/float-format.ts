// Number formats that weights are written in: fp32 turned into IEEE half precision or bfloat16, both rounded to the nearest,
// ties to even, as PyTorch and llama.cpp do. Little-endian. Ignores reading, and the block formats of GGUF.
import { InputError } from "../dataset/input-error.ts";

/** Formats by the names that safetensors files give them. */
export const FLOAT_FORMATS = ["F32", "F16", "BF16"] as const;
export type FloatFormat = (typeof FLOAT_FORMATS)[number];

/** Bytes of one number. */
export const formatBytes = (format: FloatFormat): number => (format === "F32" ? 4 : 2);

/** Bits of the largest fp32 that still rounds to a finite half: 65,519.996. From 65,520 on it would be infinite. */
const LARGEST_HALF_BITS = 0x477fefff;
/** Bits of the smallest normal half, 2^-14, and of half the smallest subnormal one, 2^-25, which rounds to zero. */
const SMALLEST_NORMAL_BITS = 0x38800000;
const ROUNDS_TO_ZERO_BITS = 0x33000000;
const INFINITY_BITS = 0x7f800000;

/** The half nearest to an fp32 number given as its bits; too large ones are infinite, as is infinity. NaN stays NaN. */
export function halfBits(bits: number): number {
  const sign = (bits >>> 16) & 0x8000;
  const size = bits & 0x7fffffff;
  if (size > LARGEST_HALF_BITS) return sign | (size > INFINITY_BITS ? 0x7e00 : 0x7c00);
  if (size <= ROUNDS_TO_ZERO_BITS) return sign;
  if (size >= SMALLEST_NORMAL_BITS) {
    // The exponent's bias goes from 127 to 15; a carry out of the fraction raises it, which is what rounding up means.
    const rebased = size - (112 << 23);
    return sign | ((rebased + 0xfff + ((rebased >>> 13) & 1)) >>> 13);
  }
  const shift = 126 - (size >>> 23); // 14 to 24: the fraction is counted in units of 2^-24
  const fraction = (size & 0x7fffff) | 0x800000;
  const half = 1 << (shift - 1);
  return sign | ((fraction + half - 1 + ((fraction >>> shift) & 1)) >>> shift);
}

/** The bfloat16 nearest to an fp32 number given as its bits. */
export function bfloatBits(bits: number): number {
  if ((bits & 0x7fffffff) > INFINITY_BITS) return ((bits >>> 16) & 0x8000) | 0x7fc0;
  return ((bits >>> 0) + 0x7fff + ((bits >>> 16) & 1)) >>> 16;
}

/**
 * Numbers as the bytes of a file; F32 is a view on the same memory.
 * @param of what is named where a number is too large or no number, such as a tensor's name.
 * @throws InputError where a number becomes infinite or is not finite.
 */
export function encodeFloats(values: Float32Array, format: FloatFormat, of: string): Uint8Array {
  const bits = new Uint32Array(values.buffer, values.byteOffset, values.length);
  if (format === "F32") {
    refuse(bits, INFINITY_BITS - 1, of, "is not finite");
    return new Uint8Array(values.buffer, values.byteOffset, values.byteLength);
  }
  const result = new Uint16Array(values.length);
  if (format === "F16") {
    refuse(bits, LARGEST_HALF_BITS, of, "is too large for F16: write F32 or BF16");
    for (let i = 0; i < bits.length; i++) result[i] = halfBits(bits[i]!);
  } else {
    refuse(bits, INFINITY_BITS - 1, of, "is not finite");
    for (let i = 0; i < bits.length; i++) result[i] = bfloatBits(bits[i]!);
  }
  return new Uint8Array(result.buffer);
}

function refuse(bits: Uint32Array, largest: number, of: string, why: string): void {
  for (let i = 0; i < bits.length; i++)
    if ((bits[i]! & 0x7fffffff) > largest) throw new InputError(`${of}: a number ${why}`);
}

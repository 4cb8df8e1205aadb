// Turns the bytes of a tensor, or of some of its blocks, into fp32. Ignores where they lie and what they are for.

import { readQ4_0, readQ4_1, readQ5_0, readQ5_1, readQ8_0 } from "./blocks-of-32.ts";
import { readQ4_K, readQ5_K, readQ6_K } from "./blocks-of-256.ts";
import { HALF_AS_FLOAT_BITS } from "./half-float.ts";
import { type TensorType, typeBytes } from "./tensor-type.ts";

const READERS: Readonly<Record<TensorType, (bytes: Uint8Array, out: Float32Array) => void>> = {
  F32: (bytes, out) => new Uint8Array(out.buffer, out.byteOffset, out.byteLength).set(bytes),
  F16: (bytes, out) => {
    const bits = bitsOf(out);
    for (let i = 0; i < bits.length; i++) bits[i] = HALF_AS_FLOAT_BITS[bytes[2 * i]! | (bytes[2 * i + 1]! << 8)]!;
  },
  BF16: (bytes, out) => {
    const bits = bitsOf(out);
    for (let i = 0; i < bits.length; i++) bits[i] = (bytes[2 * i]! << 16) | (bytes[2 * i + 1]! << 24);
  },
  Q4_0: readQ4_0,
  Q4_1: readQ4_1,
  Q5_0: readQ5_0,
  Q5_1: readQ5_1,
  Q8_0: readQ8_0,
  Q4_K: readQ4_K,
  Q5_K: readQ5_K,
  Q6_K: readQ6_K,
};

/** Numbers copied as bits, so that a NaN's payload stays. */
const bitsOf = (out: Float32Array): Uint32Array => new Uint32Array(out.buffer, out.byteOffset, out.length);

/**
 * The values of whole blocks.
 * @param bytes little-endian, whole blocks.
 * @param out as many elements as the blocks hold.
 */
export function dequantise(type: TensorType, bytes: Uint8Array, out: Float32Array): void {
  if (bytes.length !== typeBytes(type, out.length))
    throw new RangeError(
      `${out.length} elements of ${type} have ${typeBytes(type, out.length)} bytes, not ${bytes.length}`,
    );
  READERS[type](bytes, out);
}

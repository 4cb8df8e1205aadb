// GGUF's older block formats: 32 elements share one scale d, and in Q4_1 and Q5_1 a minimum m. Follows `dequantize_row_q*` of
// llama.cpp's ggml-quants.c. A block's halves are little-endian and lie before its elements.
//
// All sums are of numbers whose exact result fits a double, so each element is rounded once, when it is stored, as it is where
// llama.cpp computes in fp32: the results are the same bit by bit.
import { HALF_AS_FLOAT } from "./half-float.ts";

const ELEMENTS = 32;

const half = (bytes: Uint8Array, at: number): number => HALF_AS_FLOAT[bytes[at]! | (bytes[at + 1]! << 8)]!;

/** 32 bits, one for each element. */
const word = (bytes: Uint8Array, at: number): number =>
  bytes[at]! | (bytes[at + 1]! << 8) | (bytes[at + 2]! << 16) | (bytes[at + 3]! << 24);

/** d, 16 bytes: the first 16 elements are their low nibbles, the last 16 the high ones, less 8. */
export function readQ4_0(bytes: Uint8Array, out: Float32Array): void {
  for (let at = 0, o = 0; o < out.length; at += 18, o += ELEMENTS) {
    const d = half(bytes, at);
    for (let i = 0; i < 16; i++) {
      const pair = bytes[at + 2 + i]!;
      out[o + i] = d * ((pair & 15) - 8);
      out[o + 16 + i] = d * ((pair >> 4) - 8);
    }
  }
}

/** d, m, 16 bytes of nibbles. */
export function readQ4_1(bytes: Uint8Array, out: Float32Array): void {
  for (let at = 0, o = 0; o < out.length; at += 20, o += ELEMENTS) {
    const d = half(bytes, at);
    const m = half(bytes, at + 2);
    for (let i = 0; i < 16; i++) {
      const pair = bytes[at + 4 + i]!;
      out[o + i] = d * (pair & 15) + m;
      out[o + 16 + i] = d * (pair >> 4) + m;
    }
  }
}

/** d, the 32 elements' fifth bits, 16 bytes of nibbles; less 16. */
export function readQ5_0(bytes: Uint8Array, out: Float32Array): void {
  for (let at = 0, o = 0; o < out.length; at += 22, o += ELEMENTS) {
    const d = half(bytes, at);
    const high = word(bytes, at + 2);
    for (let i = 0; i < 16; i++) {
      const pair = bytes[at + 6 + i]!;
      out[o + i] = d * (((pair & 15) | (((high >>> i) & 1) << 4)) - 16);
      out[o + 16 + i] = d * (((pair >> 4) | (((high >>> (i + 16)) & 1) << 4)) - 16);
    }
  }
}

/** d, m, the fifth bits, 16 bytes of nibbles. */
export function readQ5_1(bytes: Uint8Array, out: Float32Array): void {
  for (let at = 0, o = 0; o < out.length; at += 24, o += ELEMENTS) {
    const d = half(bytes, at);
    const m = half(bytes, at + 2);
    const high = word(bytes, at + 4);
    for (let i = 0; i < 16; i++) {
      const pair = bytes[at + 8 + i]!;
      out[o + i] = d * ((pair & 15) | (((high >>> i) & 1) << 4)) + m;
      out[o + 16 + i] = d * ((pair >> 4) | (((high >>> (i + 16)) & 1) << 4)) + m;
    }
  }
}

/** d, 32 signed bytes. */
export function readQ8_0(bytes: Uint8Array, out: Float32Array): void {
  for (let at = 0, o = 0; o < out.length; at += 34, o += ELEMENTS) {
    const d = half(bytes, at);
    for (let i = 0; i < ELEMENTS; i++) out[o + i] = d * ((bytes[at + 2 + i]! << 24) >> 24);
  }
}

// GGUF's K formats: 256 elements share a scale d (in Q4_K and Q5_K also a minimum dmin), and runs of 16 or 32 of them have a
// small integer scale of their own. Follows `dequantize_row_q*_K` of llama.cpp's ggml-quants.c; why the results are the same
// bit by bit is said in blocks-of-32.ts.
import { HALF_AS_FLOAT } from "./half-float.ts";

const ELEMENTS = 256;

const half = (bytes: Uint8Array, at: number): number => HALF_AS_FLOAT[bytes[at]! | (bytes[at + 1]! << 8)]!;

/** The 6-bit scale of a run of 32: eight scales and eight minima lie in 12 bytes, the high bits of the last four apart. */
const scaleOf = (bytes: Uint8Array, at: number, run: number): number =>
  run < 4 ? bytes[at + run]! & 63 : (bytes[at + run + 4]! & 15) | ((bytes[at + run - 4]! >> 6) << 4);

/** The 6-bit minimum of a run of 32. */
const minimumOf = (bytes: Uint8Array, at: number, run: number): number =>
  run < 4 ? bytes[at + run + 4]! & 63 : (bytes[at + run + 4]! >> 4) | ((bytes[at + run]! >> 6) << 4);

/** d, dmin, 12 bytes of scales and minima, 128 bytes of nibbles: 32 bytes hold one run in their low halves, the next in the high. */
export function readQ4_K(bytes: Uint8Array, out: Float32Array): void {
  for (let at = 0, o = 0; o < out.length; at += 144, o += ELEMENTS) {
    const d = half(bytes, at);
    const dmin = half(bytes, at + 2);
    for (let run = 0; run < 8; run += 2) {
      const low = d * scaleOf(bytes, at + 4, run);
      const lowMinimum = dmin * minimumOf(bytes, at + 4, run);
      const high = d * scaleOf(bytes, at + 4, run + 1);
      const highMinimum = dmin * minimumOf(bytes, at + 4, run + 1);
      const nibbles = at + 16 + run * 16;
      const to = o + run * 32;
      for (let i = 0; i < 32; i++) {
        const pair = bytes[nibbles + i]!;
        out[to + i] = low * (pair & 15) - lowMinimum;
        out[to + 32 + i] = high * (pair >> 4) - highMinimum;
      }
    }
  }
}

/** As Q4_K, with 32 bytes of fifth bits before the nibbles: bit r of byte i belongs to element i of run r. */
export function readQ5_K(bytes: Uint8Array, out: Float32Array): void {
  for (let at = 0, o = 0; o < out.length; at += 176, o += ELEMENTS) {
    const d = half(bytes, at);
    const dmin = half(bytes, at + 2);
    for (let run = 0; run < 8; run += 2) {
      const low = d * scaleOf(bytes, at + 4, run);
      const lowMinimum = dmin * minimumOf(bytes, at + 4, run);
      const high = d * scaleOf(bytes, at + 4, run + 1);
      const highMinimum = dmin * minimumOf(bytes, at + 4, run + 1);
      const nibbles = at + 48 + run * 16;
      const to = o + run * 32;
      for (let i = 0; i < 32; i++) {
        const pair = bytes[nibbles + i]!;
        const fifth = bytes[at + 16 + i]! >> run;
        out[to + i] = low * ((pair & 15) | ((fifth & 1) << 4)) - lowMinimum;
        out[to + 32 + i] = high * ((pair >> 4) | ((fifth & 2) << 3)) - highMinimum;
      }
    }
  }
}

/** 128 bytes of low nibbles, 64 of high pairs of bits, 16 signed scales of runs of 16, d; elements less 32. */
export function readQ6_K(bytes: Uint8Array, out: Float32Array): void {
  for (let at = 0, o = 0; o < out.length; at += 210, o += ELEMENTS) {
    const d = half(bytes, at + 208);
    for (let part = 0; part < 2; part++) {
      const nibbles = at + part * 64;
      const pairs = at + 128 + part * 32;
      const scales = at + 192 + part * 8;
      const to = o + part * 128;
      for (let i = 0; i < 32; i++) {
        const first = bytes[nibbles + i]!;
        const second = bytes[nibbles + 32 + i]!;
        const high = bytes[pairs + i]!;
        const run = scales + (i >> 4);
        out[to + i] = d * signed(bytes[run]!) * (((first & 15) | ((high & 3) << 4)) - 32);
        out[to + 32 + i] = d * signed(bytes[run + 2]!) * (((second & 15) | ((high & 12) << 2)) - 32);
        out[to + 64 + i] = d * signed(bytes[run + 4]!) * (((first >> 4) | (high & 48)) - 32);
        out[to + 96 + i] = d * signed(bytes[run + 6]!) * (((second >> 4) | ((high & 192) >> 2)) - 32);
      }
    }
  }
}

const signed = (byte: number): number => (byte << 24) >> 24;

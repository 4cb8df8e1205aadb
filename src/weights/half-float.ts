// IEEE 754 half-precision numbers, read by table: there are only 65,536 of them. Ignores writing them: float-format.ts.

/** Bits of the fp32 number that equals each half; NaNs keep their payload. */
export const HALF_AS_FLOAT_BITS: Uint32Array = Uint32Array.from({ length: 1 << 16 }, (_, half) => {
  const sign = (half & 0x8000) << 16;
  const exponent = (half >>> 10) & 0x1f;
  const fraction = half & 0x3ff;
  if (exponent === 0x1f) return sign | 0x7f800000 | (fraction << 13);
  if (exponent !== 0) return sign | ((exponent + 127 - 15) << 23) | (fraction << 13);
  if (fraction === 0) return sign;
  // A subnormal half, fraction · 2^-24, is a normal fp32: its leading one is shifted to where it is not stored.
  const shift = Math.clz32(fraction) - 21;
  return sign | ((127 - 14 - shift) << 23) | (((fraction << shift) & 0x3ff) << 13);
});

/** The value of each half. */
export const HALF_AS_FLOAT = new Float32Array(HALF_AS_FLOAT_BITS.buffer);

// log, sin and cos rounded correctly, or so nearly always: computed with some 100 bits ("double-double": a value as the sum of
// two numbers, Dekker 1971) and rounded once. JavaScript leaves the last bit of these functions to the engine, and V8's differs
// from the C library's, which Python uses and which is all but correctly rounded, in one value of twenty. Ignores speed beyond
// some microseconds a call, infinities and NaN.

/** high + low, where low is less than half a unit in the last place of high. */
type Double2 = readonly [high: number, low: number];

/** Splits a number of 53 bits into two of 26 (Veltkamp). */
const SPLIT = 2 ** 27 + 1;

function sum(a: number, b: number): Double2 {
  const high = a + b;
  const part = high - a;
  return [high, a - (high - part) + (b - part)];
}

function product(a: number, b: number): Double2 {
  const high = a * b;
  const [aTop, bTop] = [SPLIT * a - (SPLIT * a - a), SPLIT * b - (SPLIT * b - b)];
  const [aRest, bRest] = [a - aTop, b - bTop];
  return [high, aTop * bTop - high + aTop * bRest + aRest * bTop + aRest * bRest];
}

function add(a: Double2, b: Double2): Double2 {
  const [high, error] = sum(a[0], b[0]);
  const [lowHigh, lowError] = sum(a[1], b[1]);
  const [top, rest] = sum(high, error + lowHigh);
  return sum(top, rest + lowError);
}

function multiply(a: Double2, b: Double2): Double2 {
  const [high, low] = product(a[0], b[0]);
  return sum(high, low + (a[0] * b[1] + a[1] * b[0]));
}

function divide(a: Double2, b: Double2): Double2 {
  const first = a[0] / b[0];
  const rest = add(a, multiply([-first, 0], b));
  const second = rest[0] / b[0];
  const last = add(rest, multiply([-second, 0], b));
  return add(sum(first, second), [last[0] / b[0], 0]);
}

const ONE: Double2 = [1, 0];
/** ln 2 and π/2 as sums of numbers: what follows from their digits. */
const LN_2: Double2 = [Math.LN2, 2.3190468138462996e-17];
const HALF_PI = [Math.PI / 2, 6.123233995736766e-17, -1.4973849048591698e-33] as const;

/** Terms of the series of log: its argument is at most 3 - 2√2, whose square to the 20th is below 2^-100. */
const LOG_TERMS = 20;
/** Terms of the series of sin and cos: (π/4)^32 / 32! is below 2^-120. */
const CIRCLE_TERMS = 16;

const ODD_RECIPROCALS = Array.from({ length: LOG_TERMS }, (_, n) => divide(ONE, [2 * n + 1, 0]));
/** 1/n!, exactly signed for sin (odd n) and cos (even n). */
const SIGNED_FACTORIALS = signedFactorials(2 * CIRCLE_TERMS);

function signedFactorials(count: number): Double2[] {
  const values: Double2[] = [];
  let value: Double2 = ONE;
  for (let n = 0; n < count; n += 1) {
    if (n > 0) value = divide(value, [n, 0]);
    values.push(n % 4 < 2 ? value : [-value[0], -value[1]]);
  }
  return values;
}

/** Natural logarithm of a normal positive number. */
export function roundedLog(value: number): number {
  let exponent = Math.round(Math.log2(value));
  let mantissa = value / 2 ** exponent;
  if (mantissa > Math.SQRT2) {
    exponent += 1;
    mantissa /= 2;
  }
  // ln m = 2 (s + s³/3 + s⁵/5 + …) with s = (m - 1) / (m + 1)
  const s = divide(sum(mantissa, -1), sum(mantissa, 1));
  const square = multiply(s, s);
  let series: Double2 = [0, 0];
  for (let n = LOG_TERMS - 1; n >= 0; n -= 1) series = add(multiply(series, square), ODD_RECIPROCALS[n]!);
  const log = multiply(multiply(series, s), [2, 0]);
  return add(multiply(LN_2, [exponent, 0]), log)[0];
}

/** Sine of an angle of a few turns at most, in radians. */
export const roundedSin = (angle: number): number => circle(angle, 0);

/** Cosine of an angle of a few turns at most, in radians. */
export const roundedCos = (angle: number): number => circle(angle, 1);

/** The sine of so many quarter turns after the angle. */
function circle(angle: number, quartersAhead: number): number {
  const quarters = Math.round(angle / HALF_PI[0]);
  let rest: Double2 = [angle, 0];
  for (const part of HALF_PI) rest = add(rest, product(-quarters, part));
  const quadrant = (quarters + quartersAhead) & 3;
  const first = quadrant % 2 === 0 ? 1 : 0; // the series of sin has odd powers, that of cos even ones
  const square = multiply(rest, rest);
  let series: Double2 = [0, 0];
  for (let n = 2 * (CIRCLE_TERMS - 1) + first; n >= 0; n -= 2)
    series = add(multiply(series, square), SIGNED_FACTORIALS[n]!);
  const [value] = first === 1 ? multiply(series, rest) : series;
  return quadrant < 2 ? value : -value;
}

// The upper tail of the χ² distribution with one degree of freedom: the p-value of a χ² test of two shares. Pure.

/** Terms until a series or fraction no longer changes; both need far fewer. */
const MOST_TERMS = 200;
/** Below, the power series of erf is short and exact; above, the continued fraction of erfc. */
const SERIES_UP_TO = 3;

/** P(X ≥ statistic) of χ² with one degree of freedom. @throws RangeError below 0 */
export function chiSquareTail(statistic: number): number {
  if (!(statistic >= 0)) throw new RangeError(`a χ² statistic is not below 0, as ${statistic} is`);
  const x = Math.sqrt(statistic / 2);
  return x < SERIES_UP_TO ? 1 - erfBySeries(x) : erfcByFraction(x);
}

/** erf(x) = 2/√π · e^(−x²) · Σ 2ⁿ x^(2n+1) / (1·3·5 … (2n+1)) (Abramowitz and Stegun 1964, 7.1.6). */
function erfBySeries(x: number): number {
  let term = x;
  let sum = x;
  for (let n = 1; n < MOST_TERMS && term > sum * Number.EPSILON; n += 1) {
    term *= (2 * x * x) / (2 * n + 1);
    sum += term;
  }
  return (2 / Math.sqrt(Math.PI)) * Math.exp(-x * x) * sum;
}

/** erfc(x) = e^(−x²)/√π · 1/(x + ½/(x + 1/(x + 3⁄2/(x + …)))) (7.1.14), from its far end. */
function erfcByFraction(x: number): number {
  let below = x;
  for (let n = MOST_TERMS; n >= 1; n -= 1) below = x + n / 2 / below;
  return Math.exp(-x * x) / Math.sqrt(Math.PI) / below;
}

import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { roundedCos, roundedLog, roundedSin } from "./rounded-math.ts";

/** Values that the C library gives and V8 does not: each is the number nearest to the true one. */
const LAST_BITS = {
  log: [
    [0.6898524306806674, -0.3712775728427207],
    [0.3595765984579098, -1.022828055093152],
    [0.9377204119784548, -0.0643034426603299],
  ],
  cos: [
    [4.7623679680665845, 0.04995818320146727],
    [2.544276222803882, -0.8268478984060738],
    [3.885326994325826, -0.7359453946887197],
  ],
  sin: [
    [0.8780486628429147, 0.7694941156084504],
    [3.746580847563201, -0.568752365737626],
    [3.984836419350773, -0.7468042916651022],
  ],
} as const;

const angles = fc.double({ min: 0, max: 2 * Math.PI, noNaN: true });
/** V8 promises less than one unit in the last place. */
const UNIT = 2 ** -52;

describe("functions rounded correctly", () => {
  it("are right in the last bit where V8's own are not", () => {
    for (const [value, log] of LAST_BITS.log) expect(roundedLog(value)).toBe(log);
    for (const [angle, cos] of LAST_BITS.cos) expect(roundedCos(angle)).toBe(cos);
    for (const [angle, sin] of LAST_BITS.sin) expect(roundedSin(angle)).toBe(sin);
  });

  it("are within a unit in the last place of V8's", () => {
    const isNear = (value: number, other: number): void => {
      expect(Math.abs(value - other)).toBeLessThanOrEqual(UNIT * Math.abs(other));
    };
    fc.assert(
      fc.property(angles, (angle) => {
        isNear(roundedSin(angle), Math.sin(angle));
        isNear(roundedCos(angle), Math.cos(angle));
      }),
    );
    fc.assert(
      fc.property(fc.double({ min: 2 ** -53, max: 2 ** 60, noNaN: true }), (value) => {
        isNear(roundedLog(value), Math.log(value));
      }),
    );
  });

  it("are exact where the true value is a number", () => {
    expect(roundedLog(1)).toBe(0);
    expect(roundedSin(0)).toBe(0);
    expect(roundedCos(0)).toBe(1);
    for (const exponent of [-53, -1, 1, 10]) expect(roundedLog(2 ** exponent)).toBe(exponent * Math.LN2);
  });
});

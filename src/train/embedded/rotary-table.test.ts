import { describe, expect, it } from "vitest";
import { rotaryTable } from "./rotary-table.ts";

describe("rotaryTable", () => {
  it("turns element j by position · theta^(−2j / headDim), in both halves", () => {
    const { cos, sin } = rotaryTable({ ropeTheta: 10_000, ropeFactors: null }, 4, Int32Array.of(0, 3));
    expect([...cos.subarray(0, 4)]).toEqual([1, 1, 1, 1]);
    expect([...sin.subarray(0, 4)]).toEqual([0, 0, 0, 0]);
    const angles = [3, 3 / 100, 3, 3 / 100];
    expect([...cos.subarray(4)]).toEqual(angles.map((angle) => Math.fround(Math.cos(angle))));
    expect([...sin.subarray(4)]).toEqual(angles.map((angle) => Math.fround(Math.sin(angle))));
  });

  it("divides frequencies by their factors", () => {
    const { sin } = rotaryTable({ ropeTheta: 10_000, ropeFactors: [2, 8] }, 4, Int32Array.of(4));
    expect([...sin.subarray(0, 2)]).toEqual([Math.sin(2), Math.sin(0.005)].map(Math.fround));
  });

  it("refuses a wrong number of factors", () => {
    expect(() => rotaryTable({ ropeTheta: 10_000, ropeFactors: [1] }, 4, Int32Array.of(0))).toThrow(RangeError);
  });
});

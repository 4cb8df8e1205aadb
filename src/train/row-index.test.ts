import { describe, expect, it } from "vitest";
import { type IndexedRow, RowIndex } from "./row-index.ts";

const row = (i: number): IndexedRow => {
  return { offset: 2 ** 33 * i, bytes: 100 + i, line: i + 1, cut: i % 3, tokens: 7 * i, isMirror: i % 3 === 1 };
};

describe("RowIndex", () => {
  it("gives every row back, beyond its first room and beyond 4 GB", () => {
    const index = new RowIndex();
    for (let i = 0; i < 5000; i += 1) index.add(row(i));
    expect(index.length).toBe(5000);
    for (const i of [0, 1023, 1024, 2047, 4999]) expect(index.at(i)).toEqual(row(i));
    expect(index.lengths()).toEqual(Int32Array.from({ length: 5000 }, (_, i) => 7 * i));
  });

  it("has no other rows", () => {
    const index = new RowIndex();
    index.add(row(0));
    for (const number of [-1, 1, 0.5, Number.NaN]) expect(() => index.at(number)).toThrow(RangeError);
  });
});

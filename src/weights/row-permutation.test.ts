import { describe, expect, it } from "vitest";
import { ggufRow, permuteRows, unpermuteRows } from "./row-permutation.ts";

describe("row permutation", () => {
  it("puts element d beside element d + D/2 within each head", () => {
    const rows = Float32Array.from({ length: 8 }, (_, i) => i); // two heads of width 4
    expect([...permuteRows(rows, 4, 1)]).toEqual([0, 2, 1, 3, 4, 6, 5, 7]);
  });

  it("moves whole rows, of numbers or bytes", () => {
    const rows = Uint8Array.from({ length: 8 }, (_, i) => i);
    expect([...permuteRows(rows, 4, 2)]).toEqual([0, 1, 4, 5, 2, 3, 6, 7]);
  });

  it("is undone exactly, and leaves its argument alone", () => {
    const rows = Float32Array.from({ length: 3 * 64 * 5 }, (_, i) => Math.sin(i));
    const before = rows.slice();
    const moved = permuteRows(rows, 64, 5);
    expect(moved).not.toEqual(rows);
    expect(unpermuteRows(moved, 64, 5)).toEqual(before);
    expect(rows).toEqual(before);
  });

  it("maps every row to one row", () => {
    const rows = Array.from({ length: 192 }, (_, row) => ggufRow(row, 64));
    expect(new Set(rows).size).toBe(192);
    expect(rows.slice(0, 2)).toEqual([0, 2]);
    expect(rows[32]).toBe(1);
    expect(rows[64 + 33]).toBe(64 + 3);
  });

  it("refuses rows that are no heads", () => {
    expect(() => permuteRows(new Float32Array(6), 4, 1)).toThrow(RangeError);
    expect(() => unpermuteRows(new Float32Array(6), 3, 1)).toThrow(/even width/);
  });
});

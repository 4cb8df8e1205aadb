import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { rowOrder } from "./row-order.ts";

const epochOf = (order: ReturnType<typeof rowOrder>, length: number, epoch: number): number[] =>
  Array.from({ length }, (_, position) => order(epoch)(position));

const lengths = fc.integer({ min: 0, max: 200 });
const seeds = fc.integer({ min: 0, max: 0xffff_ffff });
const epochs = fc.integer({ min: 0, max: 50 });

describe("rowOrder", () => {
  it("has every row once in every epoch", () => {
    fc.assert(
      fc.property(fc.constantFrom("shuffled", "file"), lengths, seeds, epochs, (kind, length, seed, epoch) => {
        const rows = epochOf(rowOrder(kind as "shuffled", length, seed), length, epoch);
        expect(rows.toSorted((a, b) => a - b)).toEqual([...rows.keys()]);
      }),
    );
  });

  it("is the same for the same seed, whatever was asked before: a training finds the rest of its epoch", () => {
    fc.assert(
      fc.property(lengths, seeds, epochs, epochs, (length, seed, first, second) => {
        const used = rowOrder("shuffled", length, seed);
        const before = used(first);
        const of = epochOf(used, length, second);
        expect(epochOf(rowOrder("shuffled", length, seed), length, second)).toEqual(of);
        expect(Array.from({ length }, (_, position) => before(position))).toEqual(epochOf(used, length, first));
      }),
    );
  });

  it("does not change between versions", () => {
    expect(epochOf(rowOrder("shuffled", 10, 7), 10, 0)).toMatchInlineSnapshot(`
      [
        2,
        4,
        0,
        9,
        1,
        6,
        3,
        5,
        7,
        8,
      ]
    `);
  });

  it("keeps the two directions of a couple side by side, the first one first", () => {
    fc.assert(
      fc.property(fc.array(fc.boolean(), { maxLength: 100 }), seeds, epochs, (marks, seed, epoch) => {
        const rows = epochOf(
          rowOrder("shuffled", marks.length, seed, (row) => marks[row]!),
          marks.length,
          epoch,
        );
        expect(rows.toSorted((a, b) => a - b)).toEqual([...marks.keys()]);
        const isSecond: boolean[] = [];
        for (const [row, mark] of marks.entries()) isSecond.push(mark && row > 0 && !isSecond[row - 1]);
        for (const [row, second] of isSecond.entries())
          if (second) expect(rows.indexOf(row)).toBe(rows.indexOf(row - 1) + 1);
      }),
    );
  });

  it("differs between epochs and seeds", () => {
    const order = rowOrder("shuffled", 50, 1);
    expect(epochOf(order, 50, 0)).not.toEqual(epochOf(order, 50, 1));
    expect(epochOf(order, 50, 0)).not.toEqual(epochOf(rowOrder("shuffled", 50, 2), 50, 0));
  });

  it("puts each row about as often at each position", () => {
    const seen = Array.from({ length: 16 }, () => 0);
    for (let epoch = 0; epoch < 4000; epoch += 1) {
      const order = rowOrder("shuffled", 4, 5)(epoch);
      for (let position = 0; position < 4; position += 1) seen[4 * position + order(position)]! += 1;
    }
    // 1,000 each with a standard deviation of 27.
    for (const count of seen) expect(Math.abs(count - 1000)).toBeLessThan(150);
  });

  it("keeps the order of the file where asked", () => {
    expect(epochOf(rowOrder("file", 4, 9), 4, 3)).toEqual([0, 1, 2, 3]);
  });

  it("refuses positions that are not there", () => {
    for (const position of [-1, 3, 0.5]) expect(() => rowOrder("file", 3, 0)(0)(position)).toThrow(RangeError);
  });
});

import { describe, expect, it } from "vitest";
import type { TokenRow } from "../token-row.ts";
import { attentionMask, HIDDEN, layOut, layoutSize, queryRuns, splitCompletions } from "./layout.ts";

const row: TokenRow = {
  id: "rows.jsonl:1",
  prompt: Int32Array.of(10, 11, 12),
  completions: [Int32Array.of(20, 21, 22), Int32Array.of(30, 31)],
  margin: 1,
  desirable: true,
};
/** A row a query: x for a key that it sees. */
const picture = (mask: Float32Array, T: number) =>
  Array.from({ length: T }, (_, i) =>
    Array.from(mask.subarray(i * T, (i + 1) * T), (value) => (value === 0 ? "x" : value === HIDDEN ? "." : "?")).join(
      "",
    ),
  );
const numbers = (values: BigInt64Array) => Array.from(values, Number);

describe("layOut", () => {
  const layout = layOut(row);

  it("puts the prompt and the completions without their last tokens into one sequence", () => {
    expect(numbers(layout.ids)).toEqual([10, 11, 12, 20, 21, 30]);
    expect([...layout.positionIds]).toEqual([0, 1, 2, 3, 4, 3]);
  });

  it("scores every token of a completion from the token before it, the first from the prompt's last", () => {
    expect(numbers(layout.positions)).toEqual([2, 3, 4, 2, 5]);
    expect(numbers(layout.targets)).toEqual([20, 21, 22, 30, 31]);
    expect([...layout.segment]).toEqual([1, 1, 1, 0, 0, 0, 0, 0, 1, 1]);
  });

  it("has the size that is told beforehand", () => {
    expect(layout.size).toEqual(layoutSize(row));
    expect(layoutSize(row)).toEqual({ tokens: 6, scored: 5 });
  });

  it("refuses an empty prompt", () => {
    expect(() => layOut({ ...row, prompt: new Int32Array() })).toThrow("rows.jsonl:1: the prompt is empty");
  });

  it("lays out a completion of no tokens and one of one", () => {
    const layout = layOut({ ...row, completions: [new Int32Array(), Int32Array.of(40)] });
    expect(layout.size).toEqual({ tokens: 4, scored: 1 }); // one of padding
    expect(picture(attentionMask(layout, null), 4)).toEqual(["x...", "xx..", "xxx.", "...x"]);
    expect(numbers(layout.positions)).toEqual([2]);
    expect([...layout.segment]).toEqual([0, 1]);
  });
});

describe("queryRuns", () => {
  it.each([
    [8, [2, 2, 2, 2], [2, 4, 6, 8]],
    [10, [3, 2, 3, 2], [3, 5, 8, 10]],
    [4, [1, 1, 1, 1], [1, 2, 3, 4]],
  ])("of %i tokens", (tokens, sizes, ends) => {
    const runs = queryRuns({ tokens, scored: 0 });
    expect(numbers(runs.sizes)).toEqual(sizes);
    expect(numbers(runs.ends)).toEqual(ends);
  });
});

describe("attentionMask", () => {
  const layout = layOut(row);

  it("lets a token see the prompt and its own completion up to itself", () => {
    expect(picture(attentionMask(layout, null), 6)).toEqual([
      "x.....",
      "xx....",
      "xxx...",
      "xxxx..",
      "xxxxx.",
      "xxx..x",
    ]);
  });

  it("measures a window by positions, not by places in the sequence", () => {
    expect(picture(attentionMask(layout, 2), 6)).toEqual(["x.....", "xx....", ".xx...", "..xx..", "...xx.", "..x..x"]);
    expect(picture(attentionMask(layout, 1), 6)).toEqual(
      Array.from({ length: 6 }, (_, i) => `${".".repeat(i)}x${".".repeat(5 - i)}`),
    );
  });
});

describe("splitCompletions", () => {
  it("gives a row of one completion each, with the mask of an ordinary sequence", () => {
    const [chosen, rejected] = splitCompletions(row);
    expect(chosen?.completions).toEqual([row.completions[0]]);
    expect(rejected?.completions).toEqual([row.completions[1]]);
    const mask = attentionMask(layOut(chosen as TokenRow), null);
    expect(mask.every((value, i) => value === (i % 5 <= Math.floor(i / 5) ? 0 : HIDDEN))).toBe(true);
  });
});

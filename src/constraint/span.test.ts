import { describe, expect, it } from "vitest";
import { boldSpans, countLinks, countPlaceholders, countTitles, nextIn } from "./span.ts";

const bolds = (text: string): string[] => boldSpans(text).map(({ from, to }) => text.slice(from, to));

describe("boldSpans", () => {
  it.each([
    ["**a** __b__ **c**", ["a", "b", "c"]],
    ["**重点**：内容", ["重点"]],
    ["**a ** b**", ["a ** b"]], // the marks within touch white space
    ["**a\nb**", []],
    ["** a**", []],
    ["****", []],
    ["**a__ b**__", ["a__ b"]],
    ["__a** __b**", []], // neither closes
    ["**a***b**", ["a***b"]],
    ["plain", []],
  ])("%j", (text, inside) => {
    expect(bolds(text)).toEqual(inside);
  });

  it("says where the marks stand", () => {
    expect(boldSpans("x **a** y")).toEqual([{ start: 2, from: 4, to: 5, end: 7 }]);
  });
});

describe("links, placeholders and titles", () => {
  it("are counted within a line", () => {
    expect(countLinks("[a](b), ![c](d), [e] (f), [g](h) [i](\n)")).toBe(2);
    expect(countPlaceholders("[a](b), [c], [], [d\n]")).toBe(2);
    expect(countTitles("<<春天>> <<b\n>> << >> <<c>>")).toBe(2);
  });
});

describe("nextIn", () => {
  it("finds forward, and repeats its answer until it is passed", () => {
    const next = nextIn("a.b.c", /\./);
    expect([0, 1, 2, 3, 4].map(next)).toEqual([1, 1, 3, 3, Number.POSITIVE_INFINITY]);
  });
});

// How texts end: with a phrase, with emoji, with punctuation. The measures stand in phrase.ts, emoji.ts and mark.ts.
import { describe, expect, it } from "vitest";
import { measureNamed } from "../measure.ts";
import { viewOf } from "../verdict.ts";

const value = (measure: string, text: string, arg = {}): number => measureNamed(measure).of(viewOf(text), arg);

describe("ends-with", () => {
  it.each([
    ["今天就到这里，加油", "加油", 1],
    ["今天就到这里，加油！", "加油", 1],
    ["今天就到这里，**加油。**", "加油", 1],
    ["He said “Ahoy”.", "ahoy", 1],
    ["今天就到这里，加油。", "加油！", 0],
    ["今天就到这里，加油！", "加油！", 1],
    ["加油，今天就到这里", "加油", 0],
    ["加油😊", "加油", 0],
    ["到此。", "。", 1],
    ["到此！", "。", 0],
  ])("%s with %s: %d", (text, phrase, expected) => {
    expect(value("ends-with", text, { phrase })).toBe(expected);
  });

  it("takes no long time over many marks", () => {
    const start = performance.now();
    expect(value("ends-with", `${"。".repeat(1_000_000)}甲`, { phrase: "乙" })).toBe(0);
    expect(performance.now() - start).toBeLessThan(1_000);
  });
});

describe("emoji at the end", () => {
  it.each([
    ["好的😀😀👍", 3, 2],
    ["好的 😀 👍\n", 2, 2],
    ["😀好的", 0, 0],
    ["好的😀。", 0, 0],
    ["❤️❤", 2, 1],
    ["", 0, 0],
  ])("%j: %d, %d of them different", (text, run, distinct) => {
    expect(value("ending-emoji", text)).toBe(run);
    expect(value("distinct-ending-emoji", text)).toBe(distinct);
  });
});

describe("ends-with-punctuation", () => {
  it.each([
    ["好的。", 1],
    ["好的~", 1],
    ["“好的”", 1],
    ["好的", 0],
    ["好的😀", 0],
    ["", 0],
  ])("%j: %d", (text, expected) => {
    expect(value("ends-with-punctuation", text)).toBe(expected);
  });
});

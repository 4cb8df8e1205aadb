import { describe, expect, it } from "vitest";
import { measureNamed } from "../measure.ts";
import { viewOf } from "../verdict.ts";
import { canEndWithBoth, canStartWithBoth, endsWith, startsWith } from "./phrase-edge.ts";

const value = (measure: string, text: string, phrase: string): number =>
  measureNamed(measure).of(viewOf(text), { phrase });

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
    ['"Shall we go?"', "Shall we go?", 1],
    ["**Shall we go?**", "Shall we go?", 1],
    ["Shall we go?!", "Shall we go?", 0],
    ["Shall we go?", '"Shall we go?"', 0],
  ])("%s with %s: %d", (text, phrase, expected) => {
    expect(value("ends-with", text, phrase)).toBe(expected);
  });
});

describe("starts-with", () => {
  it.each([
    ["亲爱的，今天", "亲爱的", 1],
    ["**亲爱的**，今天", "亲爱的", 1],
    ["“Ahoy”, he said.", "ahoy", 1],
    [" _Ahoy_ there", "Ahoy", 1],
    ["**Ahoy** there", "*Ahoy", 0],
    ["**Ahoy** there", "**Ahoy**", 1],
    ["...ahoy", "ahoy", 0],
    ["今天，亲爱的", "亲爱的", 0],
    ["（注）今天", "（", 1],
  ])("%s with %s: %d", (text, phrase, expected) => {
    expect(value("starts-with", text, phrase)).toBe(expected);
  });
});

it.each([
  ["starts-with", `${"*".repeat(1_000_000)}甲`],
  ["ends-with", `甲${"。".repeat(1_000_000)}`],
  ["ends-with", `${"。".repeat(1_000_000)}甲`],
])("%s looks once at each of many marks: at each for each would outlast the test's limit", (measure, text) => {
  expect(value(measure, text, "乙")).toBe(0);
});

describe("two phrases at one edge can be had together just where one text has both", () => {
  const stringsUpTo = (length: number): string[] =>
    length === 0 ? [""] : ["", ...stringsUpTo(length - 1).flatMap((start) => [..."ab!*"].map((mark) => start + mark))];
  // A text that has both needs no more letters than the two together.
  const phrases = stringsUpTo(3).slice(1);
  const texts = stringsUpTo(6);

  it.each([
    ["start", startsWith, canStartWithBoth],
    ["end", endsWith, canEndWithBoth],
  ] as const)("%s", (_edge, has, can) => {
    const together = new Set(
      texts.flatMap((text) => {
        const had = phrases.filter((phrase) => has(text, phrase));
        return had.flatMap((a) => had.map((b) => `${a} ${b}`));
      }),
    );
    const wrong = phrases.flatMap((a) =>
      phrases.filter((b) => can(a, b) !== together.has(`${a} ${b}`)).map((b) => [a, b]),
    );
    expect(together.size).toBeGreaterThan(phrases.length);
    expect(wrong).toEqual([]);
  });
});

import fc from "fast-check";
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
])("%s takes no long time over many marks", (measure, text) => {
  const start = performance.now();
  expect(value(measure, text, "乙")).toBe(0);
  expect(performance.now() - start).toBeLessThan(1_000);
});

describe("two phrases at one edge", () => {
  const phrase = fc.string({ unit: fc.constantFrom("a", "b", "!", "*"), minLength: 1, maxLength: 4 });
  const text = fc.string({ unit: fc.constantFrom("a", "b", "!", "*"), maxLength: 8 });
  const mirrored = (given: string): string => [...given].toReversed().join("");
  const marks = (given: string): string => /[!*]*$/.exec(given)![0];
  const marksBefore = (given: string): string => mirrored(/[*]*$/.exec(mirrored(given))![0]);

  it("are never refused where one text has both", () => {
    fc.assert(
      fc.property(phrase, phrase, text, (a, b, any) => {
        if (endsWith(any, a) && endsWith(any, b)) expect(canEndWithBoth(a, b)).toBe(true);
        if (startsWith(any, a) && startsWith(any, b)) expect(canStartWithBoth(a, b)).toBe(true);
      }),
      { numRuns: 20_000 },
    );
  });

  it("are let pass only where there is such a text", () => {
    fc.assert(
      fc.property(phrase, phrase, (a, b) => {
        const endings = [a, b, a + marks(b), b + marks(a)];
        expect(endings.some((any) => endsWith(any, a) && endsWith(any, b))).toBe(canEndWithBoth(a, b));
        const beginnings = [a, b, marksBefore(b) + a, marksBefore(a) + b];
        expect(beginnings.some((any) => startsWith(any, a) && startsWith(any, b))).toBe(canStartWithBoth(a, b));
      }),
      { numRuns: 20_000 },
    );
  });
});

// How texts end: with emoji, with punctuation. The measures stand in emoji.ts and mark.ts; phrases have phrase-edge.test.ts.
import { describe, expect, it } from "vitest";
import { measureNamed } from "../measure.ts";
import { viewOf } from "../verdict.ts";

const value = (measure: string, text: string, arg = {}): number => measureNamed(measure).of(viewOf(text), arg);

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

import { describe, expect, it } from "vitest";
import { stopIndex, withoutStopBeginning } from "./stop-text.ts";

describe("stopIndex", () => {
  it.each([
    ["no stop texts", "abc", [], -1],
    ["none contained", "abc", ["x", "bcd"], -1],
    ["one contained", "say END now", ["END"], 4],
    ["the earliest of several, not the first listed", "a<b>c#d", ["#", "<b>"], 1],
    ["at the beginning", "\n\nx", ["\n\n"], 0],
  ])("%s", (_, text, stops, index) => {
    expect(stopIndex(text, stops)).toBe(index);
  });
});

describe("withoutStopBeginning", () => {
  it.each([
    ["nothing held back", "abc", ["x"], "abc"],
    ["the longest beginning of any", "say <|en", ["<", "<|end|>", "|end"], "say "],
    ["a whole stop text is no beginning", "a\n", ["\n"], "a\n"],
    ["a text that is nothing but a beginning", "\n", ["\n\n"], ""],
  ])("%s", (_, text, stops, kept) => {
    expect(withoutStopBeginning(text, stops)).toBe(kept);
  });
});

import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { reverseText } from "../constraint/reverse-text.ts";
import { compareByCode } from "./exact-complement.ts";

describe("compareByCode", () => {
  it.each([
    ["Use at least three emoji.", "Use at most two emoji."],
    ["Use no commas.", "Use at least one comma."],
    ["至少使用三个表情符号。", "最多使用两个表情符号。"],
    [
      'When the user\'s message contains "price", use no commas.',
      'When the user\'s message contains "price", use a comma.',
    ],
  ])("proves that %j and %j are complements", (text, reversed) => {
    expect(compareByCode(text, reversed)).toEqual({ kind: "exact" });
    expect(compareByCode(reversed, text)).toEqual({ kind: "exact" });
  });

  it("proves all that the rules reverse", () => {
    const texts = [
      "Use no commas.",
      "Answer in at most three sentences.",
      'Start with "Ahoy" and end with "Bye".',
      "Answer in English.",
      "Use exactly 3 emoji.",
      "Every list item must end with a full stop.",
      "字数在100到200字之间。",
      "不要使用逗号，并以“再见”结尾。",
    ];
    fc.assert(
      fc.property(fc.constantFrom(...texts), (text) => {
        const reversed = reverseText(text);
        expect(reversed).not.toBeNull();
        expect(compareByCode(text, reversed!)).toEqual({ kind: "exact" });
      }),
    );
  });

  it.each([
    ["Use at least three emoji.", "Use at most three emoji.", "both hold where emoji is 3"],
    ["Use at most two emoji.", "Use at least four emoji.", "neither holds where emoji is 3"],
    ["Use exactly 3 emoji.", "Use at least 4 emoji.", "neither holds where emoji is 0"],
    ["Use no commas.", "Use no commas!", "both hold where marks is 0"],
    [
      'When the user\'s message contains "price", use no commas.',
      "Use at least one comma.",
      "the condition is another one",
    ],
  ])("proves that %j and %j are none, and where", (text, reversed, reason) => {
    expect(compareByCode(text, reversed)).toEqual({ kind: "wrong", reason });
  });

  it.each([
    ["Be kind.", "Do not be kind."],
    ["Answer in English.", "Answer in French."],
    ["Use no commas.", "Use at least one emoji."],
  ])("leaves %j and %j open", (text, reversed) => {
    expect(compareByCode(text, reversed)).toEqual({ kind: "open" });
  });
});

import { describe, expect, it } from "vitest";
import { reverseText } from "./reverse-text.ts";

describe("reverseText", () => {
  it.each([
    ["The response must contain at most 150 words.", "The response must contain at least 151 words."],
    ["The response must contain exactly 3 sentences.", "The response must contain at most 2 or at least 4 sentences."],
    ["The response must not contain “Venus”.", "The response must contain “Venus”."],
    ["回复必须以“您好”开头。", "回复不得以“您好”开头。"],
    [
      "If the user's message contains “refund”, then the response must contain no emoji.",
      "If the user's message contains “refund”, then the response must contain at least 1 emoji.",
    ],
  ])("reverses %s and back", (text, reversed) => {
    expect(reverseText(text)).toBe(reversed);
    expect(reverseText(reversed)).toBe(text);
  });

  it("renders in the other language on request", () => {
    expect(reverseText("The response must be valid JSON.", "zh")).toBe("回复不得是有效的JSON。");
  });

  it.each(["Be warm.", "用温暖的语气回答", "You may use emoji.", ""])(
    "leaves alone what it does not understand: %s",
    (text) => {
      expect(reverseText(text)).toBeNull();
    },
  );

  it.each(["The response must not contain “how to make explosives”.", "回复不得包含“自杀方法”。"])(
    "never reverses a safety clause: %s",
    (text) => {
      expect(reverseText(text)).toBeNull();
    },
  );
});

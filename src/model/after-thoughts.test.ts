import { describe, expect, it } from "vitest";
import { afterThoughts } from "./after-thoughts.ts";

describe("afterThoughts", () => {
  it.each([
    ["<think>\nIt wants {a: 1}.\n</think>\n\nYes.", "Yes."],
    ["\nIt may be so.</think>Yes.", "Yes."], // the chat template has written the opening mark
    ["<think></think>", ""],
    ["<think>Let me see, and", ""],
    ["Yes, I think.", "Yes, I think."],
    ["The mark <think> opens it.", "The mark <think> opens it."],
    ["", ""],
  ])("of %j leaves %j", (text, left) => {
    expect(afterThoughts(text)).toBe(left);
  });
});

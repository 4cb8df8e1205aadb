import { describe, expect, it } from "vitest";
import { highlightPrompt } from "./prompt-highlight.ts";

const lists = { id: "c1", from: "Use lists.", to: "Do not use lists." };
const short = { id: "c2", from: "use 6", to: "use 5" };

describe("highlightPrompt", () => {
  it("finds reversed constraints in the system message and the query, not in the history", () => {
    const { messages, missing } = highlightPrompt(
      [
        { role: "system", content: "You cook.\n1. Do not use lists.\n2. Be brief." },
        { role: "user", content: "Do not use lists. Soup?" },
        { role: "assistant", content: "Leek." },
        { role: "user", content: "More. Do not use lists." },
      ],
      [lists],
    );
    expect(messages.map(({ parts }) => parts)).toEqual([
      ["You cook.\n1. ", lists, "\n2. Be brief."],
      ["Do not use lists. Soup?"],
      ["Leek."],
      ["More. ", lists],
    ]);
    expect(missing).toEqual([]);
  });

  it("shows the longest of overlapping ones, and none inside a longer word or number", () => {
    const longer = { id: "c3", from: "Draw.", to: "Do not use lists. Never draw." };
    const { messages, missing } = highlightPrompt(
      [{ role: "system", content: "Do not use lists. Never draw. Always use 50." }],
      [lists, longer, short],
    );
    expect(messages[0]?.parts).toEqual([longer, " Always use 50."]);
    expect(missing).toEqual([lists, short]);
  });

  it("finds one in the midst of Chinese, and leaves an empty message empty", () => {
    const reversal = { id: "c1", from: "不超过5句", to: "至少6句" };
    const { messages } = highlightPrompt(
      [
        { role: "system", content: "回答至少6句话。" },
        { role: "user", content: "" },
      ],
      [reversal],
    );
    expect(messages.map(({ parts }) => parts)).toEqual([["回答", reversal, "话。"], []]);
  });
});

import { describe, expect, it } from "vitest";
import { changeMarkup } from "./change-markup.ts";
import { reversalDiff } from "./reversal-diff.ts";

describe("changeMarkup", () => {
  it("marks words and leaves the space beside them", () => {
    expect(changeMarkup(reversalDiff("must contain a", "must not contain a", "en")).text).toBe(
      "must <ins>not</ins> contain a",
    );
    expect(changeMarkup(reversalDiff("use lists", "avoid lists", "en")).text).toBe(
      "<del>use</del><ins>avoid</ins> lists",
    );
  });

  it("marks no white space, and escapes", () => {
    expect(
      changeMarkup([
        { kind: "removed", text: " " },
        { kind: "inserted", text: "\n" },
        { kind: "inserted", text: "<b> " },
      ]).text,
    ).toBe("\n<ins>&lt;b&gt;</ins> ");
  });
});

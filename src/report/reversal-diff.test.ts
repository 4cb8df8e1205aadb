import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { type Change, reversalDiff } from "./reversal-diff.ts";

const shown = (changes: readonly Change[]): string =>
  changes
    .map(({ kind, text }) => (kind === "kept" ? text : kind === "removed" ? `[-${text}-]` : `{+${text}+}`))
    .join("");

describe("reversalDiff", () => {
  it("marks the words that differ", () => {
    expect(
      shown(
        reversalDiff(
          "The response must contain at most 20 words.",
          "The response must contain at least 21 words.",
          "en",
        ),
      ),
    ).toBe("The response must contain at [-most 20-]{+least 21+} words.");
    expect(shown(reversalDiff("回复必须包含至多20个单词。", "回复必须包含至少21个单词。", "zh"))).toBe(
      "回复必须包含[-至多20-]{+至少21+}个单词。",
    );
    expect(shown(reversalDiff("不用表格。", "回复必须包含至少1个表格。", "zh"))).toBe(
      "[-不用-]{+回复必须包含至少1个+}表格。",
    );
    expect(shown(reversalDiff("Mention “rain”.", "Do not mention “rain”.", "en"))).toBe(
      "[-Mention-]{+Do not mention+} “rain”.",
    );
  });

  it("shows a sentence that was written anew as replaced", () => {
    expect(shown(reversalDiff("Use 20 words or fewer.", "The response must contain at least 21 words.", "en"))).toBe(
      "[-Use 20 words or fewer.-]{+The response must contain at least 21 words.+}",
    );
    expect(shown(reversalDiff("写得简短一些，别超过两句。", "回复必须包含至少3个句子。", "zh"))).toBe(
      "[-写得简短一些，别超过两句。-]{+回复必须包含至少3个句子。+}",
    );
  });

  it("keeps all of equal texts, and has nothing to say of empty ones", () => {
    expect(reversalDiff("No lists.", "No lists.", "en")).toEqual([{ kind: "kept", text: "No lists." }]);
    expect(reversalDiff("", "", "zh")).toEqual([]);
  });

  it("gives back both texts, and never two stretches of one kind in a row", () => {
    const words = fc.array(fc.constantFrom("use ", "at ", "least", " ", "3", "，", "至少", "句", "”", "\n", "👩‍🌾"));
    const text = words.map((list) => list.join(""));
    fc.assert(
      fc.property(text, text, fc.constantFrom("en" as const, "zh" as const), (from, to, language) => {
        const changes = reversalDiff(from, to, language);
        const join = (left: Change["kind"]): string =>
          changes.flatMap(({ kind, text: part }) => (kind === left ? [] : [part])).join("");
        expect(join("inserted")).toBe(from);
        expect(join("removed")).toBe(to);
        expect(changes.every(({ kind }, index) => kind !== changes[index - 1]?.kind)).toBe(true);
        expect(changes.every(({ text: part }) => part !== "")).toBe(true);
      }),
    );
  });
});

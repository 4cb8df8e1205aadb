import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { MOST_UNITS, queryText, shortened, unitsOf } from "./query-text.ts";

describe("queryText", () => {
  it.each([
    ["“How much is it?” 🙂", "How much is it?"],
    ["User: how much\nis it", "how much is it"],
    ["**User:** how much is it", "how much is it"],
    ["Sure, what's the price of the 'good' one?", "Sure, what's the price of the good one?"],
    ["One message.\n\nNote: I kept it short.", "One message."],
    ["用户：“乌龙”多少钱👨‍👩‍👧？", "乌龙多少钱？"],
    ["「多少钱」\u200b", "多少钱"],
    ["🇩🇪 1️⃣ tin", "1 tin"],
    ["- how much", "how much"],
    ["🙂🙂", ""],
  ])("%j becomes %j", (raw, text) => {
    expect(queryText(raw)).toBe(text);
  });

  const texts = fc.oneof(
    fc.string({ unit: "grapheme" }),
    fc
      .array(
        fc.constantFrom("User:", "用户：", "“", "”", '"', "'", " ", "\n", "\n\n", "🙂", "👍🏽", "a", "茶", "1.", "- "),
      )
      .map((parts) => parts.join("")),
  );

  it("leaves no emoji, no quotation marks, no second line, and nothing more to clean", () => {
    fc.assert(
      fc.property(texts, (raw) => {
        const text = queryText(raw);
        expect(text).not.toMatch(/\p{Extended_Pictographic}|\p{Regional_Indicator}|[“”"「」『』«»„\n\r]/u);
        expect(text).toBe(text.trim());
        expect(queryText(text)).toBe(text);
      }),
      { numRuns: 500 },
    );
  });
});

describe("shortened", () => {
  const many = (count: number) => Array.from({ length: count }, (_, i) => `w${i}`).join(" ");

  it("keeps what is short enough, whole sentences, whole clauses, or else words", () => {
    expect(shortened(many(20), "en")).toBe(many(20));
    expect(shortened(`Is it? ${many(30)}`, "en")).toBe("Is it?");
    expect(shortened(`${many(9)}, ${many(30)}`, "en")).toBe(many(9));
    expect(shortened(many(30), "en")).toBe(many(20));
    expect(shortened("乌龙多少钱？我想给我妈买一点回去，她最近总是睡不着觉", "zh")).toBe("乌龙多少钱？");
    expect(shortened("我想给我妈买一点回去喝，她最近总是睡不着觉还老是头疼", "zh")).toBe("我想给我妈买一点回去喝");
  });

  it("is never too long, never empty, and a beginning of the text", () => {
    fc.assert(
      fc.property(
        fc.string({ unit: "grapheme", maxLength: 200 }),
        fc.constantFrom("en" as const, "zh" as const),
        (raw, language) => {
          const text = queryText(raw);
          const short = shortened(text, language);
          expect(unitsOf(short, language)).toBeLessThanOrEqual(MOST_UNITS);
          expect(unitsOf(short, language) > 0).toBe(unitsOf(text, language) > 0);
          expect(text.startsWith(short)).toBe(true);
        },
      ),
      { numRuns: 500 },
    );
  });
});

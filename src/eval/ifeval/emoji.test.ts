import { describe, expect, it } from "vitest";
import { withoutEmoji } from "./emoji.ts";

// Counts and rests are those of the Python package emoji (2.15: emoji_count and replace_emoji).
describe("withoutEmoji", () => {
  it.each([
    ["one sign of several", "a👨‍👩‍👧‍👦b👍🏽c🏴󠁧󠁢󠁥󠁮󠁧󠁿d🇩🇪e1️⃣f❤️g☺h", 7, "abcdefgh"],
    ["signs that are not joined in Unicode", "👨‍🍇", 2, ""],
    ["letters of no country", "a🇦🇧b🇦", 0, "a🇦🇧b🇦"],
    ["a flag within a row of letters", "🇦🇧🇩🇪", 1, "🇦🇪"],
    ["a colour beside what has none", "🆗🏽👨‍💼🏽", 4, ""],
    ["a digit, and a keycap that is none", "1 1\ufe0f a\u20e3 🧢\u20e3", 1, "1 1 a\u20e3 \u20e3"],
    ["selectors beside no emoji", "a\ufe0fb \ufe0e", 0, "ab "],
    ["a joiner that joins nothing", "🧑\u200d a\u200db", 1, " a\u200db"],
  ])("takes %s as the package does", (_, text, count, rest) => {
    expect(withoutEmoji(text)).toEqual({ count, rest });
  });
});

import { describe, expect, it } from "vitest";
import { type FilterSettings, inspirationFilter, MAX_CHARS, MIN_CHARS, NAMED_FILTERS } from "./filter.ts";
import { emptyTally, tally, tallyText } from "./filter-tally.ts";
import type { Inspiration } from "./inspiration.ts";

const TEXT = "You are a tea merchant who knows every leaf by its smell and explains it to anybody who asks.";
let count = 0;
function gpt(fields: Partial<Inspiration> = {}): Inspiration {
  count += 1;
  return {
    id: `x_${count}`,
    source: "x",
    name: "Tea",
    description: "",
    corpus: "x",
    language: "en",
    constraints: [],
    systemPrompt: `${TEXT} Number ${count}: ${"abcdefghij"[count % 10]?.repeat(5)} ${count * 7}.`,
    meta: {},
    ...fields,
  };
}

const ALL: FilterSettings = { drop: NAMED_FILTERS, minChars: MIN_CHARS, maxChars: MAX_CHARS, unknown: "keep" };
const NONE: FilterSettings = { drop: [], minChars: 0, maxChars: Number.MAX_SAFE_INTEGER, unknown: "keep" };
const one = (settings: FilterSettings, inspiration: Inspiration) => inspirationFilter(settings)(inspiration);

describe("inspirationFilter", () => {
  it("keeps what nothing objects to", () => {
    expect(one(ALL, gpt())).toBeNull();
    expect(one(NONE, gpt({ systemPrompt: "", name: "NSFW" }))).toBeNull();
  });

  it("bounds the length of the prompt, or of the description where there is none, in code points", () => {
    const bounds = { ...NONE, minChars: 3, maxChars: 5 };
    expect(one(bounds, gpt({ systemPrompt: "😀😀😀" }))).toBeNull();
    expect(one(bounds, gpt({ systemPrompt: "😀😀" }))).toEqual({
      filter: "length",
      cause: "under 3 characters",
      reason: "2 characters, under 3",
    });
    expect(one(bounds, gpt({ systemPrompt: "abcdef" }))?.cause).toBe("over 5 characters");
    expect(one(bounds, gpt({ systemPrompt: " \n\t " }))?.cause).toBe("empty");
    const { systemPrompt: _, ...described } = gpt({ description: "abcd" });
    expect(one(bounds, described)).toBeNull();
  });

  it("keeps the languages that are named", () => {
    expect(one({ ...NONE, languages: ["en", "zh"] }, gpt({ language: "fr" }))).toEqual({
      filter: "language",
      cause: "fr",
      reason: "in fr, not in en or zh",
    });
    expect(one({ ...NONE, languages: ["en", "zh"] }, gpt({ language: "zh" }))).toBeNull();
  });

  it("drops by usage and rating, and what is not known only where that is asked for", () => {
    const used = { ...NONE, usageMin: 100 };
    expect(one(used, gpt({ usage: { chats: 100 } }))).toBeNull();
    expect(one(used, gpt({ usage: { chats: 99 } }))?.reason).toBe("chats 99, under 100");
    expect(one(used, gpt())).toBeNull();
    expect(one({ ...used, unknown: "drop" }, gpt())).toEqual({
      filter: "usage",
      cause: "unknown",
      reason: "chats not known",
    });
    expect(one({ ...NONE, ratingMin: 4, unknown: "drop" }, gpt({ usage: { chats: 5, rating: 3.5 } }))?.filter).toBe(
      "rating",
    );
  });

  it("finds the user's words whole, case ignored, as literals", () => {
    const settings = { ...NONE, words: ["Crypto coin", "c++", "赌博", " "] };
    expect(one(settings, gpt({ systemPrompt: "All about CRYPTO\n coins" }))).toBeNull();
    expect(one(settings, gpt({ systemPrompt: "A CRYPTO\n coin." }))?.reason).toContain("crypto\n coin");
    expect(one(settings, gpt({ systemPrompt: "I like C++ best" }))?.cause).toBe("“c++”");
    expect(one(settings, gpt({ systemPrompt: "玩赌博游戏" }))?.cause).toBe("“赌博”");
    expect(one(settings, gpt({ name: "crypto coin" }))?.filter).toBe("words");
  });

  it("drops exact and near duplicates of what it kept, naming the first", () => {
    const filter = inspirationFilter(ALL);
    const long = Array.from({ length: 80 }, (_, i) => `word${i}`).join(" ");
    const [first, second, third, fourth] = [
      gpt({ systemPrompt: long }),
      gpt({ systemPrompt: `  ${long.toUpperCase()}\n` }),
      gpt({ systemPrompt: `${long} and a little more` }),
      gpt({ systemPrompt: "！".repeat(60) }),
    ];
    expect(filter(first)).toBeNull();
    expect(filter(second)).toEqual({ filter: "duplicate", cause: "same text", reason: `the same text as ${first.id}` });
    expect(filter(third)?.reason).toMatch(new RegExp(`^near duplicate of ${first.id} \\(similarity 0\\.\\d\\d\\)$`));
    expect(filter(fourth)).toBeNull(); // a text without words is like none
    const other = gpt({ systemPrompt: Array.from({ length: 80 }, (_, i) => `other${i}`).join(" ") });
    expect(filter(other)).toBeNull();
    expect(filter({ ...other, id: "x_again", systemPrompt: `${other.systemPrompt} too` })?.reason).toContain(other.id);
  });

  it("does not drop a record for one that was dropped itself", () => {
    const filter = inspirationFilter({ ...ALL, languages: ["en"] });
    const dropped = gpt({ language: "fr" });
    expect(filter(dropped)?.filter).toBe("language");
    expect(filter({ ...dropped, id: "x_en", language: "en" })).toBeNull();
  });
});

describe("the tally", () => {
  it("adds up to what was read and shows causes", () => {
    const counts = emptyTally();
    const filter = inspirationFilter({ ...ALL, languages: ["en"] });
    for (const inspiration of [
      gpt(),
      gpt({ language: "fr" }),
      gpt({ language: "ja" }),
      gpt({ language: "fr" }),
      gpt({ name: "NSFW" }),
    ])
      tally(counts, filter(inspiration));
    expect(counts).toEqual({
      read: 5,
      kept: 1,
      dropped: { language: 3, nsfw: 1 },
      causes: { language: { fr: 2, ja: 1 }, nsfw: { sexual: 1 } },
    });
    expect(tallyText(counts)).toBe(
      "read        5\n− language  3  fr 2, ja 1\n− nsfw      1  sexual 1\nkept        1\n",
    );
  });
});

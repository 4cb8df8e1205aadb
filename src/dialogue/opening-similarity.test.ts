import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { openingOf, resembled } from "./opening-similarity.ts";

const language = fc.constantFrom("en" as const, "zh" as const);

describe("openingOf", () => {
  it.each([
    ["en", "Honestly, what does it cost?", "honestly"],
    ["en", "what's in 3.5 grams of tea", "what's in 3.5 grams of tea"],
    ["en", "One two three four five six seven eight nine ten", "one two three four five six seven eight"],
    ["en", "… well-known fact? yes", "well-known fact"],
    ["zh", "老板，乌龙多少钱", "老板"],
    ["zh", "我想问问你们那个乌龙茶多少钱", "我想问问你们那个"],
    ["zh", "？怎么泡 茶", "怎么泡茶"],
    ["en", "!!!", ""],
  ] as const)("%s: %s", (of, query, opening) => {
    expect(openingOf(query, of)).toBe(opening);
  });

  it("is never longer than 8 words or characters, and never holds what ends it", () => {
    fc.assert(
      fc.property(fc.string({ unit: "grapheme" }), language, (query, of) => {
        const opening = openingOf(query, of);
        const units = of === "en" ? opening.split(/\s+/) : [...opening];
        expect(units.length).toBeLessThanOrEqual(8);
        expect(opening).not.toMatch(/[，。！？,!?;；]/);
        expect(opening).toBe(opening.trim());
      }),
    );
  });
});

describe("resembled", () => {
  it.each([
    ["en", "How much is the oolong?", "How do I brew it?", true], // the same three characters
    ["en", "Tell me about oolong", "Can you tell me about the oolong", true], // alike
    ["en", "Nine pounds, really?", "What would your gran drink?", false],
    ["zh", "老板乌龙多少钱", "老板乌能泡几次", true],
    ["zh", "这茶能放多久", "那这茶能放久吗", true],
    ["zh", "乌龙贵不贵", "我妈最近睡不好", false],
  ] as const)("%s: “%s” beside “%s”: %s", (of, query, earlier, alike) => {
    expect(resembled(query, ["Zebra, hm", "豹子。", earlier], of)).toBe(alike ? earlier : null);
  });

  it("finds a query in what was said before, whatever it is", () => {
    fc.assert(
      fc.property(fc.string({ unit: "grapheme" }), fc.array(fc.string()), language, (query, others, of) => {
        expect(resembled(query, [...others, query], of)).not.toBeNull();
        expect(resembled(query, [], of)).toBeNull();
      }),
    );
  });

  it("goes by the opening alone, and both ways alike", () => {
    fc.assert(
      fc.property(fc.string(), fc.string(), fc.string(), language, (a, b, rest, of) => {
        const alike = resembled(a, [b], of) !== null;
        expect(resembled(b, [a], of) !== null).toBe(alike);
        if (openingOf(a, of) !== "") expect(resembled(`${a}. ${rest}`, [`${a}; other`], of)).not.toBeNull();
      }),
    );
  });
});

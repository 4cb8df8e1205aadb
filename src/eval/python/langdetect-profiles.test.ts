import { describe, expect, it } from "vitest";
import { LanguageProfiles } from "./langdetect-profiles.ts";
import { compileTables, LANGUAGES } from "./langdetect-tables.ts";

const MESSAGES = [
  "NGram.LATIN1_EXCLUDE=\\u00A0\\u00AB",
  "NGram.KANJI_1_0=\\u4E00\\u4E01",
  "TO_NORMALIZE_VI_CHARS=a\\u00E2",
  "DMARK_CLASS=\\u0300",
  "NORMALIZED_VI_CHARS_0300=\\u00E0\\u1EA7",
].join("\n");

/** Profiles made up for these tests: the first language has the n-grams, the others an "x" each. */
function profilesOf(...grams: string[]): LanguageProfiles {
  const freq = Object.fromEntries(grams.map((gram, index) => [gram, index + 1]));
  const profiles = LANGUAGES.map((name, index) =>
    JSON.stringify({ freq: index === 0 ? freq : { x: 1 }, n_words: [100, 50, 10], name }),
  );
  return new LanguageProfiles(compileTables({ messages: MESSAGES, profiles }));
}

/** How many n-grams of the profiles are in the text. */
function countOf(profiles: LanguageProfiles, text: string): number {
  const codes = Uint32Array.from(text, (character) => character.codePointAt(0)!);
  return profiles.extract(codes, codes.length, new Int32Array(3 * codes.length));
}

describe("LanguageProfiles", () => {
  it("finds n-grams of one to three characters, spaces about a word among them", () => {
    expect(countOf(profilesOf("a", "ab", "abc"), "abcab")).toBe(2 + 2 + 1);
    const edges = profilesOf(" a", "b ", " ab", "ab ");
    expect(countOf(edges, "ab")).toBe(2); // nothing follows the word
    expect(countOf(edges, "ab, ab")).toBe(6);
  });

  it("keeps n-grams with a character of no profile apart from shorter ones", () => {
    expect(countOf(profilesOf("b", "ab"), "\u0416ab")).toBe(2);
    expect(countOf(profilesOf("b", "ab"), "a\u0416b")).toBe(1);
    expect(countOf(profilesOf("b", " b"), "\u{1f600}b")).toBe(1);
  });

  it("passes over words in capitals up to their end", () => {
    const profiles = profilesOf("A", "B", "c", "B ");
    expect(countOf(profiles, "A")).toBe(1);
    expect(countOf(profiles, "AB")).toBe(1);
    expect(countOf(profiles, "ABc")).toBe(2);
    expect(countOf(profiles, "AB ")).toBe(2); // the end of the word counts again
  });

  it("takes related characters together", () => {
    const profiles = profilesOf("\u3042", "\u30a2", "\u3105", "\uac00", "\u1ec3", "\u015f", "\u064a", "\u4e00", "a");
    for (const character of "\u3044\u30ab\u3106\u31a0\ud55c\u1ef9\u0219\u06cc\u4e01")
      expect(countOf(profiles, character)).toBe(1);
    expect(countOf(profiles, "\u4e02")).toBe(0);
    for (const blank of "1 \u00a0\u00ab\u2014-") expect(countOf(profilesOf("a", " a"), `${blank}a`)).toBe(2);
  });

  it("composes letters and marks", () => {
    const profiles = profilesOf("a");
    expect(profiles.compose(0x61, 0x300)).toBe(0xe0);
    expect(profiles.compose(0xe2, 0x300)).toBe(0x1ea7);
    expect(profiles.compose(0x62, 0x300)).toBeUndefined();
    expect(profiles.compose(0x61, Number.NaN)).toBeUndefined();
  });

  it("says how often an n-gram comes in each language", () => {
    const profiles = profilesOf("b", "a");
    const grams = new Int32Array(3);
    profiles.extract(Uint32Array.of(0x61), 1, grams);
    const frequencies = profiles.frequencies(grams[0]!);
    expect(frequencies[0]).toBe(2 / 100);
    expect(new Set(frequencies.slice(1))).toEqual(new Set([0]));
    expect(profiles.frequencies(grams[0]!)).toBe(frequencies);
  });
});

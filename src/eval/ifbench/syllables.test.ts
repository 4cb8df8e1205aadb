import { describe, expect, it } from "vitest";
import { cachedSyllables, syllables } from "./syllables.ts";

describe("syllables", () => {
  const dictionary = new Map([
    ["area", 3],
    ["self", 1],
  ]);
  const counts = (...words: string[]): number[] => words.map((word) => syllables(word, dictionary));

  it("counts by the dictionary, else by runs of vowels without a silent e", () => {
    expect(counts("Area,", "made", "table", "rhythm", "queue", "the", "été", "mmm")).toEqual([3, 1, 2, 1, 1, 1, 1, 1]);
  });

  it("adds the parts of compounds, and gives 0 to what is no word", () => {
    expect(counts("self-care", "x1", "...", "self-1", "-self", "a-")).toEqual([2, 0, 0, 0, 1, 1]);
  });
});

const fetched = cachedSyllables();
describe.skipIf(fetched === null)(`syllapy's dictionary${fetched === null ? " (left out: not fetched)" : ""}`, () => {
  it("is read whole", () => {
    expect([fetched!.size, fetched!.get("0"), fetched!.get("abalone")]).toEqual([6392, 2, undefined]);
  });
});

import { describe, expect, it } from "vitest";
import { emptyCensus } from "./census.ts";
import { censusText } from "./census-text.ts";

const census = {
  pairs: 2000,
  identical: 1000,
  cases: { 1: 0, 2: 1, 3: 0, 4: 0, 5: 499, 6: 500 },
  gaps: { 1: 900, 3: 100 },
};

describe("censusText", () => {
  const lines = censusText(census, 12).split("\n");
  const line = (label: string): string => lines.find((text) => text.startsWith(label)) ?? "";

  it("shows counts, shares and bars in proportion, and never hides a count", () => {
    expect(lines[0]).toBe("2,000 pairs of two responses in 12 turns");
    expect(line("identical")).toMatch(/^identical {2} {6}1,000 {4}50\.0 % {2}█{24} {2}A = B/);
    expect(line("case 6")).toMatch(/ 500 {4}25\.0 % {2}█{12} /);
    expect(line("case 2")).toMatch(/ 1 {5}0\.1 % {2}▏ /);
    expect(line("case 1")).toMatch(/ 0 {5}0\.0 % {2} {24} /);
    expect(line("gap 1")).toMatch(/ 900 {4}90\.0 % {2}█{24}$/);
    expect(line("gap 3")).toMatch(/ 100 {4}10\.0 % {2}██▋$/);
    expect(line("gap 2")).toBe("");
  });

  it("shows a census of nothing", () => {
    const text = censusText(emptyCensus(), 0);
    expect(text).toContain("0 pairs of two responses in 0 turns");
    expect(text).not.toContain("gap");
    expect(censusText({ ...emptyCensus(), pairs: 1 }, 1)).toMatch(/^1 pair of two responses in 1 turn\n/);
    expect(text).not.toContain("NaN");
  });
});

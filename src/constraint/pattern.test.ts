import { describe, expect, it } from "vitest";
import { complementOf, contains, type IntervalSet } from "./interval.ts";
import { countMatches, faultOfPattern } from "./pattern.ts";

describe("faultOfPattern", () => {
  it.each(["^\\d+", "\\p{Han}{2,4}", "(?i)hello|bye", "第[一二三]步"])("takes %s", (pattern) => {
    expect(faultOfPattern(pattern)).toBeNull();
  });

  it("refuses look-around and back-references, and says so", () => {
    for (const pattern of ["(?=a)b", "(?<!a)b", "(a)\\1"]) expect(faultOfPattern(pattern)).toMatch(/look-around/);
  });

  it("refuses what is no pattern, what is too long and what repeats too much", () => {
    expect(faultOfPattern("(")).toMatch(/not a regular expression/);
    expect(faultOfPattern("a".repeat(1_001))).toMatch(/more than 1000 characters/);
    expect(faultOfPattern("(?:a{1000}){1000}")).toMatch(/not a regular expression/);
    expect(faultOfPattern([..."abcdefghijkl"].map((letter) => `${letter}{1000}`).join("|"))).toMatch(/repetition/);
  });
});

describe("countMatches", () => {
  it.each([
    ["a+", "aa b a", 2],
    ["aa", "aaaaa", 2], // not overlapping
    ["^\\d+\\.", "1. a\n2. b\nc 3.", 2], // ^ at every line
    ["[。！]$", "好。\n行！\n吗", 2],
    ["x*", "", 1], // the empty text has one empty match
    ["汉", "汉字和汉语", 2],
    ["😀", "😀😀", 2],
    ["b", "aaa", 0],
  ])("%s in %j: %i", (pattern, text, count) => {
    expect(countMatches(pattern, text)).toBe(count);
  });

  it("counts exactly in texts of usual length", () => {
    expect(countMatches("\\w+", "word ".repeat(999))).toBe(999);
    expect(countMatches("[A-Z]\\w*", "The Old Man ".repeat(300))).toBe(900);
  });

  it("ends at 1,000 matches", () => {
    expect(countMatches("a", "a".repeat(1_000))).toBe(1_000);
    expect(countMatches("a", "a".repeat(5_000))).toBe(1_000);
  });

  it("gives a lower bound, in bounded time, where every search may read to the end", { timeout: 60_000 }, () => {
    // From each x RE2 looks for a y through the whole text, and finds a single x: a million searches of a million characters.
    const count = countMatches("x*y|x", "x".repeat(1_000_000));
    expect(count).toBeGreaterThan(0);
    expect(count).toBeLessThan(1_000);
    expect(countMatches("x*y|x", "x".repeat(1_000_000))).toBe(count);
    const states = Array.from({ length: 100_000 }, (_, i) => "ab"[((i * i) % 7) & 1]).join("");
    expect(countMatches("(?:a|b)*a(?:a|b){200}c|a", states)).toBeGreaterThan(0);
  });

  it("finds the first match wherever it stands in a text of a million characters", () => {
    expect(countMatches("needle$", `${"hay ".repeat(250_000)}needle`)).toBe(1);
  });

  it("keeps the law: a set of counts and its complement never both hold or fail, on a bounded count too", () => {
    const count = countMatches("a", "a".repeat(5_000));
    const sets: IntervalSet[] = [[[0, 999]], [[1_000, null]], [[3, 3]], [[0, 5_000]]];
    for (const set of sets) expect(contains(complementOf(set), count)).toBe(!contains(set, count));
  });
});

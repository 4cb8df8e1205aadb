import { describe, expect, it } from "vitest";
import { isLower, isUpper, length, removeSuffix, split, splitlines, strip, stripCharacter } from "./str.ts";

describe("Python's white space", () => {
  it("has the separators of files and groups, and the next line sign, but no byte order mark", () => {
    expect(strip("\x1c\x85\u3000 a\ufeff \t")).toBe("a\ufeff");
    expect(split("a\x1db\x85\u2029 c\u200bd")).toEqual(["a", "b", "c\u200bd"]);
    expect(split(" \n")).toEqual([]);
  });

  it("ends lines at ten signs, and CR LF is one end", () => {
    expect(splitlines("a\r\nb\x0bc\x0cd\x1ce\x1df\x1eg\x85h\u2028i\u2029j\rk\n")).toEqual([..."abcdefghijk"]);
    expect(splitlines("")).toEqual([]);
    expect(splitlines("\n\n")).toEqual(["", ""]);
  });
});

describe("Python's case", () => {
  it("asks for one cased character and none of the other case", () => {
    expect([isUpper("A1!"), isUpper("1!"), isUpper("Aa"), isUpper("ǅ"), isUpper("Ⅷ日本")]).toEqual([
      true,
      false,
      false,
      false,
      true,
    ]);
    expect([isLower("a1"), isLower("日本"), isLower("aA"), isLower("ß"), isLower("ª")]).toEqual([
      true,
      false,
      false,
      true,
      true,
    ]);
  });

  it("goes by Unicode 14", () => {
    expect([isLower("ʕ"), isLower("ჼ")]).toEqual([true, false]);
  });
});

describe("length", () => {
  it("counts code points, lone surrogates too", () => {
    expect([length("a😀"), length("\ud83d"), length("\ude00\ud83d"), length("")]).toEqual([2, 1, 2, 0]);
  });
});

describe("what is stripped and removed", () => {
  it("is one character at the ends asked for, one ending once", () => {
    expect(stripCharacter('""a""', '"')).toBe("a");
    expect(stripCharacter("<<a<<", "<", "left")).toBe("a<<");
    expect(stripCharacter(">>", ">", "right")).toBe("");
    expect([removeSuffix("a``", "`"), removeSuffix("a", "")]).toEqual(["a`", "a"]);
  });
});

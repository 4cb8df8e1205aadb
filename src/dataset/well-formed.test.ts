import { describe, expect, it } from "vitest";
import { wellFormed } from "./well-formed.ts";

describe("wellFormed", () => {
  it("replaces each lone surrogate by U+FFFD and leaves pairs alone", () => {
    expect(wellFormed("a\ud83d")).toBe("a\ufffd");
    expect(wellFormed("\ude00b")).toBe("\ufffdb");
    expect(wellFormed("\ud83d\ud83d\ude00")).toBe("\ufffd😀");
    expect(wellFormed("好😀\u0000\u2028")).toBe("好😀\u0000\u2028");
  });

  it("reaches every depth, keys included", () => {
    expect(wellFormed({ "k\ud800": [{ text: "x\udc00", n: 1, none: null, yes: true }] })).toEqual({
      "k\ufffd": [{ text: "x\ufffd", n: 1, none: null, yes: true }],
    });
  });

  it("returns a clean value itself, so that a change can be seen", () => {
    const clean = { list: [{ text: "😀" }], n: 0, none: null };
    expect(wellFormed(clean)).toBe(clean);
    const dirty = { list: [{ text: "\ud83d" }] };
    expect(wellFormed(dirty)).not.toBe(dirty);
    expect(dirty.list[0]?.text).toBe("\ud83d");
  });
});

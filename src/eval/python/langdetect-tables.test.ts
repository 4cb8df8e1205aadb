import { describe, expect, it } from "vitest";
import { compileTables } from "./langdetect-tables.ts";

const MESSAGES = ["NGram.LATIN1_EXCLUDE=", "TO_NORMALIZE_VI_CHARS=", "DMARK_CLASS="].join("\n");
const withGram = (gram: string): string => JSON.stringify({ freq: { [gram]: 1 }, n_words: [100, 50, 10], name: "pl" });

// What the tables say is tested where they are looked up in: langdetect-profiles.test.ts.
describe("compileTables", () => {
  it("refuses what is not langdetect's", () => {
    expect(() => compileTables({ messages: MESSAGES, profiles: [] })).toThrow("has 55 profiles, not 0");
    expect(() => compileTables({ messages: MESSAGES, profiles: ["{"] })).toThrow("profile of pl is no JSON");
    expect(() => compileTables({ messages: MESSAGES, profiles: ["{}"] })).toThrow("profile of pl is none");
    expect(() => compileTables({ messages: MESSAGES, profiles: [withGram("abcd")] })).toThrow(
      'profile of pl: "abcd" is no n-gram',
    );
  });
});

import { describe, expect, it } from "vitest";
import { thaiWords, trieOf } from "./newmm.ts";
import { cachedThaiDictionary, parseThaiDictionary } from "./thai-dictionary.ts";

/** A grammar of our own in the file's form: a consonant with what stands on it, or a vowel before its consonant. */
const grammar = '_RE_TCC = (\n    """\\\nctาk\n[เ-ไ]ct\nctk\n""".replace(';
const dictionary = parseThaiDictionary("กา\nกาแฟ\nแฟน\nน้ำ\nดี\n", grammar);

describe("thaiWords", () => {
  it("takes the fewest words", () => {
    expect(thaiWords("กาแฟนดี", dictionary)).toEqual(["กา", "แฟน", "ดี"]);
    expect(thaiWords("กาแฟดี", dictionary)).toEqual(["กาแฟ", "ดี"]);
  });

  it("leaves what is in no word, and runs that are no Thai, whole", () => {
    expect(thaiWords("กาabc 12:30 กา\n😀😀!ดี", dictionary)).toEqual([
      "กา",
      "abc",
      " ",
      "12:30",
      " ",
      "กา",
      "\n",
      "😀😀!",
      "ดี",
    ]);
    expect(thaiWords("ขขขกาแฟ", dictionary)).toEqual(["ขขข", "กาแฟ"]);
    expect(thaiWords("", dictionary)).toEqual([]);
  });

  it("is linear on ambiguous text: the square of its length would outlast the test's limit", () => {
    const ambiguous = { ...dictionary, words: trieOf(["ก", "กก", "กกก"]) };
    expect(thaiWords("ก".repeat(300_000), ambiguous).join("")).toHaveLength(300_000);
  });
});

describe("parseThaiDictionary", () => {
  it("refuses a file without a grammar, or with other signs in it", () => {
    expect(() => parseThaiDictionary("กา", "")).toThrow("no grammar");
    expect(() => parseThaiDictionary("กา", '_RE_TCC = (\n"""\\\n(c+)+\n"""')).toThrow("no grammar");
  });
});

const fetched = cachedThaiDictionary();
describe.skipIf(fetched === null)("with PyThaiNLP's words (left out where they aren't in the cache)", () => {
  it("segments as newmm does", () => {
    // What pythainlp 5.1.2 gives.
    expect(thaiWords("ผมรักประเทศไทยมากๆ ครับ", fetched!)).toEqual(["ผม", "รัก", "ประเทศ", "ไทย", "มาก", "ๆ", " ", "ครับ"]);
  });
});

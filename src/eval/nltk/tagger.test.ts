import { describe, expect, it } from "vitest";
import { firstTag, type TaggerWeights } from "./tagger.ts";
import { cachedTaggerWeights, unpickle } from "./tagger-weights.ts";

const weights: TaggerWeights = {
  weights: new Map([
    ["bias", { NN: 0.5, VB: 0.5 }],
    ["i suffix ing", { VBG: 2 }],
    ["i word !YEAR", { CD: 3 }],
    ["i word !DIGITS", { CD: 2, JJ: 3 }],
    ["i word !HYPHEN", { JJ: 4 }],
    ["i+1 word -END-", { UH: 1 }],
    ["i+2 word dog", { DT: 5 }],
  ]),
  tags: new Map([["Run", "VB"]]),
  classes: ["CD", "DT", "JJ", "NN", "UH", "VB", "VBG"],
};

describe("firstTag", () => {
  it("goes by the words that are known, else by the word and the two after it", () => {
    const tag = (text: string): string | null => firstTag(text === "" ? [] : text.split(" "), weights);
    expect([tag("Run now"), tag("running now"), tag("the big dog"), tag("so")]).toEqual(["VB", "VBG", "DT", "UH"]);
    expect([tag("1999 x"), tag("²x y"), tag("well-known fact"), tag("")]).toEqual(["CD", "JJ", "JJ", null]);
  });

  it("takes the last by name of equals", () => {
    expect(firstTag(["apple", "pie"], weights)).toBe("VB");
  });
});

/** −½ as a pickle has it. */
const half = "\xbf\xe0\0\0\0\0\0\0";

describe("unpickle", () => {
  it("reads dictionaries, floating-point numbers, strings seen before and a set", () => {
    const parts = [
      "\x80\x02}q\0(U\x02abq\x01}r\x02\0\0\0(U\x02NNq\x03G",
      half,
      "uu}(h\x03j\x01\0\0\0uc__builtin__\nset\n](h\x03e\x85R\x87.",
    ];
    expect(unpickle(Buffer.from(parts.join(""), "latin1"))).toEqual([{ ab: { NN: -0.5 } }, { NN: "ab" }, ["NN"]]);
  });

  it("runs nothing", () => {
    expect(() => unpickle(Buffer.from("cos\nsystem\n(U\x02lstR.", "latin1"))).toThrow("a pickle that needs os.system");
    expect(() => unpickle(Buffer.from("\x80\x02X", "latin1"))).toThrow('opcode "X" at 2');
  });
});

const fetched = cachedTaggerWeights();
describe.skipIf(fetched === null)(`NLTK's weights${fetched === null ? " (left out: not fetched)" : ""}`, () => {
  it("tag first words as NLTK does", () => {
    const tag = (text: string): string | null => firstTag(text.split(" "), fetched!);
    expect(["Write a poem", "The cat sat", "Consider this", "Explore ! Now", "Cats sleep ."].map(tag)).toEqual([
      "VB",
      "DT",
      "VB",
      "RB",
      "NNS",
    ]);
  });
});

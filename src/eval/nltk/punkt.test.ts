import { describe, expect, it } from "vitest";
import { collocation, type PunktParameters, sentenceSpans } from "./punkt.ts";
import { parsePunktParameters } from "./punkt-parameters.ts";
import { wordTokens } from "./word-tokens.ts";

/** A language of a few words. Orthography: 2 first and capital, 4 inside and capital, 16 first and small, 32 inside and small. */
const parameters: PunktParameters = {
  abbreviations: new Set(["mr", "etc", "p.m", "inc"]),
  sentenceStarters: new Set(["he"]),
  collocations: new Set([collocation("no", "magnin")]),
  orthography: new Map([
    ["the", 2 | 32],
    ["smith", 4],
    ["magnin", 4],
  ]),
};

const sentences = (text: string): string[] =>
  sentenceSpans(text, parameters).map(([start, end]) => text.slice(start, end));

describe("sentenceSpans", () => {
  it("ends sentences at periods, but not after abbreviations", () => {
    expect(sentences("Mr. Smith came. And went!  Why? ")).toEqual(["Mr. Smith came.", "And went!", "Why?"]);
    expect(sentences("abc-inc. Smith")).toEqual(["abc-inc. Smith"]);
  });

  it("ends one after an abbreviation where the next word starts sentences", () => {
    expect(sentences("Apples etc. The end")).toEqual(["Apples etc.", "The end"]);
    expect(sentences("At 3 p.m. He came")).toEqual(["At 3 p.m.", "He came"]);
    expect(sentences("At 3 p.m. Smith came")).toEqual(["At 3 p.m. Smith came"]);
  });

  it("takes initials and ordinals before names together, and collocations", () => {
    expect(sentences("J. Smith and 3. smith. Who")).toEqual(["J. Smith and 3. smith.", "Who"]);
    expect(sentences("It is no. Magnin")).toEqual(["It is no. Magnin"]);
  });

  it("gives closing signs to the sentence that they close", () => {
    expect(sentences('("So.") He said "No.")  Then')).toEqual(['("So.")', 'He said "No.")', "Then"]);
    expect(sentences('("So." ) He')).toEqual(['("So."', ") He"]);
  });

  it("has no sentence in an empty text, nor in white space", () => {
    expect(sentences("")).toEqual([]);
    expect(sentences(" \n ")).toEqual([]);
  });

  it.each([
    [". ", 500_000],
    ["!", 3],
    ['.")', 2],
    ["a.", 1],
    ["\n", 0],
    [".\u3000", 2],
    ["' ", 1],
  ])("is linear on %j half a million times: the square of it would outlast the test's limit", (run, spans) => {
    expect(sentenceSpans(run.repeat(500_000), parameters)).toHaveLength(spans);
  });
});

describe("wordTokens", () => {
  it("splits contractions, quotes and signs as the Penn Treebank does", () => {
    expect(wordTokens(`"I can't," he's said; cannot (gimme $5.50)...`, parameters)).toEqual(
      `\`\` I ca n't , '' he 's said ; can not ( gim me $ 5.50 ) ...`.split(" "),
    );
  });

  it("sets contractions apart at the end of a line as NLTK 3.9 does, not as 3.8", () => {
    expect(wordTokens("I can't\ngo", parameters, "3.9")).toEqual("I ca n't go".split(" "));
    expect(wordTokens("I can't\ngo", parameters)).toEqual("I can't go".split(" "));
  });

  it("sets only the period at the end apart", () => {
    expect(wordTokens("See a.b in Mr. Smith's v1.2.", parameters)).toEqual("See a.b in Mr. Smith 's v1.2 .".split(" "));
    expect(wordTokens("He left.) ", parameters)).toEqual("He left . )".split(" "));
  });
});

describe("parsePunktParameters", () => {
  it("reads Python's literals without running them", () => {
    const source = `"""x"""\nABBREV_TYPES = frozenset((\n    'mr','d\\'s',\n))\nSENT_STARTERS = frozenset((\n    "he",\n))\n
COLLOCATIONS = frozenset((\n    ('a','b'),\n    ("c'",\n    'd'),\n))\nORTHO_CONTEXT = {\n    'the':34,'caf\\xe9':\n    4,\n}\n`;
    expect(parsePunktParameters(source)).toEqual({
      abbreviations: new Set(["mr", "d's"]),
      sentenceStarters: new Set(["he"]),
      collocations: new Set(["a\nb", "c'\nd"]),
      orthography: new Map([
        ["the", 34],
        ["café", 4],
      ]),
    });
    expect(() => parsePunktParameters("ABBREV_TYPES = 1")).toThrow("no table");
  });
});

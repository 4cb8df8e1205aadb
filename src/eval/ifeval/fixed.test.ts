// Fixed mode: each repair of docs/evaluation.md on a sample of our own; and over the rows of shared/data/parity, that every
// well-formed row has a verdict of true or false. Where those are absent, the samples stand alone.
import { existsSync, readFileSync } from "node:fs";
import { fileURLToPath } from "node:url";
import { gunzipSync } from "node:zlib";
import { describe, expect, it } from "vitest";
import { LangDetectError } from "../python/langdetect.ts";
import { NoVerdictError, type Verdict, verify } from "./verify.ts";

const nothing = new Set<string>();
const punkt = { abbreviations: nothing, sentenceStarters: nothing, collocations: nothing, orthography: new Map() };
const options = { suite: "ifeval", mode: "fixed", detect: () => "sw", punkt } as const;
const fixed = (id: string, kwargs: object, response: string): Verdict =>
  verify(id, { ...kwargs }, response, options).strict;
const both = (id: string, kwargs: object, response: string): readonly [parity: Verdict, fixed: Verdict] => [
  verify(id, { ...kwargs }, response, { ...options, mode: "parity", detect: noLanguage }).strict,
  fixed(id, kwargs, response),
];
function noLanguage(): never {
  throw new LangDetectError();
}

const shared = process.env.RPO_SHARED ?? fileURLToPath(new URL("../../../../shared", import.meta.url));
const parityRows = `${shared}/data/parity/verifiers.jsonl.gz`;
if (!existsSync(parityRows)) console.warn("no shared/data/parity: fixed mode is checked on our own samples only");

describe("fixed mode", () => {
  it.each([
    ["keywords:existence", { keywords: ["a.c"] }, "abc", true, false],
    ["keywords:existence", { keywords: ["cat"] }, "concatenate", true, false],
    ["keywords:existence", { keywords: ["(x"] }, "f(x", "error:error", true],
    ["keywords:frequency", { keyword: "art", frequency: 2, relation: "at least" }, "art, party", true, false],
    ["keywords:forbidden_words", { forbidden_words: ["a.b"] }, "from a-b", false, true],
    ["length_constraints:number_words", { num_words: 4, relation: "at least" }, "don't over-think", true, false],
    ["length_constraints:number_words", { num_words: 4, relation: "at least" }, "我爱喝茶", false, true],
    ["length_constraints:number_paragraphs", { num_paragraphs: 1 }, "So ***very*** good", false, true],
    ["length_constraints:number_paragraphs", { num_paragraphs: 2 }, "a\n***\n\n***\nb", false, true],
    [
      "length_constraints:nth_paragraph_first_word",
      { num_paragraphs: 2, nth_paragraph: 2, first_word: "two" },
      "One.\n\n\n\n**Two**, three",
      false,
      true,
    ],
    [
      "length_constraints:nth_paragraph_first_word",
      { num_paragraphs: 2, nth_paragraph: 2, first_word: "two" },
      "One.\r\n\r\nTwo.",
      false,
      true,
    ],
    ["detectable_content:number_placeholders", { num_placeholders: 1 }, "See [this](https://x.org).", true, false],
    ["detectable_content:postscript", { postscript_marker: "P.S." }, "He read a p.s. there.", true, false],
    ["detectable_content:postscript", { postscript_marker: "P.S." }, "Bye.\nPS: tea", false, true],
    ["detectable_format:number_bullet_lists", { num_bullets: 1 }, "*Note*\n- tea\n---", false, true],
    ["detectable_format:number_bullet_lists", { num_bullets: 1 }, "+ tea", false, true],
    ["detectable_format:constrained_response", {}, "My answer is yes. My answer is no.", true, false],
    ["detectable_format:constrained_response", {}, "so, my answer is no.", false, true],
    ["detectable_format:number_highlighted_sections", { num_highlights: 1 }, "2 * 3 * 4", true, false],
    ["detectable_format:number_highlighted_sections", { num_highlights: 2 }, "***one***", true, false],
    [
      "detectable_format:multiple_sections",
      { section_spliter: "SECTION", num_sections: 2 },
      "# Section 1\n# Section 2",
      false,
      true,
    ],
    [
      "detectable_format:multiple_sections",
      { section_spliter: "Section", num_sections: 1 },
      "see Section 3",
      true,
      false,
    ],
    ["detectable_format:json_format", {}, "[NaN]", true, false],
    ["detectable_format:title", {}, "<<a>>", true, true],
    ["combination:two_responses", {}, "a\n******\n\n******\nb", false, true],
    ["combination:two_responses", {}, "a\n************\nb\n******\nc", false, true],
    ["combination:repeat_prompt", { prompt_to_repeat: "Say\nhi." }, "Say hi. Hi!", false, true],
    ["startend:end_checker", { end_phrase: "So long" }, "**So long.**", false, true],
    ["startend:quotation", {}, "“Yes.”", false, true],
    [
      "change_case:capital_word_frequency",
      { capital_frequency: 2, capital_relation: "less than" },
      "I say I am.",
      false,
      true,
    ],
    ["change_case:english_capital", {}, "DAS IST DOCH NICHT MEIN HAUS, SAGTE DER ALTE MANN.", true, false],
    ["change_case:english_lowercase", {}, "das ist doch nicht mein haus, sagte der alte mann.", true, false],
    ["punctuation:no_comma", {}, "好，走吧。", true, false],
    ["punctuation:no_comma", {}, "はい、そうです。", true, false],
    ["language:response_language", { language: "fr" }, "123", true, false],
    ["language:response_language", { language: "zh" }, "我们明天早上去市场。", "error:KeyError", true],
  ])("%s %j on %j: %s becomes %s", (id, kwargs, response, before, after) => {
    expect(both(id, kwargs, response)).toEqual([before, after]);
  });

  it("counts sentences by the marks of their script, and the verse lines of one as one", () => {
    const sentences = (response: string, num_sentences: number) =>
      [num_sentences, num_sentences + 1].map((n) =>
        fixed("length_constraints:number_sentences", { num_sentences: n, relation: "at least" }, response),
      );
    expect(sentences("今天很好。我们走吧！", 2)).toEqual([true, false]);
    expect(sentences("एक। दो।", 2)).toEqual([true, false]);
    expect(sentences("The rose is red,\nthe sky is blue.\n1. Yes.", 2)).toEqual([true, false]);
  });

  it("counts any one character as a letter, and asks langdetect only of languages that the algebra does not know", () => {
    const letter = (l: string) => ({ letter: l, let_frequency: 2, let_relation: "at least" });
    expect(fixed("keywords:letter_frequency", letter("é"), "Élève égal")).toBe(true);
    expect(fixed("keywords:letter_frequency", letter("#"), "# a")).toBe(false);
    expect(fixed("language:response_language", { language: "sw" }, "Habari")).toBe(true);
    expect(fixed("language:response_language", { language: "ne" }, "Habari")).toBe(false);
  });

  it("fails a blank response in both suites, and answers what every response or none follows", () => {
    expect(verify("punctuation:no_comma", {}, " \n", { ...options, suite: "multi_if" })).toEqual({
      strict: false,
      loose: false,
    });
    const words = (num_words: number, relation: string) =>
      fixed("length_constraints:number_words", { num_words, relation }, "one");
    expect([words(0, "at least"), words(0, "less than")]).toEqual([true, false]);
  });

  it("takes a variant without first or last line or asterisks where loose", () => {
    expect(verify("startend:quotation", {}, "Sure:\n“Yes.”", options)).toEqual({ strict: false, loose: true });
  });

  it.each([
    ["keywords:nonsense", {}, "instruction_id"],
    ["constructor", {}, "instruction_id"],
    ["length_constraints:number_words", { num_words: 5, relation: "au moins" }, "kwargs.relation"],
    ["length_constraints:number_words", { num_words: null, relation: "at least" }, "kwargs.num_words"],
    ["detectable_format:title", { relation: "at least" }, "kwargs"],
    ["language:response_language", { language: "xx" }, "kwargs.language"],
    ["keywords:existence", { keywords: ["a", " "] }, "kwargs.keywords.1"],
    ["keywords:letter_frequency", { letter: "ll", let_frequency: 1, let_relation: "at least" }, "kwargs.letter"],
    ["combination:repeat_prompt", {}, "kwargs.prompt_to_repeat"],
    ["length_constraints:nth_paragraph_first_word", { num_paragraphs: 1, nth_paragraph: 2, first_word: "a" }, "kwargs"],
  ])("refuses %s with %j", (id, kwargs, field) => {
    const failure = (() => {
      try {
        return fixed(id, kwargs, "a b c");
      } catch (error) {
        return error;
      }
    })();
    expect(failure).toBeInstanceOf(NoVerdictError);
    expect((failure as NoVerdictError).field).toBe(field);
  });

  it.skipIf(!existsSync(parityRows))(
    "gives true or false on every well-formed row of the parity data",
    () => {
      const rows = gunzipSync(readFileSync(parityRows)).toString().trimEnd().split("\n");
      const refused: string[] = [];
      for (const line of rows) {
        const { instruction_id, kwargs, response, strict } = JSON.parse(line);
        try {
          const verdicts = verify(instruction_id, kwargs, response, options);
          expect([typeof verdicts.strict, typeof verdicts.loose]).toEqual(["boolean", "boolean"]);
          expect(verdicts.loose || !verdicts.strict).toBe(true);
        } catch (error) {
          if (!(error instanceof NoVerdictError)) throw error;
          refused.push(`${strict.ifeval} ${error.message}`);
        }
      }
      // What is refused is what the official program raises about its arguments.
      expect(refused.filter((row) => !/^error:(?:ValueError|TypeError) /.test(row))).toEqual([]);
    },
    120_000,
  );
});

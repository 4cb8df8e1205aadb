import { describe, expect, it } from "vitest";
import { collocation, type PunktParameters } from "../nltk/punkt.ts";
import { withoutEmoji } from "./emoji.ts";
import type { Suite } from "./instruction.ts";
import { INSTRUCTIONS } from "./instructions.ts";
import { NoVerdictError, type Verdict, verify } from "./verify.ts";

const punkt: PunktParameters = {
  abbreviations: new Set(["mr"]),
  sentenceStarters: new Set(),
  collocations: new Set([collocation("a", "b")]),
  orthography: new Map(),
};

class NoLanguage extends Error {
  override name = "LangDetectError";
}
const detect = (text: string): string => {
  if (!/\p{L}/u.test(text)) throw new NoLanguage();
  if (/[\u3040-\u30ff]/.test(text)) return "ja";
  return /[\u0900-\u097f]/.test(text) ? "hi" : "en";
};

const strict = (id: string, kwargs: object, response: string, suite: Suite = "ifeval"): Verdict =>
  verify(id, { ...kwargs }, response, { suite, mode: "parity", detect, punkt }).strict;
const loose = (id: string, kwargs: object, response: string): Verdict =>
  verify(id, { ...kwargs }, response, { suite: "ifeval", mode: "parity", detect, punkt }).loose;

describe("verify", () => {
  it("knows 25 instructions", () => {
    expect(INSTRUCTIONS.size).toBe(25);
  });

  it("tries the loose variants without first and last lines and without asterisks", () => {
    expect([strict("startend:quotation", {}, '*"Yes."*'), loose("startend:quotation", {}, '*"Yes."*')]).toEqual([
      false,
      true,
    ]);
    expect(loose("startend:quotation", {}, 'Sure:\n"Yes."\nBye')).toBe(true);
    expect(loose("startend:quotation", {}, 'Sure:\nWell:\n"Yes."')).toBe(false);
  });

  it("fails a blank response; Multi-IF only an empty one where strict", () => {
    expect([
      strict("punctuation:no_comma", {}, " \x1c"),
      strict("punctuation:no_comma", {}, " \x1c", "multi_if"),
    ]).toEqual([false, true]);
    expect(strict("punctuation:no_comma", {}, "", "multi_if")).toBe(false);
  });

  it("gives the exceptions of the official programs as verdicts", () => {
    const both = (id: string, kwargs: object, text = "x") =>
      verify(id, { ...kwargs }, text, { suite: "ifeval", mode: "parity", detect });
    expect(both("length_constraints:number_words", { num_words: 5, relation: "au moins" }).loose).toBe(
      "error:ValueError",
    );
    expect(both("detectable_format:title", { relation: "at least" }).strict).toBe("error:TypeError");
    expect(both("language:response_language", { language: "zh" }).strict).toBe("error:KeyError");
    expect(both("keywords:existence", { keywords: ["(x"] }).strict).toBe("error:error");
    expect(both("keywords:existence", { keywords: ["(x"] }, " ").strict).toBe(false);
    expect(both("combination:repeat_prompt", {}).strict).toBe("error:ValueError");
    expect(both("detectable_format:json_format", {}, "[".repeat(5000)).strict).toBe("error:RecursionError");
    expect(strict("keywords:frequency", { keyword: "(x", frequency: 0, relation: "at least" }, "x", "multi_if")).toBe(
      false,
    );
  });

  it.each([
    ["keywords:nonsense", {}, "instruction_id"],
    ["__proto__", {}, "instruction_id"],
    ["length_constraints:number_words", { relation: "at least" }, "kwargs.num_words"],
    ["length_constraints:number_words", { num_words: null, relation: "at least" }, "kwargs.num_words"],
    ["keywords:existence", { keywords: "word" }, "kwargs.keywords"],
    ["keywords:letter_frequency", { letter: "é", let_frequency: 1, let_relation: "at least" }, "kwargs.letter"],
    ["detectable_format:number_bullet_lists", { num_bullets: -1 }, "kwargs.num_bullets"],
  ])("refuses %s with %j, for it has no verdict", (id, kwargs, field) => {
    const failure = (() => {
      try {
        return strict(id, kwargs, "a b c");
      } catch (error) {
        return error;
      }
    })();
    expect(failure).toBeInstanceOf(NoVerdictError);
    expect((failure as NoVerdictError).field).toBe(field);
  });

  it("refuses what needs Punkt's parameters where there are none", () => {
    const kwargs = { num_sentences: 1, relation: "at least" };
    expect(() =>
      verify("length_constraints:number_sentences", kwargs, "A.", { suite: "ifeval", mode: "parity", detect }),
    ).toThrow("rpo eval tables --pull");
  });
});

describe("the quirks of instructions", () => {
  it("takes keywords for patterns", () => {
    expect(strict("keywords:existence", { keywords: ["a.c", "C"] }, "ABC")).toBe(true);
    expect(strict("keywords:forbidden_words", { forbidden_words: ["cat"] }, "Concatenate")).toBe(true);
    expect(strict("keywords:forbidden_words", { forbidden_words: ["cat"] }, "A CAT.")).toBe(false);
    expect(
      strict("keywords:frequency", { keyword: " the ", frequency: 3, relation: "less than" }, "the other, then"),
    ).toBe(false);
    expect(strict("keywords:letter_frequency", { letter: "K", let_frequency: 2, let_relation: "at least" }, "kK")).toBe(
      true,
    );
  });

  it("counts paragraphs, the blank ones by position only", () => {
    const first = (text: string, kwargs: object) => strict("length_constraints:nth_paragraph_first_word", kwargs, text);
    expect(first("One.\n\n\n\n'Two', three", { num_paragraphs: 2, nth_paragraph: 2, first_word: "two" })).toBe(false);
    expect(first('One.\n\n"Two", three', { num_paragraphs: 2, nth_paragraph: 2, first_word: "TWO" })).toBe(true);
    const number = (text: string, num_paragraphs: number) =>
      strict("length_constraints:number_paragraphs", { num_paragraphs }, text);
    expect([number("a\n***\nb", 2), number("***a***b***", 2), number("a*** ***b", 2)]).toEqual([true, true, false]);
  });

  it("counts placeholders, bullets, highlights, sections, titles and postscripts", () => {
    const placeholders = (text: string, n: number) =>
      strict("detectable_content:number_placeholders", { num_placeholders: n }, text);
    expect([placeholders("[a] [[b]", 2), placeholders("[a\n] []", 1), placeholders("[a\n]", 1)]).toEqual([
      true,
      true,
      false,
    ]);
    const bullets = (text: string, n: number) =>
      strict("detectable_format:number_bullet_lists", { num_bullets: n }, text);
    expect([
      bullets("* a\n  - b\n**c**", 2),
      bullets("*\n* a", 1),
      bullets("*\n\n* a", 2),
      bullets("- a\n\n\n* b\n---", 3),
    ]).toEqual([true, true, true, true]);
    const highlights = (text: string, n: number) =>
      strict("detectable_format:number_highlighted_sections", { num_highlights: n }, text);
    expect([highlights("*a* **b**", 2), highlights("*a* **b**", 3), highlights("* *", 1)]).toEqual([
      true,
      false,
      false,
    ]);
    const sections = (text: string, n: number) =>
      strict("detectable_format:multiple_sections", { section_spliter: "SECTION", num_sections: n }, text);
    expect([sections("SECTION 1\na\nSECTION2", 2), sections("Section 1", 1)]).toEqual([true, false]);
    expect(
      ["<<a>>", "<<<>>>", "<<\n>>", "<< >> b>>"].map((text) => strict("detectable_format:title", {}, text)),
    ).toEqual([true, false, false, true]);
    const postscript = (marker: string, text: string) =>
      strict("detectable_content:postscript", { postscript_marker: marker }, text);
    expect([
      postscript("P.S.", "p. s. so"),
      postscript("P.P.S", "P.P. S"),
      postscript("PS:", "pS: x"),
      postscript("P.S.", "ps"),
    ]).toEqual([true, true, true, false]);
  });

  it("reads JSON within fences, ends within quotation marks, and repeated prompts", () => {
    expect(strict("detectable_format:json_format", {}, '```json\n{"a": NaN}\n```')).toBe(true);
    expect(strict("startend:end_checker", { end_phrase: "Bye. " }, 'So "BYE."" ')).toBe(true);
    expect(strict("combination:repeat_prompt", { prompt_to_repeat: " Say Hi" }, "say hi there")).toBe(true);
    expect(
      ["a******b", "a******a", "******a******b", "a************b"].map((text) =>
        strict("combination:two_responses", {}, text),
      ),
    ).toEqual([true, false, true, false]);
    expect(strict("detectable_format:constrained_response", {}, "Well. My answer is no.")).toBe(true);
  });

  it("lets follow what has no language", () => {
    expect(strict("language:response_language", { language: "fr" }, "123")).toBe(true);
    expect(strict("change_case:english_capital", {}, "123")).toBe(false);
    expect(strict("change_case:english_lowercase", {}, "abc")).toBe(true);
  });

  it("counts by the response's language in Multi-IF only", () => {
    const words = (text: string, num_words: number, suite: Suite) =>
      strict("length_constraints:number_words", { num_words, relation: "at least" }, text, suite);
    const japanese = "こんにちは、ジェイソンさん、Jason? Nice to meet you☺ ❤";
    expect([words(japanese, 19, "multi_if"), words(japanese, 20, "multi_if"), words(japanese, 8, "ifeval")]).toEqual([
      true,
      false,
      false,
    ]);
    const sentences = (text: string, n: number, suite: Suite) =>
      strict("length_constraints:number_sentences", { num_sentences: n, relation: "at least" }, text, suite);
    expect([sentences("एक। दो। तीन", 3, "multi_if"), sentences("एक। दो। तीन", 2, "ifeval")]).toEqual([true, false]);
    expect([sentences("はい。いいえ\nうん", 3, "multi_if"), sentences("はい。いいえ\nうん", 2, "ifeval")]).toEqual([
      true,
      false,
    ]);
    expect([
      strict("startend:quotation", {}, "「はい」", "multi_if"),
      strict("startend:quotation", {}, "「はい」"),
    ]).toEqual([true, false]);
  });

  it.each(["[", "<<", "*", "** ", "\n", " \n", "***", "-\n", "*\n", '"', "[\n"])(
    "is linear on %j half a million times: the square of it would outlast the test's limit",
    (unit) => {
      const [response, short] = [500_000, 2_000].map((times) => `${unit.repeat(times)}]`);
      for (const [id, kwargs] of [
        ["detectable_content:number_placeholders", { num_placeholders: 1 }],
        ["detectable_format:number_bullet_lists", { num_bullets: 1 }],
        ["detectable_format:number_highlighted_sections", { num_highlights: 1 }],
        ["detectable_format:title", {}],
        ["length_constraints:number_paragraphs", { num_paragraphs: 1 }],
        ["detectable_content:postscript", { postscript_marker: "P.S." }],
        ["detectable_format:json_format", {}],
      ] as const)
        expect(strict(id, kwargs, response!), id).toBe(strict(id, kwargs, short!));
    },
  );
});

describe("withoutEmoji", () => {
  it("counts sequences once, with or without their selectors, and parts of what is no sequence", () => {
    const counted = (text: string) => withoutEmoji(text);
    expect(counted("😀\ufe0f👩\u200d👩\u200d👧 1️⃣1⃣🏻👋🏽")).toEqual({ count: 6, rest: " " });
    expect(counted("🇫🇷 🇫 1 # ©")).toEqual({ count: 2, rest: " 🇫 1 # " });
    expect(counted("👩\u200d🚒x👩\u200d😀")).toEqual({ count: 3, rest: "x" });
  });
});

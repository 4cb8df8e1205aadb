// IFEval's 25 instructions (Multi-IF has the same) as a careful reader takes their descriptions. Where the official program counts
// otherwise, docs/evaluation.md says so: fault by fault, with the reading taken here.
import { z } from "zod";
import { DETECTED_LANGUAGES, LANGUAGES } from "../argument.ts";
import { type Argument, type Atom, all, atom } from "../expression.ts";
import { atLeast, exactly, type IntervalSet, NONE, SOME } from "../interval.ts";
import { type Asked, form, type InstructionForms } from "./instruction.ts";

const text = z.string().trim().min(1, "must not be blank");
const words = z.array(text).min(1);
const count = z.int().min(0);
const relation = z.enum(["less than", "at least"], { error: 'must be "less than" or "at least"' });

type Arg = Readonly<Record<string, Argument>>;

/** The measure is at least the bound, which every text reaches if it is 0. */
const reaching = (measure: string, bound: number, arg?: Arg): Asked => bound <= 0 || atom(measure, atLeast(bound), arg);

/** The measure is less than the bound, or at least it. */
function related(measure: string, how: z.output<typeof relation>, bound: number, arg?: Arg): Asked {
  if (how === "at least") return reaching(measure, bound, arg);
  return bound > 0 && atom(measure, [[0, bound - 1]], arg);
}

/** The words, each once: case does not tell them apart. */
const distinct = (list: readonly string[]): readonly string[] => [
  ...new Map(list.map((word) => [word.toLowerCase(), word])).values(),
];

const each = (list: readonly string[], set: IntervalSet): Asked =>
  all(...distinct(list).map((word): Atom => atom("word-occurrences", set, { word })));

/** langdetect tells some languages that the algebra's own detector does not know; where both do, its own errs less. */
const inLanguage = (language: string): Atom =>
  atom(Object.hasOwn(LANGUAGES, language) ? "language" : "detected-language", SOME, { language });
const inEnglish = (measure: string): Asked => all(atom(measure, SOME), inLanguage("en"));

const ANSWERS = ["My answer is yes.", "My answer is no.", "My answer is maybe."];
const NO_ARGUMENTS = z.strictObject({});

export const IFEVAL_FORMS: InstructionForms = new Map([
  ["keywords:existence", form(z.strictObject({ keywords: words }), ({ keywords }) => each(keywords, SOME))],
  [
    "keywords:frequency",
    form(z.strictObject({ keyword: text, frequency: count, relation }), ({ keyword, frequency, relation }) =>
      related("word-occurrences", relation, frequency, { word: keyword }),
    ),
  ],
  [
    "keywords:forbidden_words",
    form(z.strictObject({ forbidden_words: words }), ({ forbidden_words }) => each(forbidden_words, NONE)),
  ],
  [
    "keywords:letter_frequency",
    form(
      z.strictObject({
        letter: text.refine((letter) => [...letter].length === 1, "must be one character"),
        let_frequency: count,
        let_relation: relation,
      }),
      ({ letter, let_frequency, let_relation }) =>
        related("occurrences", let_relation, let_frequency, { phrase: letter }),
    ),
  ],
  [
    "language:response_language",
    form(
      z.strictObject({
        language: z.string().refine((code) => Object.hasOwn(DETECTED_LANGUAGES, code), {
          error: "must be the code of a language that can be told (such as en, sw, zh, zh-tw)",
        }),
      }),
      ({ language }) => inLanguage(language),
    ),
  ],
  [
    "length_constraints:number_sentences",
    form(z.strictObject({ num_sentences: count, relation }), ({ num_sentences, relation }) =>
      related("sentences", relation, num_sentences),
    ),
  ],
  [
    "length_constraints:number_paragraphs",
    form(z.strictObject({ num_paragraphs: count }), ({ num_paragraphs }) =>
      atom("divided-paragraphs", exactly(num_paragraphs)),
    ),
  ],
  [
    "length_constraints:number_words",
    form(z.strictObject({ num_words: count, relation }), ({ num_words, relation }) =>
      related("words", relation, num_words),
    ),
  ],
  [
    "length_constraints:nth_paragraph_first_word",
    form(
      z
        .strictObject({ num_paragraphs: count, nth_paragraph: z.int().min(1), first_word: text })
        .refine(({ num_paragraphs, nth_paragraph }) => nth_paragraph <= num_paragraphs, {
          error: "nth_paragraph is above num_paragraphs",
        }),
      ({ num_paragraphs, nth_paragraph, first_word }) =>
        all(
          atom("paragraphs", exactly(num_paragraphs)),
          atom("starts-with-word", SOME, { word: first_word }, { segment: "paragraph", at: nth_paragraph }),
        ),
    ),
  ],
  [
    "detectable_content:number_placeholders",
    form(z.strictObject({ num_placeholders: count }), ({ num_placeholders }) =>
      reaching("placeholders", num_placeholders),
    ),
  ],
  [
    "detectable_content:postscript",
    form(z.strictObject({ postscript_marker: text }), ({ postscript_marker }) =>
      atom("postscript", SOME, { marker: postscript_marker }),
    ),
  ],
  [
    "detectable_format:number_bullet_lists",
    form(z.strictObject({ num_bullets: count }), ({ num_bullets }) => atom("markdown-bullets", exactly(num_bullets))),
  ],
  [
    "detectable_format:constrained_response",
    form(NO_ARGUMENTS, () => atom("phrases-among", exactly(1), { set: ANSWERS })),
  ],
  [
    "detectable_format:number_highlighted_sections",
    form(z.strictObject({ num_highlights: count }), ({ num_highlights }) => reaching("highlights", num_highlights)),
  ],
  [
    "detectable_format:multiple_sections",
    form(z.strictObject({ section_spliter: text, num_sections: count }), ({ section_spliter, num_sections }) =>
      reaching("sections", num_sections, { label: section_spliter }),
    ),
  ],
  ["detectable_format:json_format", form(NO_ARGUMENTS, () => atom("json", SOME))],
  ["detectable_format:title", form(NO_ARGUMENTS, () => atom("titles", SOME))],
  [
    "combination:two_responses",
    form(NO_ARGUMENTS, () =>
      all(
        atom("parts", exactly(2), { separator: "******" }),
        atom("distinct-parts", exactly(2), { separator: "******" }),
      ),
    ),
  ],
  [
    "combination:repeat_prompt",
    form(z.strictObject({ prompt_to_repeat: text }), ({ prompt_to_repeat }) =>
      atom("starts-by-repeating", SOME, { phrase: prompt_to_repeat }),
    ),
  ],
  [
    "startend:end_checker",
    form(z.strictObject({ end_phrase: text }), ({ end_phrase }) => atom("ends-with", SOME, { phrase: end_phrase })),
  ],
  ["startend:quotation", form(NO_ARGUMENTS, () => atom("quoted", SOME))],
  [
    "change_case:capital_word_frequency",
    form(
      z.strictObject({ capital_frequency: count, capital_relation: relation }),
      ({ capital_frequency, capital_relation }) => related("capital-words", capital_relation, capital_frequency),
    ),
  ],
  ["change_case:english_capital", form(NO_ARGUMENTS, () => inEnglish("uppercase"))],
  ["change_case:english_lowercase", form(NO_ARGUMENTS, () => inEnglish("lowercase"))],
  [
    "punctuation:no_comma",
    form(NO_ARGUMENTS, () =>
      all(atom("marks", NONE, { mark: "comma" }), atom("marks", NONE, { mark: "enumeration comma" })),
    ),
  ],
]);

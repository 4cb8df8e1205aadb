// Instructions as constraints: the laws with arbitrary arguments; over IFEval's 541 prompts, that each instruction has a constraint
// and an exact reverse, worded in both languages, over IFBench's too; over the parity rows, that verdicts are the verifiers'. Where shared/data is
// absent, which is not ours to ship, the laws stand alone.
import { existsSync, readFileSync } from "node:fs";
import { fileURLToPath } from "node:url";
import { gunzipSync } from "node:zlib";
import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { arbitraryText, PLAIN_MEANS } from "../../constraint/arbitrary.ts";
import { reverse } from "../../constraint/complement.ts";
import { type Constraint, constraintSchema } from "../../constraint/expression.ts";
import { InstructionError } from "../../constraint/instruction/instruction.ts";
import type { Means } from "../../constraint/means.ts";
import { verdictOn, viewOf } from "../../constraint/verdict.ts";
import { parse } from "../../constraint/wording/parse.ts";
import { render } from "../../constraint/wording/render.ts";
import { CODE_MEANS } from "../../judge/code-means.ts";
import { cachedPunktParameters } from "../nltk/punkt-parameters.ts";
import { cachedLangdetect } from "../python/langdetect-files.ts";
import { strip } from "../python/str.ts";
import { cachedThaiDictionary } from "../thai/thai-dictionary.ts";
import { constraintOf, officialPrograms } from "./constraint-of.ts";
import { INSTRUCTIONS } from "./instructions.ts";
import { strictVerdict } from "./verify.ts";
import { verifyOptions } from "./verify-tables.ts";

const shared = process.env.RPO_SHARED ?? fileURLToPath(new URL("../../../../shared", import.meta.url));
const prompts = `${shared}/data/ifeval/prompts.jsonl`;
const ifbench = `${shared}/data/ifbench/test.jsonl`;
const parityRows = `${shared}/data/parity/verifiers.jsonl.gz`;
const tables = [await cachedLangdetect(), cachedPunktParameters(), cachedThaiDictionary()];
const verified = existsSync(parityRows) && !tables.includes(null);
if (!existsSync(prompts)) console.warn("no shared/data/ifeval: its 541 prompts are left out");
if (!verified) console.warn("no shared/data/parity, or tables not fetched: verdicts are not compared on its rows");

const phrase = fc
  .oneof(
    fc.constantFrom("tea", "C++", "你好", "a.b (x", "P.S.", "Is it so?"),
    fc.string({ minLength: 1, maxLength: 12 }),
  )
  .filter((text) => text.trim() !== "");
const count = fc.nat(12);
const relation = fc.constantFrom("less than", "at least");
const list = fc.array(phrase, { minLength: 1, maxLength: 4 });

/** Arguments that an instruction may have. */
const ARGUMENTS: Readonly<Record<string, Readonly<Record<string, fc.Arbitrary<unknown>>>>> = {
  "keywords:existence": { keywords: list },
  "keywords:frequency": { keyword: phrase, frequency: count, relation },
  "keywords:forbidden_words": { forbidden_words: list },
  "keywords:letter_frequency": { letter: fc.constantFrom(..."aZé#字"), let_frequency: count, let_relation: relation },
  "language:response_language": { language: fc.constantFrom("en", "fr", "sw", "ne", "zh", "zh-tw", "th") },
  "length_constraints:number_sentences": { num_sentences: count, relation },
  "length_constraints:number_paragraphs": { num_paragraphs: count },
  "length_constraints:number_words": { num_words: count, relation },
  "length_constraints:nth_paragraph_first_word": {
    num_paragraphs: fc.integer({ min: 3, max: 5 }),
    nth_paragraph: fc.integer({ min: 1, max: 3 }),
    first_word: phrase,
  },
  "detectable_content:number_placeholders": { num_placeholders: count },
  "detectable_content:postscript": { postscript_marker: phrase },
  "detectable_format:number_bullet_lists": { num_bullets: count },
  "detectable_format:constrained_response": {},
  "detectable_format:number_highlighted_sections": { num_highlights: count },
  "detectable_format:multiple_sections": { section_spliter: phrase, num_sections: count },
  "detectable_format:json_format": {},
  "detectable_format:title": {},
  "combination:two_responses": {},
  "combination:repeat_prompt": { prompt_to_repeat: phrase },
  "startend:end_checker": { end_phrase: phrase },
  "startend:quotation": {},
  "change_case:capital_word_frequency": { capital_frequency: count, capital_relation: relation },
  "change_case:english_capital": {},
  "change_case:english_lowercase": {},
  "punctuation:no_comma": {},
};

const arbitraryInstruction = fc
  .constantFrom(...Object.keys(ARGUMENTS))
  .chain((instruction_id) =>
    fc.record({ instruction_id: fc.constant(instruction_id), kwargs: fc.record(ARGUMENTS[instruction_id]!) }),
  );

/** Whether a constraint passes; its reverse must say the opposite. */
function passes(constraint: Constraint, response: string, means: Means): boolean {
  const view = viewOf(response, means);
  const verdicts = [verdictOn(constraint, view), verdictOn(reverse(constraint), view)];
  expect(verdicts.toSorted()).toEqual(["fail", "pass"]);
  return verdicts[0] === "pass";
}

/** Constraint and reverse are values that the schema takes, said in both languages so that they are read back. */
function expectExact(constraint: Constraint): void {
  const reversed = reverse(constraint);
  expect(reverse(reversed)).toEqual(constraint);
  for (const one of [constraint, reversed]) {
    expect(constraintSchema.parse(JSON.parse(JSON.stringify(one)))).toEqual(one);
    for (const language of ["en", "zh"] as const) expect(parse(render(one, language), language)).toEqual(one);
  }
}

describe("constraintOf", () => {
  it("has arguments of every instruction to try", () => {
    expect(Object.keys(ARGUMENTS).toSorted()).toEqual([...INSTRUCTIONS.keys()].toSorted());
  });

  it("holds the laws with arbitrary arguments, in both modes", () => {
    let made = 0;
    fc.assert(
      fc.property(
        arbitraryInstruction,
        fc.constantFrom("fixed", "parity"),
        arbitraryText,
        (instruction, mode, text) => {
          let constraint: Constraint;
          try {
            constraint = constraintOf(instruction, { mode });
          } catch (error) {
            // At least 0, less than 0; in parity, a letter outside a–z and a language without a name.
            expect(error).toBeInstanceOf(InstructionError);
            return;
          }
          made += 1;
          expectExact(constraint);
          passes(constraint, text, PLAIN_MEANS);
        },
      ),
      { numRuns: 2_000 },
    );
    expect(made).toBeGreaterThan(1_500);
  });

  it("says what it checks", () => {
    const said = (instruction_id: string, kwargs: object): string[] => {
      const constraint = constraintOf({ instruction_id, kwargs: { ...kwargs } });
      return [constraint, reverse(constraint)].flatMap((one) => [render(one, "en"), render(one, "zh")]);
    };
    expect(said("detectable_format:number_highlighted_sections", { num_highlights: 3 })).toEqual([
      "The response must contain at least 3 highlighted passages.",
      "回复必须包含至少3处高亮文字。",
      "The response must contain at most 2 highlighted passages.",
      "回复必须包含至多2处高亮文字。",
    ]);
    expect(said("startend:end_checker", { end_phrase: "So long." })).toEqual([
      "The response must end with “So long.”.",
      "回复必须以“So long.”结尾。",
      "The response must not end with “So long.”.",
      "回复不得以“So long.”结尾。",
    ]);
    expect(said("keywords:forbidden_words", { forbidden_words: ["tea", "milk"] })[2]).toBe(
      "The response must contain the word “tea”; or the response must contain the word “milk”.",
    );
  });

  it.each([
    [{ instruction_id: "a:b", kwargs: {} }, {}, "instruction_id"],
    [{ instruction_id: "keywords:existence", kwargs: {} }, {}, "kwargs.keywords"],
    [{ instruction_id: "keywords:existence", kwargs: {} }, { mode: "parity" }, "kwargs.keywords"],
    [{ instruction_id: "language:response_language", kwargs: { language: "zh" } }, { mode: "parity" }, "kwargs"],
    [
      { instruction_id: "length_constraints:number_words", kwargs: { num_words: 0, relation: "at least" } },
      {},
      "kwargs",
    ],
    [{ instruction_id: "count:numbers", kwargs: { N: 2 } }, { suite: "ifbench", mode: "fixed" }, "instruction_id"],
  ] as const)("refuses %j with %j", (instruction, options, field) => {
    const failure = (() => {
      try {
        return constraintOf(instruction, options);
      } catch (error) {
        return error;
      }
    })();
    expect(failure).toBeInstanceOf(InstructionError);
    expect((failure as InstructionError).field).toBe(field);
  });

  it("takes IFBench's instructions by their program", () => {
    const constraint = constraintOf(
      { instruction_id: "count:numbers", kwargs: { N: 2 } },
      { suite: "ifbench", mode: "parity" },
    );
    expectExact(constraint);
    const options = { suite: "ifbench", mode: "parity", detect: () => "en" } as const;
    const programs = officialPrograms(() => options);
    expect(["1 2", "1 2 3"].map((text) => passes(constraint, text, { programs }))).toEqual([true, false]);
  });

  it.skipIf(!existsSync(prompts))(
    "gives each instruction of IFEval's prompts an exact reverse",
    () => {
      let instructions = 0;
      for (const line of readFileSync(prompts, "utf8").trimEnd().split("\n")) {
        const { instruction_id_list, kwargs, prompt } = JSON.parse(line);
        for (const [i, instruction_id] of instruction_id_list.entries()) {
          const constraint = constraintOf({ instruction_id, kwargs: kwargs[i] });
          expectExact(constraint);
          passes(constraint, prompt, PLAIN_MEANS);
          instructions += 1;
        }
      }
      expect(instructions).toBe(834);
    },
    60_000,
  );

  it.skipIf(!existsSync(ifbench)).each(["ifbench", "ifbench_2026"] as const)(
    "gives each instruction of IFBench's prompts an exact reverse: %s",
    (suite) => {
      let instructions = 0;
      for (const line of readFileSync(ifbench, "utf8").trimEnd().split("\n")) {
        const { instruction_id_list, kwargs } = JSON.parse(line);
        for (const [i, instruction_id] of instruction_id_list.entries()) {
          expectExact(constraintOf({ instruction_id, kwargs: kwargs[i] }, { suite }));
          instructions += 1;
        }
      }
      expect(instructions).toBeGreaterThan(300);
    },
    60_000,
  );

  it.skipIf(!verified).each(["fixed", "parity"] as const)(
    "passes where the verifier says true on all rows of the parity data: %s",
    async (mode) => {
      const suites = {
        ifeval: verifyOptions({ suite: "ifeval", mode }),
        multi_if: verifyOptions({ suite: "multi_if", mode }),
      };
      const programs = officialPrograms((suite) => (suite === "multi_if" ? suites.multi_if : suites.ifeval));
      const means = { ...CODE_MEANS, programs };
      let compared = 0;
      for (const line of gunzipSync(readFileSync(parityRows)).toString().trimEnd().split("\n")) {
        const { id, instruction_id, kwargs, response } = JSON.parse(line);
        for (const suite of ["ifeval", "multi_if"] as const) {
          let constraint: Constraint;
          try {
            constraint = constraintOf({ instruction_id, kwargs }, { suite, mode });
          } catch (error) {
            if (!(error instanceof InstructionError)) throw error;
            continue;
          }
          if (strip(response) === "") continue; // blank responses follow nothing
          const verdict = strictVerdict(instruction_id, kwargs, response, suites[suite]);
          expect([id, passes(constraint, response, means)]).toEqual([id, verdict === true]);
          compared += 1;
        }
      }
      expect(compared).toBeGreaterThan(18_000);
    },
    300_000,
  );
});

import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { atom } from "../constraint/expression.ts";
import { SOME } from "../constraint/interval.ts";
import { MEASURES } from "../constraint/measure.ts";
import { render } from "../constraint/wording/render.ts";
import { InputError } from "../dataset/input-error.ts";
import { constraintOf } from "../eval/ifeval/constraint-of.ts";
import { SUITES } from "../eval/ifeval/instruction.ts";
import { INSTRUCTIONS_OF, strictVerdict, type VerifyOptions } from "../eval/ifeval/verify.ts";
import { judgeByCode, violates } from "./code-judge.ts";
import { PROBES, requireMeans } from "./require-means.ts";

const cacheBefore = process.env.RPO_CACHE;
const empty = mkdtempSync(join(tmpdir(), "rpo-no-tables-"));
beforeAll(() => {
  process.env.RPO_CACHE = empty;
});
afterAll(() => {
  if (cacheBefore === undefined) delete process.env.RPO_CACHE;
  else process.env.RPO_CACHE = cacheBefore;
  rmSync(empty, { recursive: true });
});

const ifbench = (instruction_id: string, kwargs: Record<string, unknown> = {}) =>
  constraintOf({ instruction_id, kwargs }, { suite: "ifbench" });
const numbers = ifbench("count:numbers", { N: 2 });
const textOf = (constraint: Parameters<typeof render>[0]) => render(constraint, "en");

describe("verdicts by code without any table", () => {
  it("are given where the program needs none", () => {
    const text = textOf(numbers);
    expect(() => requireMeans([{ text }])).not.toThrow();
    expect(["1 2", "1"].map((response) => judgeByCode([numbers], "Count.", response))).toEqual([["pass"], ["fail"]]);
    expect(["1 2", "1"].map((response) => violates(text, "Count.", response))).toEqual([false, true]);
  });

  it.each([
    ["the program's", ifbench("words:odd_even_syllables"), "needs syllapy's syllables: fetch them by rpo eval tables"],
    [
      "a trigger's",
      { when: atom("detected-language", SOME, { language: "sw" }), must: atom("words", [[1, 3]]) },
      "langdetect's language profiles are not in the cache",
    ],
    [
      "no known program's",
      { must: atom("follows", SOME, { benchmark: "ifbench", instruction: "a:b", kwargs: "{}" }) },
      'no instruction is called "a:b"',
    ],
  ])("are refused beforehand where it does: %s", (_, constraint, reason) => {
    const text = textOf(constraint);
    const asked = () => requireMeans([{ text: "Be kind." }, { text: textOf(numbers) }, { text }]);
    expect(asked).toThrow(InputError);
    expect(asked).toThrow(`code cannot judge the constraint ${JSON.stringify(text)}: ${reason}`);
    expect(() => requireMeans([{ text, judge: true }])).not.toThrow();
  });
});

it("no measure that needs means is stated in people's words", () => {
  const needing = MEASURES.filter(({ needsMeans }) => needsMeans);
  expect(needing.map(({ name, instructionOnly }) => [name, instructionOnly])).toEqual([
    ["detected-language", true],
    ["follows", true],
  ]);
});

describe("the probes", () => {
  const TABLES: Readonly<Record<string, Partial<VerifyOptions>>> = {
    langdetect: { detect: (text) => (/\p{sc=Thai}/u.test(text) ? "th" : /\p{sc=Han}/u.test(text) ? "zh-cn" : "en") },
    punkt: {
      punkt: { abbreviations: new Set(), sentenceStarters: new Set(), collocations: new Set(), orthography: new Map() },
    },
    thai: { thaiWords: (text) => text.length },
    "stop words": { stopWords: new Set(["the"]) },
    tagger: { tagger: { weights: new Map(), tags: new Map(), classes: ["NN"] } },
    syllables: { syllables: new Map() },
  };
  const ARGUMENTS: Readonly<Record<string, unknown>> = {
    ...{ keywords: ["a"], forbidden_words: ["a"], language: "en", postscript_marker: "P.S.", letter: "a", sep: "," },
    ...{ relation: "at least", let_relation: "at least", capital_relation: "at least", section_spliter: "SECTION" },
    ...{ options: "a, b", n_start: 1, n_end: 2, prompt_to_repeat: "a b c", reference_text: "abc", keyword: "a" },
  };
  const TEXTS = [
    ..."x|1 2|A|a b c|ABC. DEF.|abc def|Yes, the end.|你好。再见。|สวัสดี|สวัสดี ABC|* a\n* b|“Q?” she said.|Go. Stop! (a)".split(
      "|",
    ),
    "a\n\nb\n\nc",
    '{"a": "b"}',
  ];
  const argument = (name: string): unknown =>
    ARGUMENTS[name] ?? (/^(?:N|n|m|small_n|percentage|num_.*|nth_.*|min_.*|max_.*|.*frequency)$/.test(name) ? 2 : "a");

  it.each(Object.keys(TABLES))("need each table that any text needs: %s", (missing) => {
    const { [missing]: _, ...others } = TABLES;
    const given = Object.assign({}, ...Object.values(others)) as Partial<VerifyOptions>;
    const detect = (): string => {
      throw new InputError("no langdetect");
    };
    let needing = 0;
    for (const suite of SUITES)
      for (const [id, instruction] of INSTRUCTIONS_OF[suite]) {
        const names = Object.keys(instruction.arguments.shape);
        const kwargs = Object.fromEntries(names.map((name) => [name, argument(name)]));
        const refuses = (text: string): boolean => {
          try {
            strictVerdict(id, kwargs, text, { suite, mode: "parity", detect, ...given });
            return false;
          } catch (error) {
            if (!(error instanceof InputError && /fetch|no langdetect/.test(error.message))) throw error;
            return true;
          }
        };
        const isNeeded = TEXTS.some(refuses);
        if (isNeeded) needing += 1;
        expect([suite, id, PROBES.some(refuses)]).toEqual([suite, id, isNeeded]);
      }
    expect(needing).toBeGreaterThan(0);
  });
});

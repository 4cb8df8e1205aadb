// Random constraints and random texts for the property tests: every measure, every way to combine, both languages' words.
import fc from "fast-check";
import {
  type ArgumentKind,
  BENCHMARKS,
  DETECTED_LANGUAGES,
  LANGUAGES,
  MARKS,
  NUMBERINGS,
  SCRIPTS,
} from "./argument.ts";
import type { Argument, Constraint, Requirement } from "./expression.ts";
import { type Interval, type IntervalSet, NONE, normalise, SOME, sameSet } from "./interval.ts";
import type { Means } from "./means.ts";
import { MEASURES, type Measure } from "./measure.ts";
import { SEGMENTS } from "./text-view.ts";

/** Means as simple as can be, for laws that hold whatever they say. */
export const PLAIN_MEANS: Means = {
  detectLanguage: (text) => (/[a-z]/.test(text) ? "en" : /\p{sc=Han}/u.test(text) ? "zh-cn" : null),
  programs: Object.fromEntries(
    Object.keys(BENCHMARKS).map((name) => [name, (instruction, _, text) => text.length > instruction.length]),
  ),
};

/** Pieces that texts are made of: each meets some measure, and some are made to trip a parser. */
const PIECES = [
  "Hello there",
  "the quick brown fox",
  "don't well-known",
  "JSON",
  "URGENT NOTE",
  "P.S. bring tea",
  "e.g. Dr. Smith",
  "3.14",
  "42",
  "- apples",
  "* pears",
  "1. first",
  "2) second",
  "一、概述",
  "（二）细节",
  "I. one",
  "① 圈",
  "# Title",
  "## 小标题",
  "| a | b |",
  "|---|---|",
  "**bold words**",
  "*slanted*",
  "__strong__",
  "_em_",
  "```\ncode\n```",
  "---",
  "***",
  "[name]",
  "[a](b)",
  "<<Title>>",
  "SECTION 1",
  "你好，世界",
  "热干面很好吃。",
  "请问怎么走？",
  "太好了！",
  "こんにちは",
  "안녕하세요",
  "Привет",
  "Bonjour à tous",
  "😀",
  "🌹",
  "👨‍👩‍👧",
  "❤️",
  "🇨🇳",
  "©",
  ".",
  "!",
  "?",
  "…",
  "，",
  "、",
  ",",
  ";",
  "“",
  "”",
  "\\",
  '"',
  "(",
  ")",
  "（",
  "）",
  "; and ",
  "；并且",
  " must ",
  "必须",
  '{"a": 1}',
  "[1,2]",
  "null",
];
const SEPARATORS = ["", " ", "\n", "\n\n", "\r\n", "\t"];

/** A text made of telling pieces, or any unicode at all. */
export const arbitraryText: fc.Arbitrary<string> = fc.oneof(
  {
    weight: 9,
    arbitrary: fc
      .array(fc.tuple(fc.constantFrom(...PIECES), fc.constantFrom(...SEPARATORS)), { maxLength: 14 })
      .map((pieces) => pieces.flat().join("")),
  },
  { weight: 1, arbitrary: fc.string({ unit: "grapheme", maxLength: 40 }) },
);

const phrase = fc
  .oneof(
    fc.constantFrom(...PIECES),
    fc.tuple(fc.constantFrom(...PIECES), fc.constantFrom(...PIECES)).map((pair) => pair.join("")),
    fc.string({ unit: "grapheme", minLength: 1, maxLength: 8 }),
  )
  .map((text) => text.trim())
  .filter((text) => text !== "");

const ARGUMENTS: Record<ArgumentKind, fc.Arbitrary<Argument>> = {
  text: phrase,
  texts: fc.array(phrase, { minLength: 1, maxLength: 3 }),
  pattern: fc.constantFrom("^\\d+", "[a-z]{3}", "热干面|豆皮", "“.*”", "(a|b)*c", "\\bfox\\b"),
  schema: fc.constantFrom(
    '{"type":"object","required":["a"]}',
    '{"type":"array","items":{"type":"number"}}',
    '{"type":"object","properties":{"a":{"const":"“x”"}}}',
  ),
  kwargs: fc
    .dictionary(phrase, fc.oneof(phrase, fc.nat(300), fc.array(phrase, { maxLength: 2 })), {
      maxKeys: 3,
      noNullPrototype: true,
    })
    .map((kwargs) => JSON.stringify(kwargs)),
  benchmark: fc.constantFrom(...Object.keys(BENCHMARKS)),
  language: fc.constantFrom(...Object.keys(LANGUAGES)),
  detected: fc.constantFrom(...Object.keys(DETECTED_LANGUAGES)),
  script: fc.constantFrom(...Object.keys(SCRIPTS)),
  numbering: fc.constantFrom(...Object.keys(NUMBERINGS)),
  mark: fc.constantFrom(...Object.keys(MARKS)),
};

const intervalSet = (largest: number): fc.Arbitrary<IntervalSet> =>
  fc
    .array(
      fc
        .tuple(fc.nat(largest), fc.option(fc.nat(largest)))
        .map(([low, width]): Interval => [low, width === null ? null : low + width]),
      { minLength: 1, maxLength: 3 },
    )
    .map(normalise)
    .filter((set) => !sameSet(set, [[0, null]]));

function atomOf(measure: Measure): fc.Arbitrary<Requirement> {
  const set = measure.yesNo
    ? fc.constantFrom(SOME, NONE)
    : fc.oneof(intervalSet(6), intervalSet(120), fc.constantFrom(SOME, NONE));
  const arg = fc.record(
    Object.fromEntries(Object.entries(measure.args).map(([name, kind]) => [name, ARGUMENTS[kind]])),
  );
  const of = fc.option(
    fc.record({ segment: fc.constantFrom(...SEGMENTS), at: fc.constantFrom(1, 2, 3, 4, 11, 22, -1, -2, -3) }),
    {
      nil: undefined,
      freq: 3,
    },
  );
  return fc.tuple(set, arg, of).map(([intervals, values, part]) => ({
    measure: measure.name,
    ...(Object.keys(values).length > 0 && { arg: values }),
    ...(part && { of: part }),
    in: intervals,
  }));
}

/** Requirements of every shape; questions for a judge only where wanted. */
export function arbitraryRequirement(judged: boolean): fc.Arbitrary<Requirement> {
  const atoms = fc.constantFrom(...MEASURES).chain(atomOf);
  const judge = fc.record({ judge: phrase, want: fc.boolean() });
  const leaf: fc.Arbitrary<Requirement> = judged
    ? fc.oneof({ weight: 9, arbitrary: atoms }, { weight: 1, arbitrary: judge })
    : atoms;
  return fc.letrec<{ node: Requirement }>((tie) => ({
    node: fc.oneof(
      { depthSize: "small", maxDepth: 3 },
      leaf,
      fc.record({ all: fc.array(tie("node"), { minLength: 2, maxLength: 3 }) }),
      fc.record({ any: fc.array(tie("node"), { minLength: 2, maxLength: 3 }) }),
      fc.record({ every: fc.constantFrom(...SEGMENTS), is: tie("node") }),
      fc.record({ some: fc.constantFrom(...SEGMENTS), is: tie("node") }),
    ),
  })).node;
}

export function arbitraryConstraint(judged: boolean): fc.Arbitrary<Constraint> {
  return fc
    .tuple(fc.option(arbitraryRequirement(judged), { nil: undefined, freq: 3 }), arbitraryRequirement(judged))
    .map(([when, must]) => ({ ...(when && { when }), must }));
}

// Small models loop: a response may be one sign a hundred thousand times. Every measure and every segmentation must end on
// such texts in time proportional to their length. What took the square of it took minutes at this size.
import { describe, expect, it } from "vitest";
import { PLAIN_MEANS } from "./arbitrary.ts";
import type { ArgumentKind } from "./argument.ts";
import type { Argument } from "./expression.ts";
import { MEASURES } from "./measure.ts";
import { SEGMENTS, TextView } from "./text-view.ts";

/** Characters of each text. All readings of one take about a second on a slow machine; a quadratic one, more than a minute. */
const SIZE = 200_000;
const TIMEOUT_MS = 30_000;

const ARGUMENT: Record<ArgumentKind, Argument> = {
  text: "a",
  texts: ["😀", "🎉"],
  pattern: "x*y|x",
  schema: '{"type":"array","items":{"type":"number"}}',
  kwargs: '{"n":1}',
  benchmark: "ifeval",
  language: "fr",
  detected: "en",
  script: "Han",
  numbering: "I.",
  mark: "dash",
};

const run = (unit: string): string => unit.repeat(Math.ceil(SIZE / unit.length));

const TEXTS: Readonly<Record<string, string>> = {
  ...Object.fromEntries(
    [
      ...[" ", "\n", "\r\n", " \n", "\t", "\u00a0", "a", "A", "7", "7,", "a'", "a-", "AB ", "x", "X 1\n"],
      ...["{", "[", "[a](", "[[a]", '{"a":', "|", "|-", "<<", "<<a", "<<>>", ">", "> ", "(1"],
      ...[
        "*",
        "**",
        "**a",
        "*a ",
        "a** ",
        "_",
        "__a",
        "_a ",
        "`",
        "```\n",
        "*_**__[<<",
        "- ",
        "- a - ",
        "1. ",
        "1. a\n",
      ],
      ...[
        "😀",
        "👨\u200d",
        "👨\u200d👩\u200d👧 ",
        "\u200d",
        "\ufe0f",
        "1\ufe0f",
        "🇨🇳",
        "🏽",
        "🏴\u{e0067}",
        "\ud83d",
        "\ude00",
      ],
      ...[".", '."', "e.g. ", "?", "!", "…", "。", "”", "“", "呢。", "汉", "汉a", "- ", "—", "\u0301", "P.S. ", "who "],
    ].map((unit) => [JSON.stringify(unit), run(unit)]),
  ),
  "heading, spaces, x": `# a${run(" ")}x`,
  "heading, signs, x": `# a${run("#")}x`,
  "heading, spaced signs, x": `# a${run(" #")}x`,
  "full stops, x": `${run(".")}x`,
  "full stop, quotes, x": `.${run('"')}x`,
  "dashes, x": `${run("- ")}x`,
  "table rule, x": `|a|\n${run("| - ")}x`,
  "blank lines, x": `${run("\n \n")}x`,
  "fence, spaces, x": `\`\`\`\n${run(" ")}x`,
  "title, unclosed": `<<${run(">")}`.slice(0, -1),
  "question, tildes, x": `呢${run("~")}x`,
  "flag of tags": `🏴${run("\u{e0067}")}`,
};

describe("measures and segmentations on looping text", () => {
  it.each(Object.entries(TEXTS))("%s", { timeout: TIMEOUT_MS }, (_name, text) => {
    expect(text.length).toBeGreaterThanOrEqual(SIZE);
    const query = new TextView("Why?");
    for (const segment of SEGMENTS) {
      const parts = new TextView(text).segments(segment);
      // Parts may overlap nowhere: together they are no longer than the text.
      expect(parts.reduce((sum, part) => sum + part.text.length, 0)).toBeLessThanOrEqual(text.length);
    }
    for (const measure of MEASURES) {
      const arg = Object.fromEntries(Object.entries(measure.args).map(([name, kind]) => [name, ARGUMENT[kind]]));
      const value = measure.of(new TextView(text, PLAIN_MEANS), arg, query);
      expect(Number.isInteger(value) && value >= 0, `${measure.name}: ${value}`).toBe(true);
    }
  });

  it("a line of ten million characters", { timeout: 2 * TIMEOUT_MS }, () => {
    for (const unit of ["a", "- ", "**a", "汉", "."]) {
      const view = new TextView(unit.repeat(10_000_000 / unit.length));
      for (const segment of SEGMENTS) expect(view.segments(segment).length).toBeGreaterThanOrEqual(0);
    }
  });
});

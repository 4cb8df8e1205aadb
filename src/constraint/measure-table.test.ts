// docs/measures.md is written from the measures themselves (`npx vitest run -u measure-table`), and checked here.
import { expect, it } from "vitest";
import type { ArgumentKind } from "./argument.ts";
import type { Argument } from "./expression.ts";
import { atLeast, NONE, SOME } from "./interval.ts";
import { MEASURES, type Measure } from "./measure.ts";
import { parse } from "./wording/parse.ts";
import { render } from "./wording/render.ts";

const EXAMPLE: Record<ArgumentKind, Argument> = {
  text: "X",
  texts: ["😀", "🎉"],
  pattern: "^\\d+",
  schema: '{"type":"object"}',
  kwargs: '{"n":1}',
  benchmark: "ifeval",
  language: "fr",
  detected: "sw",
  script: "Han",
  numbering: "I.",
  mark: "comma",
};

const cell = (text: string): string => text.replaceAll("|", "\\|").replaceAll("<", "&lt;");

function row(measure: Measure): string {
  const arg = Object.fromEntries(Object.entries(measure.args).map(([name, kind]) => [name, EXAMPLE[kind]]));
  const { none, some, count } = measure.wording.en;
  const sets = [...(count ? [atLeast(3)] : []), ...(some ? [SOME] : []), ...(none ? [NONE] : [])];
  const constraints = sets.map((set) => ({ must: { measure: measure.name, ...(measure.args && { arg }), in: set } }));
  for (const constraint of constraints) expect(parse(render(constraint, "zh"), "zh")).not.toBeNull();
  const words = (language: "en" | "zh"): string =>
    constraints.map((constraint) => cell(render(constraint, language))).join("<br>");
  const args = Object.entries(measure.args).map(([name, kind]) => `${name}: ${kind}`);
  return `| \`${measure.name}\` | ${args.join(", ")} | ${words("en")} | ${words("zh")} |`;
}

it("docs/measures.md lists every measure with its wording", async () => {
  const text = `# Measures

What a constraint can count in a text, and how it is worded. A set of intervals over the count makes an atom:
\`{"measure": "words", "in": [[0, 150]]}\`; atoms combine by \`all\`, \`any\`, \`every\` and \`some\` (over paragraphs, lines, sentences,
list items, headings, bold passages, words), apply to one part by \`of: {segment, at}\`, and bind under a trigger \`when\`. What exactly is
counted stands beside each measure in \`src/constraint/measures/\`, and in \`src/constraint/text-view.ts\` for words, sentences and the like.

\`detected-language\` and \`follows\` need more than the text, and get it passed in (\`viewOf(text, means)\`): a language detector whose tables are
fetched, the program of a benchmark. Without it they throw, and say how to get it. Of IFEval's instructions most are measures that were
here anyway; \`starts-by-repeating\`, \`phrases-among\`, \`divided-paragraphs\`, \`markdown-bullets\` and these two are only read from the words below.

This page is written from the code.

| measure | arguments | English | Chinese |
|---|---|---|---|
${MEASURES.map(row).join("\n")}
`;
  await expect(text).toMatchFileSnapshot("../../docs/measures.md");
});

// What came of the training, as a section of the page: the comparison with and without the adapter, what its numbers mean,
// the course of the training, and responses before and after.

import { type Comparison, MEASURES, SCOPES } from "../eval/comparison.ts";
import {
  comparisonSentence,
  differenceText,
  type EstimateText,
  MEASURE_NAME,
  shareText,
} from "../eval/comparison-text.ts";
import { counted } from "../preference/counted.ts";
import { comparisonSvg } from "./comparison-chart.ts";
import { html, type Markup, trusted } from "./markup.ts";
import { percent } from "./number-text.ts";
import type { EvaluationView, ExampleResponse, ExampleView } from "./page-data.ts";
import { trainingSvg } from "./training-chart.ts";
import { turnWithin } from "./turn-name.ts";
import { verdictSign } from "./verdict-sign.ts";

/** The section, with its own heading; the same view gives the same text. */
export async function evaluationSection(view: EvaluationView): Promise<Markup> {
  const { comparison, training, examples, leftOut } = view;
  const { counts } = comparison;
  const chart = trusted(await trainingSvg(training.records));
  return html`<section id="result">
<h2>Before and after</h2>
<p class="prose finding">${comparisonSentence(comparison)}</p>
<p class="prose">Each model gave ${counted(counts.responses, "response")} to ${counted(counts.turns, "turn")}: ${counted(
    counts.questions,
    "question",
  )} to ${counted(counts.profiles, "profile")}, each once with the constraints as written and once with every constraint that has a reverse stated <strong>reversed</strong>; the same questions and the same seeds for both models.${
    leftOut.length === 0
      ? null
      : html` ${counted(leftOut.length, "question")} could not be asked in both forms (${leftOut[0]?.reason ?? ""}).`
  }</p>
<div class="result">
${table(comparison)}<figure>${comparisonSvg(comparison)}</figure>
</div>
<p class="prose">What the numbers mean: over both forms, <strong>a model that does not heed its constraints satisfies about 50%</strong>, however well it does on either, because what it happens to satisfy by the one form it fails by the other. What lies above 50% is heed. The brackets hold 95% intervals: questions are drawn anew, with their responses in both forms and by both models, 10,000 times. They speak of other questions to these profiles, and are a little too narrow where questions are few. A difference is called one where its interval leaves out 0; that none is shown does not mean that there is none.</p>
<h3>The training</h3>
<div class="course">
<figure>${chart}</figure>
<dl class="settings">
${settings(training.summary)}</dl>
</div>
<h3>The same turn, without and with the adapter</h3>
<p class="prose">${examples.length === 0 ? "There is none to show." : "Chosen by rule, not by looks: the largest gain and the largest loss in satisfied constraints, where there is one, and for the rest a lot that the run's seed decides."}</p>
${examples.map((example, index) => exampleCard(example, index + 1))}</section>
`;
}

function table({ base, tuned, difference }: Comparison): Markup {
  return html`<table class="comparison">
<caption class="heard">Satisfaction without and with the adapter, with 95% intervals</caption>
<thead><tr><th scope="col"></th><th scope="col">base</th><th scope="col">RPO adapter</th><th scope="col">difference, points</th></tr></thead>
${MEASURES.map(
  (measure) => html`<tbody>
<tr><th scope="rowgroup" colspan="4">${MEASURE_NAME[measure]}</th></tr>
${SCOPES.map(
  (scope) =>
    html`<tr><th scope="row">${scope}</th>${estimate(shareText(base[scope][measure]))}${estimate(
      shareText(tuned[scope][measure]),
    )}${estimate(differenceText(difference[scope][measure]))}</tr>
`,
)}</tbody>
`,
)}</table>
`;
}

const estimate = ([value, interval]: EstimateText): Markup => html`<td>${value} <small>${interval}</small></td>`;

/** Settings of a training that a reader asks for first, and what it came to on the validation pairs. */
const SETTINGS: readonly (readonly [string, string])[] = [
  ["method", "method"],
  ["beta", "β"],
  ["gamma", "γ, outside β"],
  ["rank", "rank"],
  ["alpha", "alpha"],
  ["learningRate", "learning rate"],
  ["batch", "pairs per step"],
];

function settings({ settings: given, steps, seconds, validation }: EvaluationView["training"]["summary"]): Markup[] {
  const rows: [string, string][] = SETTINGS.flatMap(([name, label]): [string, string][] => {
    const value = given[name];
    return typeof value === "string" || typeof value === "number" ? [[label, String(value)]] : [];
  });
  rows.push(["steps", String(steps)], ["seconds", String(Math.round(seconds))]);
  if (validation !== null && validation.before.rewardAccuracy !== null && validation.after.rewardAccuracy !== null)
    rows.push(
      ["validation loss", `${validation.before.loss.toFixed(3)} → ${validation.after.loss.toFixed(3)}`],
      [
        "validation pairs in order",
        `${percent(validation.before.rewardAccuracy)} → ${percent(validation.after.rewardAccuracy)}`,
      ],
    );
  return rows.map(
    ([name, value]) => html`<div><dt>${name}</dt><dd>${value}</dd></div>
`,
  );
}

function exampleCard(example: ExampleView, number: number): Markup {
  const { constraints, base, tuned, language, change } = example;
  const what = change === 0 ? "as many satisfied" : `${change > 0 ? "+" : "−"}${Math.abs(change)} satisfied`;
  const asked = example.form === "original" ? "constraints as written" : "constraints reversed";
  return html`<article class="card contrast" aria-labelledby="example-${number}">
<h3 id="example-${number}"><span class="margin ${change < 0 ? "loss" : ""}">${what}</span> ${example.profile} <small>${turnWithin(
    example.profile,
    example.turn,
  )}, response ${example.sample + 1}, ${asked}; ${example.reason}</small></h3>
<p class="query" lang="${language}" dir="auto">${example.query}</p>
<table class="heeded">
<thead><tr><th scope="col">must …</th><th scope="col">base</th><th scope="col">RPO</th></tr></thead>
<tbody>
${constraints.map(
  ({ id, text }, index) =>
    html`<tr><th scope="row" lang="${language}" dir="auto"><span class="id">${id}</span> ${text}</th><td>${verdictSign(
      base.verdicts[index] ?? null,
    )}</td><td>${verdictSign(tuned.verdicts[index] ?? null)}</td></tr>
`,
)}</tbody>
</table>
<div class="answers">
${answer("Base", base, language)}${answer("RPO adapter", tuned, language)}</div>
</article>
`;
}

function answer(name: string, { text, verdicts }: ExampleResponse, language: ExampleView["language"]): Markup {
  const judged = verdicts.filter((verdict) => verdict !== null);
  return html`<section><h4>${name} <small>${judged.filter(Boolean).length} of ${judged.length} satisfied</small></h4><div class="text" lang="${language}" dir="auto">${
    text.trim() === "" ? "(empty)" : text
  }</div></section>
`;
}

// The page of results: our runs beside published ones, with the picture, and every number of ours a link to the items behind it
// (scored-items-page.ts). What runs are called, and what they hold, is others' text, and is escaped.
import { AVERAGE } from "../eval/headline.ts";
import { PUBLISHED_METHODS, PUBLISHED_SOURCE } from "../eval/published-results.ts";
import { settingText } from "../eval/scored-run.ts";
import { counted } from "../preference/counted.ts";
import { benchmarkSvg } from "./benchmark-chart.ts";
import { type BenchmarkResults, type MeasuredRun, publishedRows } from "./benchmark-results.ts";
import { html, type Markup } from "./markup.ts";
import { percent } from "./number-text.ts";
import { pageHead } from "./page-head.ts";
import { measurePlace } from "./scored-items-page.ts";

/** @param pageOf the address of the items' page of a run, beside this one */
export function benchmarkReport(results: readonly BenchmarkResults[], pageOf: (run: MeasuredRun) => string): string {
  return html`${pageHead("Evaluation", STYLE)}<body>
<header class="top">
<p class="eyebrow">Evaluation</p>
<h1>Results</h1>
<p class="lede">Every number of ours leads to the items behind it. Intervals are 95%, by bootstrap with whole clusters resampled.</p>
</header>
<section id="picture"><figure class="picture">${benchmarkSvg(results)}</figure></section>
${results.map((result) => section(result, pageOf))}<footer><p>Published figures: <a href="${PUBLISHED_SOURCE.url}">${PUBLISHED_SOURCE.text}</a>. They are per cent, and of that paper’s judge: scores by another judge, or of another version of a model, are not the same measurement. Figures of ours in mode <i>parity</i> are computed as the official programs do, quirks included; in <i>fixed</i> their known faults are repaired.</p></footer>
</body>
</html>
`.text;
}

function section(result: BenchmarkResults, pageOf: (run: MeasuredRun) => string): Markup {
  const { title, main, headline, runs } = result;
  const published = publishedRows(result);
  const columns = [main.measure, ...headline.filter((name) => name !== main.measure)];
  const numbers = (measured: MeasuredRun, names: readonly string[]): Markup[] =>
    names.map((name) => html`<td>${number(measured, name, pageOf)}</td>`);
  return html`<section>
<h2>${title}</h2>
${
  published.length === 0
    ? null
    : html`<h3>Published: ${main.name}</h3>
<table class="results"><thead><tr><th>model</th>${PUBLISHED_METHODS.map((method) => html`<th>${method}</th>`)}</tr></thead><tbody>
${published.map(
  ({ model, values }) =>
    html`<tr><th scope="row">${model}</th>${values.map((value) => html`<td>${value === null ? "" : (100 * value).toFixed(2)}</td>`)}</tr>
`,
)}</tbody></table>
`
}<h3>Ours</h3>
<div class="wide"><table class="results"><thead><tr><th>run</th><th>mode</th>${columns.map((name) => html`<th>${name === AVERAGE ? main.name : name}</th>`)}</tr></thead><tbody>
${runs.map(
  (measured) =>
    html`<tr><th scope="row"><a href="${pageOf(measured)}">${measured.run.run}</a> <small>${[counted(measured.run.items.length, "item"), settingText(measured.run)].filter((text) => text !== "").join("; ")}</small></th><td>${measured.run.mode}</td>${numbers(measured, columns)}</tr>
`,
)}</tbody></table></div>
${splits(runs, columns, pageOf)}</section>
`;
}

/** Measures beside the headline, one row each, one column a run. */
function splits(
  runs: readonly MeasuredRun[],
  columns: readonly string[],
  pageOf: (run: MeasuredRun) => string,
): Markup | null {
  const names = [...new Set(runs.flatMap(({ measures }) => Object.keys(measures)))].filter(
    (name) => !columns.includes(name),
  );
  if (names.length === 0) return null;
  return html`<details><summary>${counted(names.length, "further measure")}</summary>
<div class="wide"><table class="results"><thead><tr><th>measure</th>${runs.map(({ run }) => html`<th>${run.run}, ${run.mode}</th>`)}</tr></thead><tbody>
${names.map(
  (name) =>
    html`<tr><th scope="row">${name}</th>${runs.map((measured) => html`<td>${number(measured, name, pageOf)}</td>`)}</tr>
`,
)}</tbody></table></div></details>
`;
}

function number(measured: MeasuredRun, name: string, pageOf: (run: MeasuredRun) => string): Markup | null {
  const found = measured.measures[name];
  if (found === undefined) return null;
  const { value, low, high } = found;
  if (Number.isNaN(value)) return html`–`;
  return html`<a href="${pageOf(measured)}#${measurePlace(measured.measures, name)}">${percent(value)}</a> <small>[${(100 * low).toFixed(1)}, ${(100 * high).toFixed(1)}]</small>`;
}

const STYLE = `
.picture{max-width:40rem}
.picture svg{display:block;width:100%;height:auto}
.results{border-collapse:collapse;margin-top:.75rem;font-size:.92rem;font-variant-numeric:tabular-nums}
.results th,.results td{padding:.35rem 1.25rem .35rem 0;border-top:1px solid var(--line);text-align:left;font-weight:400;white-space:nowrap}
.results thead th{border-top:0;color:var(--soft);font-size:.82rem}
.wide{overflow-x:auto}
h3{margin-top:1.75rem}
details{margin-top:1.25rem}
`;

// The items behind the numbers of a run, as a page: every number of the report leads here, to those items that it is made of. Without
// a script: an address such as items-1.html#m3 names the measure, and the style sheet leaves its items.
import { AVERAGE, headlineOf } from "../eval/headline.ts";
import type { Measures } from "../eval/measures.ts";
import { type ScoredItem, settingText } from "../eval/scored-run.ts";
import { counted } from "../preference/counted.ts";
import { itemsBehind, type MeasuredRun } from "./benchmark-results.ts";
import { html, type Markup } from "./markup.ts";
import { percent } from "./number-text.ts";
import { pageHead } from "./page-head.ts";

/** The place on a run's page that lists the items behind a measure. */
export const measurePlace = (measures: Measures, name: string): string => `m${Object.keys(measures).indexOf(name)}`;

/** A run's page as a whole HTML document. */
export function scoredItemsPage({ run, measures }: MeasuredRun): string {
  const names = Object.keys(measures);
  const placesOf = new Map<ScoredItem, string[]>();
  for (const name of names)
    for (const item of itemsBehind(run, name)) {
      const places = placesOf.get(item) ?? [];
      placesOf.set(item, places);
      places.push(measurePlace(measures, name));
    }
  const { title, measures: headline, average } = headlineOf(run.benchmark, names);
  const columns = headline.slice(0, MOST_COLUMNS);
  const called = (name: string): string => (name === AVERAGE ? (average ?? name) : name);
  return html`${pageHead(`${run.run}: items`, `${STYLE}${names.map((_, index) => filterRule(`m${index}`)).join("")}`)}<body>
${names.map((_, index) => html`<a class="place" id="m${index}"></a>`)}
<header class="top">
<p class="eyebrow">${[title, `mode ${run.mode}`, settingText(run)].filter((text) => text !== "").join(", ")}</p>
<h1>${run.run}</h1>
<p class="lede"><a href="index.html">Back to the results</a> · <a href="#">all ${counted(run.items.length, "item")}</a></p>
</header>
${names.map((name) => {
  const { value, of } = measures[name]!;
  return html`<p class="which ${measurePlace(measures, name)}">The ${counted(itemsBehind(run, name).length, "item")} behind <b>${called(name)}</b>: ${percent(value)} of ${counted(of, "part")}.</p>
`;
})}<nav aria-label="Measures">${names.map((name) => html`<a href="#${measurePlace(measures, name)}">${called(name)}</a> `)}</nav>
<table class="items">
<thead><tr><th>item</th>${columns.map((name) => html`<th>${name}</th>`)}</tr></thead>
<tbody>
${run.items.map((item) => itemRow(item, columns, placesOf.get(item) ?? []))}</tbody>
</table>
</body>
</html>
`.text;
}

/** Multi-IF has twelve headline measures; all of an item's outcomes stand below it. */
const MOST_COLUMNS = 4;

function itemRow({ id, outcomes, shown }: ScoredItem, columns: readonly string[], places: readonly string[]): Markup {
  const outcome = (name: string): string => {
    const given = outcomes[name];
    return given === undefined
      ? ""
      : given[1] === 1
        ? given[0] === 1
          ? "✓"
          : given[0] === 0
            ? "✗"
            : String(given[0])
        : `${given[0]}/${given[1]}`;
  };
  const all = Object.entries(outcomes).map(([name, [numerator, denominator]]) => `${name} ${numerator}/${denominator}`);
  const verdicts = (shown?.verdicts ?? []).map(
    ({ id: verdictId, text, verdict }) =>
      html`<li><b>${verdict}</b> <span class="id">${verdictId}</span>${text === undefined ? null : html` ${text}`}</li>`,
  );
  const response = shown?.response;
  return html`<tr class="${places.join(" ")}"><th scope="row"><details><summary><span class="id">${id}</span> ${shown?.prompt ?? null}</summary>
${response === undefined ? null : response === null ? html`<p class="soft">no response</p>` : html`<div class="text card">${response}</div>`}${verdicts.length === 0 ? null : html`<ul>${verdicts}</ul>`}<small>${all.join(" · ")}</small></details></th>${columns.map((name) => html`<td>${outcome(name)}</td>`)}</tr>
`;
}

/** With `m3` in the address: only rows that count in it, and the sentence that says so. */
const filterRule = (place: string): string =>
  `#${place}:target~.items tbody tr:not(.${place}){display:none}#${place}:target~.which.${place}{display:block}`;

const STYLE = `
.place{position:absolute;top:0}
.which{display:none;margin-top:1.5rem}
nav{max-height:9rem;overflow:auto}
.items{width:100%;border-collapse:collapse;margin-top:1.5rem;font-size:.92rem}
.items th,.items td{padding:.3rem .5rem .3rem 0;border-top:1px solid var(--line);text-align:left;vertical-align:top;font-weight:400}
.items td,.items thead th+th{width:4.5rem;text-align:right;font-variant-numeric:tabular-nums}
.items summary{white-space:nowrap;overflow:hidden;text-overflow:ellipsis;max-width:min(46rem,60vw)}
.items details[open] summary{white-space:pre-wrap}
.items .card{padding:.7rem .9rem;margin:.5rem 0}
.items ul{margin:.4rem 0}
.soft{color:var(--soft)}
`;

// The verdict matrix of a turn: its responses against its constraints, the value from which all training sets are made.

import { html, type Markup } from "./markup.ts";
import type { MatrixView } from "./page-data.ts";
import { turnWithin } from "./turn-name.ts";
import { verdictName, verdictSign } from "./verdict-sign.ts";

/** UTF-16 units of a response that are shown on one line before it is opened; longer than any line of the page. */
const PREVIEW = 160;

// The roles are those that the elements have anyway; browsers forget them where the style lays a table out as blocks.
/** A matrix as a table, followed by its constraints with their reverses. `number` makes the ids of the page unique. */
export function matrixSection(matrix: MatrixView, number: number): Markup {
  const { constraints, language, responses } = matrix;
  const idOf = (index: number): string => `matrix-${number}-constraint-${index + 1}`;
  const heads = constraints.map(
    ({ id, text }, index) =>
      html`<th role="columnheader" scope="col"><a href="#${idOf(index)}" title="${id}: ${text}">${id}</a></th>`,
  );
  const rows = responses.map(({ id, text, verdicts }) => {
    const cells = constraints.map((constraint, index) => {
      const verdict = verdicts[index] ?? null;
      const title = `${constraint.id}: ${constraint.text} (${verdictName(verdict)})`;
      return html`<td role="cell" class="verdict" title="${title}">${verdictSign(verdict)}</td>`;
    });
    const passed = verdicts.filter((verdict) => verdict === true).length;
    const asked = verdicts.filter((verdict) => verdict !== null).length;
    return html`<tr role="row"><th role="rowheader" scope="row"><details><summary><span class="id">${id}</span> <span class="preview" lang="${language}" dir="auto">${preview(text)}</span></summary><div class="text" lang="${language}" dir="auto">${text}</div></details></th>${cells}<td role="cell" class="score">${passed}/${asked}</td></tr>
`;
  });
  return html`<article class="card turn" aria-labelledby="matrix-${number}">
<h3 id="matrix-${number}">${matrix.profile} <small>${turnWithin(matrix.profile, matrix.turn)}</small></h3>
<p class="query" lang="${language}" dir="auto">${matrix.query}</p>
<table role="table" class="matrix" aria-label="Verdicts on the responses of ${matrix.turn}">
<thead role="rowgroup"><tr role="row"><th role="columnheader" scope="col">Response</th>${heads}<th role="columnheader" scope="col" class="score" title="satisfied, of those that the query triggers">met</th></tr></thead>
<tbody role="rowgroup">
${rows}</tbody>
</table>
<div class="meanings"><h4>Constraints and their reverses</h4>
<dl>
${constraints.map(
  (
    { id, text, reversed },
    index,
  ) => html`<div id="${idOf(index)}"><dt>${id}</dt><dd><span lang="${language}" dir="auto">${text}</span>${
    reversed === null
      ? html`<span class="reverse none">No exact reverse is known.</span>`
      : html`<span class="reverse"><span class="turned" aria-hidden="true">⇄</span><span class="heard">Reversed: </span><span lang="${language}" dir="auto">${reversed}</span></span>`
  }</dd></div>
`,
)}</dl></div>
</article>
`;
}

/** The start of a response, cut between characters; empty ones are said to be. */
function preview(text: string): string {
  const line = text.trim().replace(/\s+/g, " ");
  if (line === "") return "(empty)";
  return line.length <= PREVIEW
    ? line
    : `${line
        .slice(0, PREVIEW)
        .toWellFormed()
        .replace(/\ufffd$/, "")}…`;
}

// RPO on one small turn, for readers who meet it first: two responses that tie become two clean pairs. The figures are
// those of the code (worked-example.test.ts checks them), and the drawing docs/rpo.svg tells the same.
import { changeMarkup } from "./change-markup.ts";
import { html, type Markup } from "./markup.ts";
import { reversalDiff } from "./reversal-diff.ts";
import { verdictSign } from "./verdict-sign.ts";

/** "The response must …": the constraints, each with its reverse and with the verdicts on A and B. */
export const EXAMPLE = {
  query: "How is the weather in Bergen?",
  responses: { A: "Bergen is wet on most days of the year.", B: "Wet, mostly. Safe travels." },
  constraints: [
    { id: "c1", must: "contain at most 20 words", reversed: "contain at least 21 words", A: true, B: true },
    { id: "c2", must: "contain “umbrella”", reversed: "not contain “umbrella”", A: false, B: false },
    { id: "c3", must: "contain no commas", reversed: "contain at least 1 comma", A: true, B: false },
    { id: "c4", must: "end with “Safe travels.”", reversed: "not end with “Safe travels.”", A: false, B: true },
  ],
} as const;

type Name = "A" | "B";

/** One of the three readings of the turn: as written, or with what one response fails reversed. */
function reading(reversedFor: Name | null, title: string, outcome: Markup): Markup {
  const rows = EXAMPLE.constraints.map((constraint) => {
    const reversed = reversedFor !== null && !constraint[reversedFor];
    const text = reversed
      ? changeMarkup(reversalDiff(constraint.must, constraint.reversed, "en"))
      : html`${constraint.must}`;
    return html`<tr><th scope="row">${text}</th>${(["A", "B"] as const).map(
      (name) => html`<td>${verdictSign(reversed ? !constraint[name] : constraint[name])}</td>`,
    )}</tr>
`;
  });
  return html`<div class="card reading"><table>
<caption>${title}</caption>
<thead><tr><th scope="col">must …</th><th scope="col">A</th><th scope="col">B</th></tr></thead>
<tbody>
${rows}</tbody>
</table>
<p>${outcome}</p></div>
`;
}

/** The example as three small tables side by side. */
export function workedExample(): Markup {
  const { query, responses } = EXAMPLE;
  return html`<figure class="example">
<figcaption>For instance, two responses to “${query}”:
<b>A</b> “${responses.A}” and <b>B</b> “${responses.B}”</figcaption>
<div class="readings">
${reading(null, "As written", html`2 of 4 each: <strong>a tie</strong>, thrown away`)}${reading(
  "A",
  "With what A fails reversed",
  html`A is perfect: <strong class="good">A ≻ B, g = 2</strong>`,
)}${reading("B", "With what B fails reversed", html`B is perfect: <strong class="good">B ≻ A, g = 2</strong>`)}</div>
</figure>`;
}

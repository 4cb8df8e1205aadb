// One RPO pair: the rewritten prompt with what was reversed in it, and the two responses under it.
import { changeMarkup } from "./change-markup.ts";
import { html, type Markup } from "./markup.ts";
import type { PairView } from "./page-data.ts";
import { type HighlightedMessage, highlightPrompt, type Reversal } from "./prompt-highlight.ts";
import { reversalDiff } from "./reversal-diff.ts";
import { turnWithin } from "./turn-name.ts";

/** A pair as a card. `number` makes its ids in the page unique. */
export function pairSection({ row, language, reversed }: PairView, number: number): Markup {
  const { provenance: from, margin } = row;
  const { messages, missing } = highlightPrompt(row.prompt, reversed);
  const changed = (reversal: Reversal): Markup =>
    html`<span class="reversal" title="${reversal.id}, reversed"><span class="id">${reversal.id}</span>${changeMarkup(
      reversalDiff(reversal.from, reversal.to, language),
    )}</span>`;
  const message = ({ role, parts }: HighlightedMessage): Markup =>
    html`<div class="message ${role}"><span class="role">${role}</span><div class="text" lang="${language}" dir="auto">${parts.map(
      (part) => (typeof part === "string" ? html`${part}` : changed(part)),
    )}</div></div>
`;
  // Between the system message and the query lies the history, which reversal leaves as it is.
  const first = messages.findIndex(({ role }) => role !== "system");
  const history = messages.slice(Math.max(first, 0), -1);
  const before = messages.slice(0, messages.length - 1 - history.length);
  return html`<article class="card pair" aria-labelledby="pair-${number}">
<h3 id="pair-${number}"><span class="margin">g = ${margin}</span> ${from.profile} <small>${turnWithin(from.profile, from.turn)}</small></h3>
<div class="prompt">
${before.map(message)}${
  history.length === 0
    ? null
    : html`<details class="history"><summary>${history.length} earlier messages</summary>${history.map(message)}</details>
`
}${messages.slice(-1).map(message)}${
  missing.length === 0
    ? null
    : html`<div class="message"><span class="role">reversed too</span><div class="text" lang="${language}" dir="auto">${missing.map(
        (reversal) => html`<p>${changed(reversal)}</p>`,
      )}</div></div>
`
}</div>
<div class="answers">
<section class="chosen"><h4><span class="sign pass" aria-hidden="true">✓</span> Chosen <small>satisfies all of this prompt</small></h4><div class="text" lang="${language}" dir="auto">${row.chosen}</div></section>
<section class="rejected"><h4><span class="sign fail" aria-hidden="true">✗</span> Rejected <small>fails ${listed(from.differ)}</small></h4><div class="text" lang="${language}" dir="auto">${row.rejected}</div></section>
</div>
<dl class="provenance">
${fact("chosen", from.chosen && standing(from.chosen))}${fact("rejected", from.rejected && standing(from.rejected))}${fact(
  "reversed",
  listed(from.reversed),
)}${fact("differ on", listed(from.differ))}${fact("verdicts by", from.verdictSource)}</dl>
</article>
`;
}

const fact = (name: string, value: string | undefined): Markup | null =>
  value === undefined
    ? null
    : html`<div><dt>${name}</dt><dd>${value}</dd></div>
`;

const listed = (ids: readonly string[]): string => (ids.length === 0 ? "none" : ids.join(", "));

/** "r2", or "r2 (as r5, r6)" where it stands for others of the same verdicts. */
function standing({ response, merged }: { response: string; merged: readonly string[] }): string {
  const others = merged.filter((id) => id !== response);
  return others.length === 0 ? response : `${response} (as ${others.join(", ")})`;
}

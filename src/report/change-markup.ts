// The changes of a reversal as the page shows them: removed words struck through, inserted ones marked.
import { html, type Markup } from "./markup.ts";
import type { Change } from "./reversal-diff.ts";

const EDGES = /^(\s*)(.*?)(\s*)$/s;

/** `del` and `ins` around the words that changed; white space at their edges stays outside. */
export function changeMarkup(changes: readonly Change[]): Markup {
  return html`${changes.map(({ kind, text }) => {
    if (kind === "kept") return html`${text}`;
    const [, before = "", words = "", after = ""] = EDGES.exec(text) ?? [];
    if (words === "") return kind === "inserted" ? html`${text}` : html``;
    return kind === "removed" ? html`${before}<del>${words}</del>${after}` : html`${before}<ins>${words}</ins>${after}`;
  })}`;
}

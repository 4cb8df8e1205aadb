// A verdict as a mark: by sign as well as by colour, and in words for those who hear the page.
import { html, type Markup } from "./markup.ts";

const SIGNS = {
  pass: { sign: "✓", word: "pass" },
  fail: { sign: "✗", word: "fail" },
  na: { sign: "·", word: "not triggered" },
} as const;

/** What a verdict is called; null is `na`. */
export const verdictName = (verdict: boolean | null): keyof typeof SIGNS =>
  verdict === null ? "na" : verdict ? "pass" : "fail";

/** The mark of a verdict. */
export function verdictSign(verdict: boolean | null): Markup {
  const name = verdictName(verdict);
  const { sign, word } = SIGNS[name];
  return html`<span class="sign ${name}"><span aria-hidden="true">${sign}</span><span class="heard">${word}</span></span>`;
}

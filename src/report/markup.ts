// HTML made from text that nobody vouches for: responses of a model, constraints, names, paths. Whatever a template is
// given is escaped, in attributes as in text, unless it is markup made by a template itself.

/** Markup that may stand in a page as it is. Made by `html` and `trusted` only. */
export class Markup {
  readonly text: string;
  constructor(text: string) {
    this.text = text;
  }
}

type Part = string | number | Markup | null | readonly Part[];

const ENTITIES: Readonly<Record<string, string>> = {
  "&": "&amp;",
  "<": "&lt;",
  ">": "&gt;",
  '"': "&quot;",
  "'": "&#39;",
  "`": "&#96;",
};

/** Embeddings, overrides and isolates could show text in an order that it does not have; controls do not show at all. */
const UNSEEN = /[\u0000-\u0008\u000b-\u001f\u007f-\u009f\u202a-\u202e\u2066-\u2069]/g;

/**
 * Text as it may stand between tags and in quoted attributes. Control characters and those that turn the direction of
 * writing are shown by their code, as [U+202E]; a lone surrogate becomes U+FFFD; lines end in LF.
 */
export function escapeText(text: string): string {
  return text
    .toWellFormed()
    .replace(/\r\n?/g, "\n")
    .replace(UNSEEN, (mark) => `[U+${mark.charCodeAt(0).toString(16).toUpperCase().padStart(4, "0")}]`)
    .replace(/[&<>"'`]/g, (mark) => ENTITIES[mark] ?? mark);
}

const written = (part: Part): string =>
  part === null
    ? ""
    : part instanceof Markup
      ? part.text
      : typeof part === "object"
        ? part.map(written).join("")
        : escapeText(String(part));

/** A piece of HTML. Values are escaped, markup and lists of markup are put in as they are, null leaves nothing. */
export function html(strings: TemplateStringsArray, ...values: readonly Part[]): Markup {
  return new Markup(strings.map((string, index) => string + written(values[index] ?? null)).join(""));
}

/** Markup from text that this package wrote itself, such as a style sheet or a chart. Never for data. */
export const trusted = (text: string): Markup => new Markup(text);

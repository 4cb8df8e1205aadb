// Texts that others wrote (models, data) as a terminal may show them: on one line, without what would move the cursor, change colours or
// turn the direction of writing, and no longer than there is room for.

/** Controls, and marks that turn the direction of writing. */
const UNSEEN = /[\u0000-\u001f\u007f-\u009f\u200e\u200f\u202a-\u202e\u2066-\u2069]/g;
/** What takes two columns: Han, kana, hangul and their punctuation, emoji; of what is drawn as one sign, one of them is enough. */
const WIDE =
  /[\u1100-\u115f\u2e80-\ua4cf\uac00-\ud7a3\uf900-\ufaff\ufe30-\ufe6f\uff00-\uff60]|\ufe0f|\p{Emoji_Presentation}/u;
const NOT_ASCII = /[^\x20-\x7e]/;
/** What terminals draw as one sign: a letter with its accents, a family of emoji. */
const signs = new Intl.Segmenter("und", { granularity: "grapheme" });
/** Spaces between the columns of a table. */
const GAP = "  ";

/** The text on one line, with white space drawn together and everything unseen as "·". */
export const terminalText = (text: string): string =>
  text.toWellFormed().replace(/\s+/g, " ").replace(UNSEEN, "·").trim();

/** What JSON leaves as it is and a terminal may obey: controls of eight bits, and marks that turn the direction of writing. */
const OBEYED_IN_JSON = /[\u007f-\u009f\u200e\u200f\u202a-\u202e\u2066-\u2069]/g;

/** JSON that reads back the same, and that a terminal may be shown. @param json as JSON.stringify gives it */
export const terminalJson = (json: string): string =>
  json.replace(OBEYED_IN_JSON, (mark) => `\\u${mark.charCodeAt(0).toString(16).padStart(4, "0")}`);

/** Columns that a text takes. */
export function terminalWidth(text: string): number {
  if (!NOT_ASCII.test(text)) return text.length;
  let width = 0;
  for (const { segment } of signs.segment(text)) width += WIDE.test(segment) ? 2 : 1;
  return width;
}

/** The text cut to so many columns, its end shown as "…" where it was cut. */
export function cutTo(columns: number, text: string): string {
  if (terminalWidth(text) <= columns) return text;
  let kept = "";
  let width = 1;
  for (const { segment } of signs.segment(text)) {
    width += terminalWidth(segment);
    if (width > columns) break;
    kept += segment;
  }
  return `${kept}…`;
}

/**
 * Rows under one another, columns as wide as they need: those of `left` to the left, the others to the right. What cells hold may
 * come out of data: everything unseen in them becomes "·".
 */
export function textTable(given: readonly (readonly string[])[], left: readonly number[] = [0]): string[] {
  const rows = given.map((row) => row.map((cell) => cell.toWellFormed().replace(UNSEEN, "·")));
  const count = Math.max(0, ...rows.map(({ length }) => length));
  const widths = Array.from({ length: count }, (_, column) =>
    Math.max(...rows.map((row) => terminalWidth(row[column] ?? ""))),
  );
  return rows.map((row) =>
    row
      .map((cell, column) => {
        const space = " ".repeat(widths[column]! - terminalWidth(cell));
        return left.includes(column) ? cell + space : space + cell;
      })
      .join(GAP)
      .trimEnd(),
  );
}

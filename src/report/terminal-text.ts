// Texts that others wrote (models, data) as a terminal may show them: on one line, without what would move the cursor, change colours or
// turn the direction of writing, and no longer than there is room for.

/** Controls, and marks that turn the direction of writing. */
const UNSEEN = /[\u0000-\u001f\u007f-\u009f\u200e\u200f\u202a-\u202e\u2066-\u2069]/g;
/** What takes two columns: Han, kana, hangul and their punctuation, emoji. */
const WIDE = /[\u1100-\u115f\u2e80-\ua4cf\uac00-\ud7a3\uf900-\ufaff\ufe30-\ufe6f\uff00-\uff60\u{1f300}-\u{1faff}]/u;

/** The text on one line, with white space drawn together and everything unseen as "·". */
export const terminalText = (text: string): string =>
  text.toWellFormed().replace(/\s+/g, " ").replace(UNSEEN, "·").trim();

/** What JSON leaves as it is and a terminal may obey: controls of eight bits, and marks that turn the direction of writing. */
const OBEYED_IN_JSON = /[\u007f-\u009f\u200e\u200f\u202a-\u202e\u2066-\u2069]/g;

/** JSON that reads back the same, and that a terminal may be shown. @param json as JSON.stringify gives it */
export const terminalJson = (json: string): string =>
  json.replace(OBEYED_IN_JSON, (mark) => `\\u${mark.charCodeAt(0).toString(16).padStart(4, "0")}`);

/** Columns that a text takes. */
export const terminalWidth = (text: string): number =>
  [...text].reduce((sum, character) => sum + (WIDE.test(character) ? 2 : 1), 0);

/** The text cut to so many columns, its end shown as "…" where it was cut. */
export function cutTo(columns: number, text: string): string {
  if (terminalWidth(text) <= columns) return text;
  let kept = "";
  let width = 1;
  for (const character of text) {
    width += terminalWidth(character);
    if (width > columns) break;
    kept += character;
  }
  return `${kept}…`;
}

/** Rows under one another, columns as wide as they need: those of `left` to the left, the others to the right. */
export function textTable(rows: readonly (readonly string[])[], left: readonly number[] = [0]): string[] {
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
      .join("   ")
      .trimEnd(),
  );
}

// What is wrong with an input, in terms its owner can act on: file, line, field, reason. A command turns these into one
// line on stderr; `--skip-bad` turns the rows into a rejects file.

/** An input that cannot be read or used as a whole. */
export class InputError extends Error {
  constructor(message: string) {
    super(message);
    this.name = "InputError";
  }
}

/** A bad row, as it stands in a rejects file. */
export interface BadRow {
  readonly file: string;
  /** 1 for the first line of the file. */
  readonly line: number;
  /** Path of the field, such as `responses[0].verdicts`; "row" where the row as a whole is wrong. */
  readonly field: string;
  readonly reason: string;
  /** The line as it was read; bytes that are no UTF-8 as U+FFFD. */
  readonly raw: string;
}

/** A bad row that ends the work. */
export class RowError extends InputError {
  readonly row: BadRow;
  constructor(row: BadRow) {
    super(`${row.file}:${row.line}: ${row.field}: ${row.reason}`);
    this.name = "RowError";
    this.row = row;
  }
}

/** What becomes of a bad row: it is handed over, and the work goes on. */
export type OnBadRow = (row: BadRow) => void;

/** The default: the first bad row ends the work. @throws RowError always */
export const refuseBadRow: OnBadRow = (row) => {
  throw new RowError(row);
};

/** A path through parsed JSON the way JavaScript writes it: `responses[0].verdicts`; "row" for the whole. */
export function fieldPath(path: readonly PropertyKey[]): string {
  let text = "";
  for (const part of path) text += typeof part === "number" ? `[${part}]` : `${text === "" ? "" : "."}${String(part)}`;
  return text === "" ? "row" : text;
}

// Rows as Python's csv.reader reads them from the lines of a text (the dialect "excel", not strict): a quote opens a field only
// at its beginning, two within make one, and what follows a closing quote is taken as it is. Ignores other dialects.

/** What csv.Error says. */
export class CsvError extends Error {
  constructor(message: string) {
    super(message);
    this.name = "CsvError";
  }
}

/** csv.field_size_limit() */
const LONGEST_FIELD = 131_072;

type State = "record" | "field" | "plain" | "quoted" | "quote" | "ended";

/**
 * The rows; a blank line is a row without fields.
 * @throws CsvError for text after a carriage return outside quotes, or a field that is too long
 */
export function csvRows(text: string, delimiter: "," | "\t" = ","): string[][] {
  const rows: string[][] = [];
  let row: string[] = [];
  let field = "";
  let size = 0;
  let state = "record" as State; // which `take` changes

  const add = (character: string): void => {
    if (size >= LONGEST_FIELD) throw new CsvError("field larger than field limit");
    field += character;
    size += 1;
  };
  const save = (next: State): void => {
    row.push(field);
    field = "";
    size = 0;
    state = next;
  };
  const endRow = (): void => {
    rows.push(row);
    row = [];
    state = "record";
  };
  /** `null` is the end of a line, which comes after its line feed. */
  const take = (character: string | null): void => {
    const lineEnd = character === "\n" || character === "\r";
    if (state === "quoted") {
      if (character === '"') state = "quote";
      else if (character !== null) add(character);
    } else if (state === "ended") {
      if (character === null) endRow();
      else if (!lineEnd) throw new CsvError("new-line character seen in unquoted field");
    } else if (state === "record" && character === null) endRow();
    else if (state === "record" && lineEnd) state = "ended";
    else if (character === null) {
      save("record");
      endRow();
    } else if (lineEnd) save("ended");
    else if (character === delimiter) save("field");
    else if (character === '"' && state === "quote") {
      add(character);
      state = "quoted";
    } else if (character === '"' && (state === "record" || state === "field")) state = "quoted";
    else {
      add(character);
      state = "plain";
    }
  };

  for (const line of text.match(/[^\n]*\n|[^\n]+$/g) ?? []) {
    for (const character of line) take(character);
    take(null);
  }
  // The text ended within quotes.
  if (state === "quoted") {
    save("record");
    endRow();
  }
  return rows;
}

// Rows of a CSV file by the names in its header, as a stream: plain or gzip, with or without a byte order mark, LF or CRLF,
// quoted fields over several lines. Lines of other text before the header are passed over. Ignores what the fields mean.
import { Readable } from "node:stream";
import { CsvError, parse } from "csv-parse";
import { InputError, type OnBadRow } from "./input-error.ts";
import { inputBytes, inputName } from "./jsonl.ts";

/** Lines in which the header is looked for: corpora begin with a banner of a few lines. */
const HEADER_WITHIN = 20;
/** Longest row: a field that never ends is a quote that is not closed. */
const MAX_ROW_CHARACTERS = 1 << 20;

/** A row with the line on which it begins. */
export interface CsvRow<C extends string> {
  readonly line: number;
  readonly fields: Readonly<Record<C, string>>;
}

/**
 * The rows after the header that has all the given columns, in any order and among others.
 * @param onBad takes rows with another number of fields than the header, and ones that are no CSV
 * @throws InputError where the file cannot be read, has no such header, or ends within a quoted field
 */
export async function* csvRows<C extends string>(
  path: string,
  columns: readonly C[],
  onBad: OnBadRow,
): AsyncGenerator<CsvRow<C>> {
  const file = inputName(path);
  const refuse = (line: number, reason: string, raw: string): void => onBad({ file, line, field: "row", reason, raw });
  // Handed over in the loop: what is thrown inside the parser's callback would be lost.
  const skipped: { readonly line: number; readonly reason: string }[] = [];
  const handOver = (): void => {
    for (const { line, reason } of skipped.splice(0)) refuse(line, reason, "");
  };
  const parser = parse({
    bom: true,
    info: true,
    record_delimiter: ["\r\n", "\n"], // not the first one that it meets: a banner put before a file may have others
    relax_column_count: true,
    skip_empty_lines: true,
    skip_records_with_error: true,
    max_record_size: MAX_ROW_CHARACTERS,
    on_skip: (error) => {
      skipped.push({ line: Number(error?.lines ?? 0), reason: `no CSV: ${error?.message ?? "unreadable"}` });
      return undefined;
    },
  });
  Readable.from(inputBytes(path))
    .on("error", (error) => parser.destroy(error))
    .pipe(parser);
  let at: ReadonlyMap<C, number> | null = null;
  let width = 0;
  let end = 0; // the line on which the row before ended
  let countedTwice = 0; // csv-parse takes a CRLF inside a quoted field for two lines
  try {
    for await (const { record, info } of parser as AsyncIterable<{ record: string[]; info: { lines: number } }>) {
      handOver();
      countedTwice += countIn(record, /\r\n/g);
      end = info.lines - countedTwice;
      const line = end - countIn(record, /\r\n|\n|\r/g);
      if (at === null) {
        const names = record.map((name) => name.trim());
        if (columns.every((column) => names.includes(column))) {
          at = new Map(columns.map((column) => [column, names.indexOf(column)]));
          width = record.length;
        } else if (end >= HEADER_WITHIN) break;
        continue;
      }
      if (record.length !== width) {
        refuse(line, `${record.length} fields where the header has ${width}`, record.join(","));
        continue;
      }
      const found = at;
      const fields = Object.fromEntries(columns.map((column) => [column, record[found.get(column) ?? 0] ?? ""]));
      yield { line, fields: fields as Record<C, string> };
    }
  } catch (error) {
    if (error instanceof CsvError) throw new InputError(`${file}:${end + 1}: row: no CSV: ${error.message}`);
    throw error;
  }
  handOver();
  if (at === null)
    throw new InputError(`${file}: no header with ${columns.join(", ")} in its first ${HEADER_WITHIN} lines`);
}

const countIn = (record: readonly string[], pattern: RegExp): number =>
  record.reduce((count, field) => count + (field.match(pattern)?.length ?? 0), 0);

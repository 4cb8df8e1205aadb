// Rows from a file that may be JSON Lines or one JSON value: a list of rows, or a single one over several lines, as SysBank's records
// are published. JSON Lines go by one row at a time; a list is held as a whole. Ignores what the rows mean.
import { isUtf8 } from "node:buffer";
import { InputError, type OnBadRow } from "./input-error.ts";
import { inputBytes, inputName, jsonLines, type NumberedValue } from "./jsonl.ts";
import { wellFormed } from "./well-formed.ts";

/** A list, or an object whose first line is not all of it: what no first line of JSON Lines begins with. */
const ONE_VALUE = /^(?:\xef\xbb\xbf)?\s*(?:\[|\{\s*\n)/;
/** V8's strings end at 512 Mi characters, and what was parsed takes several times as much. SysBank's records have 59 MB. */
const MAX_BYTES = 256 << 20;

/**
 * The rows of a file ("-" for standard input), plain or gzip, lone surrogates replaced. Of a list, the line of a row is its number.
 * @throws InputError where the file cannot be read, or is a list that is no JSON
 */
export async function* readJsonRows(path: string, onBad: OnBadRow): AsyncGenerator<NumberedValue> {
  const file = inputName(path);
  const chunks = inputBytes(path);
  const { done, value: first } = await chunks.next();
  if (done) return;
  async function* whole(): AsyncGenerator<Buffer> {
    yield first;
    yield* chunks;
  }
  if (ONE_VALUE.test(first.toString("latin1"))) yield* rowsOf(await parsed(whole(), file));
  else yield* jsonLines(whole(), file, onBad);
}

async function parsed(chunks: AsyncIterable<Buffer>, file: string): Promise<unknown> {
  const read: Buffer[] = [];
  let size = 0;
  for await (const chunk of chunks) {
    size += chunk.length;
    if (size > MAX_BYTES)
      throw new InputError(
        `${file}: a JSON list of more than ${MAX_BYTES >> 20} MiB; write it as JSON Lines, a row a line`,
      );
    read.push(chunk);
  }
  const bytes = Buffer.concat(read);
  if (!isUtf8(bytes)) throw new InputError(`${file}: not valid UTF-8`);
  try {
    return JSON.parse(bytes.toString("utf8").replace(/^\uFEFF/, ""));
  } catch (error) {
    throw new InputError(`${file}: neither JSON Lines nor one JSON value: ${(error as Error).message}`);
  }
}

function* rowsOf(given: unknown): Generator<NumberedValue> {
  const rows = Array.isArray(given) ? given : [given];
  for (const [index, row] of rows.entries()) {
    const value = wellFormed(row);
    yield { line: index + 1, value, text: JSON.stringify(value), mended: value !== row };
  }
}

// JSON Lines over a stream of bytes: one value a line, in memory one line at a time. Takes a byte order mark at the start,
// CRLF, empty lines, a last line without an end, gzip (told by its first bytes) and standard input. Knows nothing of what
// the values mean.
import { isUtf8 } from "node:buffer";
import { createReadStream } from "node:fs";
import { pipeline, Readable } from "node:stream";
import { createGunzip } from "node:zlib";
import { InputError, type OnBadRow, refuseBadRow } from "./input-error.ts";
import { wellFormed } from "./well-formed.ts";

/** Bytes asked for at a time: fewer calls than the default of 64 KiB; more would only be memory. */
const CHUNK_BYTES = 1 << 18;

/** Longest line that is read. V8's strings end at 512 Mi characters, and a line beyond this is no row but a missing newline. */
const MAX_LINE_BYTES = 256 << 20;

const NEWLINE = 0x0a;
const CARRIAGE_RETURN = 0x0d;

/** A line with its number, 1 for the first, without its end. */
export interface NumberedLine {
  readonly line: number;
  readonly bytes: Buffer;
}

/** A parsed line. */
export interface NumberedValue {
  readonly line: number;
  readonly value: unknown;
  /** The line it was parsed from. */
  readonly text: string;
  /** Whether lone surrogates in it (from escapes such as "\ud83d") were replaced by U+FFFD. */
  readonly mended: boolean;
}

/** How a file is called in messages. */
export const inputName = (path: string): string => (path === "-" ? "(stdin)" : path);

/**
 * The lines of a stream of bytes that are not blank, in batches as they come in.
 * @param name what messages call the stream
 * @throws InputError for a line longer than 256 MiB
 */
export async function* lineBatches(source: AsyncIterable<Buffer>, name: string): AsyncGenerator<NumberedLine[]> {
  let line = 0;
  let begun: Buffer[] = [];
  let begunBytes = 0;
  const take = (end: Buffer): NumberedLine | undefined => {
    line += 1;
    const bytes = begun.length === 0 ? end : Buffer.concat([...begun, end]);
    begun = [];
    begunBytes = 0;
    return numberedLine(bytes, line);
  };
  for await (const chunk of source) {
    const batch: NumberedLine[] = [];
    let start = 0;
    for (let newline = chunk.indexOf(NEWLINE); newline !== -1; newline = chunk.indexOf(NEWLINE, start)) {
      const numbered = take(chunk.subarray(start, newline));
      if (numbered !== undefined) batch.push(numbered);
      start = newline + 1;
    }
    if (start < chunk.length) {
      begun.push(chunk.subarray(start));
      begunBytes += chunk.length - start;
      if (begunBytes > MAX_LINE_BYTES) {
        throw new InputError(
          `${name}:${line + 1}: row: longer than ${MAX_LINE_BYTES >> 20} MiB; is each row on a line?`,
        );
      }
    }
    if (batch.length > 0) yield batch;
  }
  const last = begun.length === 0 ? undefined : take(Buffer.alloc(0));
  if (last !== undefined) yield [last];
}

function numberedLine(read: Buffer, line: number): NumberedLine | undefined {
  let bytes = read;
  if (line === 1 && bytes[0] === 0xef && bytes[1] === 0xbb && bytes[2] === 0xbf) bytes = bytes.subarray(3);
  if (bytes[bytes.length - 1] === CARRIAGE_RETURN) bytes = bytes.subarray(0, -1);
  if (bytes.length === 0) return undefined;
  return (bytes[0] as number) <= 0x20 && bytes.toString("latin1").trim() === "" ? undefined : { line, bytes };
}

/**
 * The bytes of a file, of standard input ("-"), or of what either holds in gzip.
 * @throws InputError where it cannot be read
 */
export async function* inputBytes(path: string): AsyncGenerator<Buffer> {
  const source: AsyncIterable<Buffer> =
    path === "-" ? process.stdin : createReadStream(path, { highWaterMark: CHUNK_BYTES });
  try {
    yield* unzipped(source);
  } catch (error) {
    throw unreadable(error, inputName(path));
  }
}

async function* unzipped(source: AsyncIterable<Buffer>): AsyncGenerator<Buffer> {
  const chunks = source[Symbol.asyncIterator]();
  let start: Buffer = Buffer.alloc(0);
  while (start.length < 2) {
    const { done, value } = await chunks.next();
    if (done) break;
    start = start.length === 0 ? value : Buffer.concat([start, value]);
  }
  async function* whole(): AsyncGenerator<Buffer> {
    try {
      if (start.length > 0) yield start;
      for (let next = await chunks.next(); !next.done; next = await chunks.next()) yield next.value;
    } finally {
      await chunks.return?.();
    }
  }
  if (start[0] !== 0x1f || start[1] !== 0x8b) yield* whole();
  // What goes wrong on the way destroys the last stream with the error, which the loop over it throws.
  else yield* pipeline(Readable.from(whole()), createGunzip({ chunkSize: CHUNK_BYTES }), () => {});
}

function unreadable(error: unknown, name: string): unknown {
  const code = (error as NodeJS.ErrnoException).code ?? "";
  if (code === "ENOENT") return new InputError(`${name}: no such file`);
  if (code.startsWith("Z_")) return new InputError(`${name}: damaged gzip data (${(error as Error).message})`);
  if (code.startsWith("E") && !code.startsWith("ERR_")) return new InputError(`${name}: cannot be read (${code})`);
  return error;
}

/**
 * The values of a JSON Lines file ("-" for standard input), lone surrogates replaced.
 * @param onBad takes rows that are no UTF-8 or no JSON; without it the first one throws
 * @throws RowError (file, line, reason) for a bad row; InputError where the file cannot be read
 */
export async function* readJsonl(path: string, onBad: OnBadRow = refuseBadRow): AsyncGenerator<NumberedValue> {
  const file = inputName(path);
  yield* jsonLines(inputBytes(path), file, onBad);
}

/** The same of a stream of bytes. @param file what messages call it */
export async function* jsonLines(
  source: AsyncIterable<Buffer>,
  file: string,
  onBad: OnBadRow,
): AsyncGenerator<NumberedValue> {
  for await (const batch of lineBatches(source, file)) {
    for (const { line, bytes } of batch) {
      const text = bytes.toString("utf8");
      if (!isUtf8(bytes)) {
        onBad({ file, line, field: "row", reason: "not valid UTF-8", raw: text });
        continue;
      }
      let value: unknown;
      try {
        value = JSON.parse(text);
      } catch (error) {
        onBad({ file, line, field: "row", reason: `not JSON: ${(error as Error).message}`, raw: text });
        continue;
      }
      // UTF-8 cannot hold a lone surrogate: only an escape can have brought one.
      if (text.includes("\\ud") || text.includes("\\uD")) {
        const mended = wellFormed(value);
        yield { line, value: mended, text, mended: mended !== value };
      } else yield { line, value, text, mended: false };
    }
  }
}

/** A value as JSON on one line; lone surrogates become U+FFFD, so that it is UTF-8 clean. */
export function jsonText(value: unknown): string {
  const text = JSON.stringify(value);
  // JSON.stringify escapes lone surrogates, and of other characters only controls.
  return text.includes("\\ud") ? JSON.stringify(wellFormed(value)) : text;
}

/** `jsonText` with its newline: a line of JSON Lines. */
export const jsonLine = (value: unknown): string => `${jsonText(value)}\n`;

// The lines of an open file with the bytes at which they stand, so that a line can be read again alone. As dataset/jsonl.ts it
// takes a byte order mark, CRLF, blank lines and a last line without an end; but no gzip, in which nothing can be found again.
import type { Hash } from "node:crypto";
import type { FileHandle } from "node:fs/promises";
import { InputError } from "../dataset/input-error.ts";

/** Bytes read at a time; between two reads other work gets its turn. */
const CHUNK_BYTES = 1 << 18;

/** Longest line that is read, as in dataset/jsonl.ts: a line beyond it is no row but a missing newline. */
const MAX_LINE_BYTES = 256 << 20;

const NEWLINE = 0x0a;
const CARRIAGE_RETURN = 0x0d;
const BYTE_ORDER_MARK = Buffer.from([0xef, 0xbb, 0xbf]);
const GZIP = Buffer.from([0x1f, 0x8b]);

/** A line that is not blank. */
export interface LineSpan {
  /** 1 for the first. */
  readonly line: number;
  /** First byte in the file. */
  readonly offset: number;
  /** Without the line end. */
  readonly bytes: Buffer;
}

/**
 * The lines of a file from its start on, in batches as they are read.
 * @param hash gets every byte of the file
 * @param name what messages call the file
 * @throws InputError for gzip data and for a line longer than 256 MiB
 */
export async function* lineSpans(file: FileHandle, hash: Hash, name: string): AsyncGenerator<LineSpan[]> {
  let line = 0;
  let read = 0;
  let begun: Buffer[] = [];
  let begunBytes = 0;
  const take = (end: Buffer, after: number): LineSpan | null => {
    line += 1;
    const bytes = begun.length === 0 ? end : Buffer.concat([...begun, end]);
    begun = [];
    begunBytes = 0;
    return lineSpan(bytes, line, after - bytes.length);
  };
  for (;;) {
    const { bytesRead, buffer } = await file.read(Buffer.allocUnsafe(CHUNK_BYTES), 0, CHUNK_BYTES, read);
    if (bytesRead === 0) break;
    const chunk = buffer.subarray(0, bytesRead);
    if (read === 0 && chunk.subarray(0, GZIP.length).equals(GZIP))
      throw new InputError(`${name}: is gzip; unpack it first (rows are read in any order)`);
    hash.update(chunk);
    const batch: LineSpan[] = [];
    let start = 0;
    for (let newline = chunk.indexOf(NEWLINE); newline !== -1; newline = chunk.indexOf(NEWLINE, start)) {
      const span = take(chunk.subarray(start, newline), read + newline);
      if (span !== null) batch.push(span);
      start = newline + 1;
    }
    read += bytesRead;
    if (start < bytesRead) {
      begun.push(chunk.subarray(start));
      begunBytes += bytesRead - start;
      if (begunBytes > MAX_LINE_BYTES)
        throw new InputError(
          `${name}:${line + 1}: row: longer than ${MAX_LINE_BYTES >> 20} MiB; is each row on a line?`,
        );
    }
    if (batch.length > 0) yield batch;
  }
  const last = begun.length === 0 ? null : take(Buffer.alloc(0), read);
  if (last !== null) yield [last];
}

function lineSpan(read: Buffer, line: number, at: number): LineSpan | null {
  const isMarked = line === 1 && read.subarray(0, BYTE_ORDER_MARK.length).equals(BYTE_ORDER_MARK);
  const skip = isMarked ? BYTE_ORDER_MARK.length : 0;
  let bytes = read.subarray(skip);
  if (bytes[bytes.length - 1] === CARRIAGE_RETURN) bytes = bytes.subarray(0, -1);
  const isBlank = bytes.length === 0 || ((bytes[0] as number) <= 0x20 && bytes.toString("latin1").trim() === "");
  return isBlank ? null : { line, offset: at + skip, bytes };
}

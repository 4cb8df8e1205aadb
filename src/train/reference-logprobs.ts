// The frozen model's log-probabilities of a data set's completions: computed once for the data set, the model and the way
// texts become tokens, and kept in a file. Ignores objectives. KTO's mismatched rows are a data set of their own here.
//
// The file begins with 32 bytes, the SHA-256 of what it is for. A record follows for each row, in order: the number of
// completions (uint32), their sums of token log-probabilities (float64), and the CRC-32 of the record before it and its row's
// number (uint32). All is little-endian. A run that was killed leaves whole records and at most one broken one; reading stops
// at the first record that is not whole, and computing goes on from there.
import { createHash } from "node:crypto";
import { mkdir, open, readFile } from "node:fs/promises";
import { join } from "node:path";
import { crc32 } from "node:zlib";
import { InputError } from "../dataset/input-error.ts";
import type { Engine } from "./engine.ts";
import type { RowSource } from "./row-source.ts";

/** Sums of token log-probabilities (natural log) by row, one number a completion. */
export interface LogprobTable {
  readonly length: number;
  /** @throws RangeError for a number that is no row's */
  of(index: number): readonly number[];
}

export interface ReferenceOptions {
  readonly engine: Engine;
  readonly rows: RowSource;
  /** Folder of the files; made where missing. Several data sets and models share one. */
  readonly folder: string;
  /** Identity of the frozen weights (FrozenWeights.identity). */
  readonly modelIdentity: string;
  /** Names all else that decides the token ids and the computation: chat template, cut length, device. */
  readonly tokenisation: string;
  /** Ends the work after the current row; what is computed stays in the file. */
  readonly signal?: AbortSignal;
  readonly onProgress?: (done: number, of: number) => void;
}

const KEY_BYTES = 32;

/** Bytes of a record of so many completions. */
const recordBytes = (completions: number): number => 4 + 8 * completions + 4;

/** More completions than any row has: a larger number is damage, and must not be taken for a length. */
const MAX_COMPLETIONS = 16;

/**
 * Reads the table, and computes the rows that are not in it yet.
 * @throws the signal's reason when aborted; InputError for a row whose log-probability is no finite number, or a file that
 *   can't be written
 */
export async function referenceLogprobs(options: ReferenceOptions): Promise<LogprobTable> {
  const { engine, rows, folder, modelIdentity, tokenisation, signal, onProgress } = options;
  const key = createHash("sha256")
    .update(JSON.stringify(["reference-logprobs", 1, modelIdentity, rows.sha256, rows.length, tokenisation]))
    .digest();
  const path = join(folder, `${key.toString("hex")}.logprobs`);
  const { table, bytes } = readRecords(await existing(path), key, rows.length);
  if (table.length < rows.length) {
    await mkdir(folder, { recursive: true });
    const file = await open(path, bytes === 0 ? "w" : "r+");
    try {
      let at = bytes;
      const append = async (record: Uint8Array): Promise<void> => {
        for (let from = 0; from < record.length; )
          from += (await file.write(record, from, record.length - from, at + from)).bytesWritten;
        at += record.length;
      };
      if (at === 0) await append(key);
      for (let index = table.length; index < rows.length; index += 1) {
        signal?.throwIfAborted();
        onProgress?.(index, rows.length);
        const row = await rows.get(index);
        const logprobs = [...(await engine.logprobs(row, null))];
        if (logprobs.length !== row.completions.length || !logprobs.every(Number.isFinite))
          throw new InputError(
            `${row.id}: the model gives no usable log-probabilities (${logprobs.join(", ")}); check its weights, or leave the row out`,
          );
        await append(record(index, logprobs));
        table.push(logprobs);
      }
      await file.truncate(at); // what was broken may have been longer
      await file.sync();
    } catch (error) {
      if (!(error instanceof Error && "syscall" in error)) throw error;
      throw new InputError(
        `${path}: the reference log-probabilities can't be written (${error.message}); the first ${table.length} of ${rows.length} rows are kept`,
      );
    } finally {
      await file.close();
    }
  }
  onProgress?.(rows.length, rows.length);
  return {
    length: rows.length,
    of(index) {
      const logprobs = table[index];
      if (logprobs === undefined) throw new RangeError(`no row ${index} among ${rows.length}`);
      return logprobs;
    },
  };
}

async function existing(path: string): Promise<Buffer> {
  try {
    return await readFile(path);
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === "ENOENT") return Buffer.alloc(0);
    throw new InputError(`${path}: the reference log-probabilities can't be read (${(error as Error).message})`);
  }
}

function record(index: number, logprobs: readonly number[]): Buffer {
  const bytes = Buffer.alloc(recordBytes(logprobs.length));
  bytes.writeUInt32LE(logprobs.length, 0);
  logprobs.forEach((logprob, k) => {
    bytes.writeDoubleLE(logprob, 4 + 8 * k);
  });
  bytes.writeUInt32LE(checksum(index, bytes.subarray(0, -4)), bytes.length - 4);
  return bytes;
}

// The row's number is the checksum's start value, so that a record in another row's place is none.
const checksum = (index: number, bytes: Uint8Array): number => crc32(bytes, index >>> 0);

/** The rows whose records are whole, up to the first that is not, and the bytes up to there. */
function readRecords(file: Buffer, key: Buffer, rows: number): { table: (readonly number[])[]; bytes: number } {
  const table: (readonly number[])[] = [];
  if (file.length < KEY_BYTES || !file.subarray(0, KEY_BYTES).equals(key)) return { table, bytes: 0 };
  let at = KEY_BYTES;
  while (table.length < rows && at + 4 <= file.length) {
    const completions = file.readUInt32LE(at);
    const end = at + recordBytes(completions);
    if (completions > MAX_COMPLETIONS || end > file.length) break;
    if (file.readUInt32LE(end - 4) !== checksum(table.length, file.subarray(at, end - 4))) break;
    table.push(Array.from({ length: completions }, (_, k) => file.readDoubleLE(at + 4 + 8 * k)));
    at = end;
  }
  return { table, bytes: at };
}

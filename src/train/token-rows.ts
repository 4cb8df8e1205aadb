// The rows of a data set as token ids, read from its file when they are asked for. One pass at the start finds where each row
// stands, how long it is and whether it can be trained on; after that only row-index.ts's numbers are in memory, however many
// rows there are. Ignores the order in which rows are seen (row-order.ts).
//
// A row is the prompt as the model's chat template writes it, and each completion with the token that ends a turn. The two are
// turned into tokens apart, as when the completion was sampled after the prompt. Rows that are too long lose the oldest
// messages of their history (history-cut.ts).
import { isUtf8 } from "node:buffer";
import { createHash, type Hash } from "node:crypto";
import { type FileHandle, open } from "node:fs/promises";
import { basename, dirname } from "node:path";
import { type BadRow, InputError, RowError } from "../dataset/input-error.ts";
import { wellFormed } from "../dataset/well-formed.ts";
import { ChatTemplateError } from "../model/chat-template.ts";
import type { Method } from "../preference/training-row.ts";
import type { ModelTokenizer } from "../tokens/tokenizer.ts";
import { historyCuts, withoutOldest } from "./history-cut.ts";
import { lineSpans } from "./line-spans.ts";
import { RowIndex } from "./row-index.ts";
import type { RowSource } from "./row-source.ts";
import { isRefusal, type Refusal, type RefusalKind, type RowTexts, rowTexts } from "./row-texts.ts";
import type { TokenRow } from "./token-row.ts";

/** Rows left out that are kept with their reasons; more are only counted. */
const MAX_LISTED = 100;

/** Left out without more ado: what they lack is no mistake of the file. The others are errors unless they are to be skipped. */
export const EXPECTED: ReadonlySet<RefusalKind> = new Set(["undesirable", "emptyCompletion", "tooLong"]);

export interface TokenRowsOptions {
  /** train.jsonl or validation.jsonl of a data set. */
  readonly file: string;
  readonly method: Method;
  /** Stays the caller's: to be disposed of after the rows are closed. */
  readonly tokenizer: ModelTokenizer;
  /** Most tokens of a prompt with one of its completions; at most the model's context. */
  readonly maxLength: number;
  /** Leave bad rows out and count them; otherwise the first one is an error. */
  readonly skipBad?: boolean;
  /** Fewer rows than this that can be trained on are an error. 0 by default: an empty validation set is none. */
  readonly fewest?: number;
  /** Takes every row that is left out, such as for a rejects file. */
  readonly onRefused?: (row: BadRow) => void;
  /** Told after every batch of lines: rows read, and the share of the file that they are. */
  readonly onProgress?: (rows: number, share: number) => void;
  readonly signal?: AbortSignal;
}

/** How many rows there were and what became of them; of refusals as many numbers as there are kinds. */
export interface TokenRowCounts extends Readonly<Record<RefusalKind, number>> {
  readonly read: number;
  /** Rows that are trained on: those read less those refused. */
  readonly used: number;
  /** Used rows whose history was cut. */
  readonly cut: number;
  /** Pairs of margin 0, as DPO's are. Counted for rpo only. */
  readonly withoutMargin: number;
  /** Used rows whose completion is desirable: all but in KTO. */
  readonly desirable: number;
  /** Tokens of used rows. */
  readonly promptTokens: number;
  /** End-of-turn tokens included. */
  readonly completionTokens: number;
}

/** A row that was left out. */
export interface RefusedRow extends Refusal {
  /** 1 for the first line of the file. */
  readonly line: number;
}

export interface TokenRows extends RowSource {
  readonly counts: TokenRowCounts;
  /** The first 100 rows that were left out. */
  readonly refused: readonly RefusedRow[];
  /** Tokens of each row: its prompt once, and all its completions. [length] */
  readonly lengths: Int32Array;
  /** Whether a row is the one before it with chosen and rejected exchanged (row-order.ts). */
  isMirror(index: number): boolean;
  /** The largest of `lengths`; 0 where there are no rows. */
  readonly longest: number;
  /** SHA-256 (hex) of the file's bytes; `sha256` is over the token ids and margins that came of them. */
  readonly fileSha256: string;
  close(): Promise<void>;
}

/**
 * Reads a data set through once and opens it for training.
 * @throws InputError where the file can't be read or has too few rows; RowError (file, line, field, reason) for a bad row unless
 *   `skipBad`; the signal's reason
 */
export async function openTokenRows(options: TokenRowsOptions): Promise<TokenRows> {
  const file = await opened(options.file);
  try {
    return await indexed(file, options);
  } catch (error) {
    await file.close();
    throw error;
  }
}

async function indexed(file: FileHandle, options: TokenRowsOptions): Promise<TokenRows> {
  const { file: path, signal } = options;
  const index = new RowIndex();
  const refused: RefusedRow[] = [];
  const fileHash = createHash("sha256");
  const tokenHash = createHash("sha256");
  const counts = noCounts();
  const size = (await file.stat()).size;
  let longest = 0;
  let previous: RowTokens | null = null;
  signal?.throwIfAborted();
  for await (const spans of lineSpans(file, fileHash, path)) {
    for (const { line, offset, bytes } of spans) {
      counts.read += 1;
      const made = fittingRow(bytes, options);
      if (isRefused(made)) {
        const { kind, field, reason } = made;
        const bad: BadRow = { file: path, line, field, reason, raw: bytes.toString("utf8") };
        if (options.skipBad !== true && !EXPECTED.has(kind)) throw new RowError(bad);
        counts[kind] += 1;
        if (refused.length < MAX_LISTED) refused.push({ line, kind, field, reason });
        options.onRefused?.(bad);
        continue;
      }
      const { cut, tokens } = made;
      hashRow(tokenHash, tokens);
      const completionTokens = tokens.completions.reduce((sum, { length }) => sum + length, 0);
      const length = tokens.prompt.length + completionTokens;
      const isMirror = previous !== null && areMirrored(previous, tokens);
      index.add({ offset, bytes: bytes.length, line, cut, tokens: length, isMirror });
      previous = tokens;
      longest = Math.max(longest, length);
      counts.used += 1;
      counts.promptTokens += tokens.prompt.length;
      counts.completionTokens += completionTokens;
      if (cut > 0) counts.cut += 1;
      if (tokens.desirable) counts.desirable += 1;
      if (options.method === "rpo" && tokens.margin === 0) counts.withoutMargin += 1;
    }
    const last = spans.at(-1);
    if (last !== undefined)
      options.onProgress?.(counts.read, Math.min(1, (last.offset + last.bytes.length + 1) / size));
    signal?.throwIfAborted();
  }
  if (index.length < (options.fewest ?? 0)) throw tooFew(options, counts, refused);
  return {
    counts,
    refused,
    length: index.length,
    lengths: index.lengths(),
    longest,
    isMirror: (at) => index.at(at).isMirror,
    sha256: tokenHash.digest("hex"),
    fileSha256: fileHash.digest("hex"),
    async get(at) {
      const { offset, bytes, line, cut, tokens } = index.at(at);
      const { buffer, bytesRead } = await file.read(Buffer.allocUnsafe(bytes), 0, bytes, offset);
      const row = bytesRead < bytes ? null : rowAt(buffer, cut, options);
      const length = row?.completions.reduce((sum, completion) => sum + completion.length, row.prompt.length);
      if (row === null || length !== tokens)
        throw new InputError(`${path}:${line}: the file has changed since it was opened for training: start again`);
      return { id: `${basename(path)}:${line}`, ...row };
    },
    close: () => file.close(),
  };
}

type RowTokens = Omit<TokenRow, "id">;

/** Whether two pairs are the two directions of a couple: the same responses, each chosen once. */
function areMirrored({ completions: [a, b] }: RowTokens, { completions: [c, d] }: RowTokens): boolean {
  if (a === undefined || b === undefined || c === undefined || d === undefined) return false;
  return areEqual(a, d) && areEqual(b, c);
}

const areEqual = (a: Int32Array, b: Int32Array): boolean =>
  a.length === b.length && a.every((token, i) => token === b[i]);

/** A row that fits: messages of its history that are left out, and its tokens. */
export interface FittingRow {
  readonly cut: number;
  readonly tokens: RowTokens;
}

/** Tells a row that fits from a refusal. */
export const isRefused = (made: FittingRow | Refusal): made is Refusal => "reason" in made;

/** The row of a line with as much of its history as fits, or why it can't be trained on. */
export function fittingRow(
  line: Buffer,
  { method, tokenizer, maxLength }: Pick<TokenRowsOptions, "method" | "tokenizer" | "maxLength">,
): FittingRow | Refusal {
  const texts = parsedRow(line, method);
  if (isRefusal(texts)) return texts;
  const completions: Int32Array[] = [];
  for (const [k, text] of texts.completions.entries()) {
    const tokens = completionTokens(text, tokenizer);
    if (tokens === null)
      return { kind: "emptyCompletion", field: texts.fields[k] ?? "row", reason: "holds no text to train on" };
    completions.push(tokens);
  }
  const longest = Math.max(...completions.map(({ length }) => length));
  const fits = (prompt: Int32Array): boolean => prompt.length + longest <= maxLength;
  try {
    const prompts = new Map<number, Int32Array>();
    const promptAt = (cut: number): Int32Array => {
      const known = prompts.get(cut) ?? promptTokens(texts, cut, tokenizer);
      prompts.set(cut, known);
      return known;
    };
    const cuts = historyCuts(texts.prompt);
    // The mildest cut that fits; each leaves fewer tokens than the one before.
    let [from, to] = [0, fits(promptAt(0)) ? 0 : cuts.length];
    while (from < to) {
      const middle = Math.floor((from + to) / 2);
      if (fits(promptAt(cuts[middle] as number))) to = middle;
      else from = middle + 1;
    }
    const cut = cuts[from];
    if (cut === undefined) {
      const least = promptAt(cuts.at(-1) as number).length;
      const reason = `${least} tokens of prompt without its history and ${longest} of completion exceed ${maxLength}`;
      return { kind: "tooLong", field: "row", reason };
    }
    const prompt = promptAt(cut);
    if (prompt.length === 0)
      return { kind: "templateRefuses", field: "prompt", reason: "the chat template writes nothing" };
    return { cut, tokens: { prompt, completions, margin: texts.margin, desirable: texts.desirable } };
  } catch (error) {
    if (error instanceof ChatTemplateError) return { kind: "templateRefuses", field: "prompt", reason: error.message };
    throw error;
  }
}

/** The row of a line that was found to fit with this cut; null where it is no longer that line. */
function rowAt(line: Buffer, cut: number, { method, tokenizer }: TokenRowsOptions): RowTokens | null {
  const texts = parsedRow(line, method);
  if (isRefusal(texts)) return null;
  const completions = texts.completions.map((text) => completionTokens(text, tokenizer));
  if (completions.includes(null)) return null;
  return {
    prompt: promptTokens(texts, cut, tokenizer),
    completions: completions as Int32Array[],
    margin: texts.margin,
    desirable: texts.desirable,
  };
}

/** The texts of a line, or why it has none. */
export function parsedRow(line: Buffer, method: Method): RowTexts | Refusal {
  if (!isUtf8(line)) return { kind: "malformed", field: "row", reason: "not valid UTF-8" };
  let value: unknown;
  try {
    value = JSON.parse(line.toString("utf8"));
  } catch (error) {
    return { kind: "malformed", field: "row", reason: `not JSON: ${(error as Error).message}` };
  }
  return rowTexts(wellFormed(value), method);
}

const promptTokens = (texts: RowTexts, cut: number, { encode, template }: ModelTokenizer): Int32Array =>
  encode(template.render(withoutOldest(texts.prompt, cut)));

/** A completion with the token that ends its turn, which it may bring along; null where there is no text in it. */
function completionTokens(text: string, { encode, decode, endOfTurn }: ModelTokenizer): Int32Array | null {
  if (text.trim() === "") return null;
  let tokens = encode(text);
  for (let end = tokens.lastIndexOf(endOfTurn); end !== -1; end = tokens.lastIndexOf(endOfTurn)) {
    if (decode(tokens.subarray(end + 1)).trim() !== "") break;
    tokens = tokens.subarray(0, end);
    if (decode(tokens).trim() === "") return null;
  }
  const ended = new Int32Array(tokens.length + 1);
  ended.set(tokens);
  ended[tokens.length] = endOfTurn;
  return ended;
}

/** Lengths go in before the ids, so that no two rows are the same bytes. */
function hashRow(hash: Hash, { prompt, completions, margin, desirable }: RowTokens): void {
  const lengths = [prompt, ...completions].map(({ length }) => length);
  hash.update(JSON.stringify([lengths, margin, desirable]));
  for (const { buffer, byteOffset, byteLength } of [prompt, ...completions])
    hash.update(new Uint8Array(buffer, byteOffset, byteLength));
}

/** Counts under way. */
export type Counting = { -readonly [Name in keyof TokenRowCounts]: number };

export const noCounts = (): Counting => ({
  read: 0,
  used: 0,
  cut: 0,
  withoutMargin: 0,
  desirable: 0,
  promptTokens: 0,
  completionTokens: 0,
  malformed: 0,
  wrongKind: 0,
  badMargin: 0,
  templateRefuses: 0,
  undesirable: 0,
  emptyCompletion: 0,
  tooLong: 0,
});

function tooFew(options: TokenRowsOptions, { read, used }: TokenRowCounts, refused: readonly RefusedRow[]): InputError {
  const { file, method, fewest = 0 } = options;
  if (read === 0) return new InputError(`${file}: has no rows; make a data set with \`rpo pairs\``);
  const [first] = refused;
  const why = first === undefined ? "" : `; the first left out: line ${first.line}: ${first.field}: ${first.reason}`;
  return new InputError(
    `${file}: ${used} of ${read} rows can be trained on by ${method}, which needs at least ${fewest}${why}`,
  );
}

async function opened(path: string): Promise<FileHandle> {
  try {
    const file = await open(path, "r");
    if ((await file.stat()).isFile()) return file;
    await file.close();
    throw new InputError(`${path}: is no file; give train.jsonl of a data set`);
  } catch (error) {
    if (error instanceof InputError) throw error;
    const { code } = error as NodeJS.ErrnoException;
    if (code === "ENOENT" || code === "ENOTDIR")
      throw new InputError(`${dirname(path)} has no ${basename(path)}: make a data set there with \`rpo pairs\``);
    throw new InputError(`${path}: cannot be read (${code})`);
  }
}

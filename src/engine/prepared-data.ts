// A data set as an engine will train on it: two passes over each file, the first for the rows' lengths, from which the cutoff
// comes, the second for what becomes of each row. A row beyond the cutoff loses the oldest messages of its history
// (train/history-cut.ts), and is left out where that isn't enough; a completion is never cut. For LLaMA-Factory the rows are
// written, so that it has nothing left to cut; rpo_engines.trl reads the data set itself and does the same. What a row looks
// like in a form is in dataset/export/. Ignores the order in which rows are seen.
import { createHash } from "node:crypto";
import { open } from "node:fs/promises";
import { basename, join } from "node:path";
import { datasetInfo, sharegptObjection, sharegptRow } from "../dataset/export/llamafactory.ts";
import { type BadRow, InputError, RowError } from "../dataset/input-error.ts";
import { jsonLine } from "../dataset/jsonl.ts";
import { stageText, writeWhole } from "../dataset/staged-file.ts";
import type { Method, Provenance, TrainingRow } from "../preference/training-row.ts";
import type { ModelTokenizer } from "../tokens/tokenizer.ts";
import { withoutOldest } from "../train/history-cut.ts";
import { type LineSpan, lineSpans } from "../train/line-spans.ts";
import { isRefusal, REFUSALS, type Refusal, type RefusalKind, type RowTexts } from "../train/row-texts.ts";
import { EXPECTED, fittingRow, isRefused, noCounts, parsedRow, type TokenRowCounts } from "../train/token-rows.ts";
import { chosenCutoff } from "./cutoff.ts";

export interface PreparedDataOptions {
  /** Folder with train.jsonl and, if there is one, validation.jsonl. */
  readonly dataset: string;
  readonly method: Method;
  readonly tokenizer: ModelTokenizer;
  /** Length that was asked for, in tokens; null to choose one. */
  readonly maxLength: number | null;
  /** Of the model; null where it isn't known. */
  readonly contextLength: number | null;
  /** Leave bad rows out and count them; otherwise the first one is an error. */
  readonly skipBad: boolean;
  /** Folder for rows in LLaMA-Factory's form, with dataset_info.json; null to write none. */
  readonly folder: string | null;
  readonly onRefused: (row: BadRow) => void;
  /** @param share of the file, which is read twice */
  readonly onProgress: (file: string, rows: number, share: number) => void;
  readonly signal: AbortSignal;
}

/** What became of one file's rows. */
export interface PreparedRows {
  readonly file: string;
  /** SHA-256 (hex) of the source's bytes. */
  readonly sha256: string;
  /** SHA-256 (hex) of the rows that are trained on, as they are after cutting. */
  readonly rowsSha256: string;
  readonly counts: TokenRowCounts;
  /** Pairs by their margin. */
  readonly margins: Readonly<Record<string, number>>;
  /** Tokens of the completions of rows that are left out as too long. */
  readonly lostCompletionTokens: number;
}

export interface PreparedData {
  readonly cutoff: number;
  /** The 95th percentile of the training rows' lengths; null where the length was asked for. */
  readonly percentile: number | null;
  readonly train: PreparedRows;
  readonly validation: PreparedRows | null;
}

/** Tokens of a row that are looked at before a length is chosen. */
interface Lengths {
  /** Prompt with the longest completion; 0 for a row that can't be used. */
  readonly rows: Int32Array;
  readonly prompts: Int32Array;
  /** All of a row together. */
  readonly completions: Int32Array;
}

/**
 * Writes a data set for an engine.
 * @throws InputError where a file can't be read, no row is left, or rpo finds no margin; RowError for a bad row unless `skipBad`;
 *   the signal's reason
 */
export async function preparedData(options: PreparedDataOptions): Promise<PreparedData> {
  const { dataset, contextLength, maxLength } = options;
  const trainPath = join(dataset, "train.jsonl");
  const lengths = await rowLengths(trainPath, options);
  if (lengths === null) throw new InputError(`${dataset} has no train.jsonl: make a data set there with \`rpo pairs\``);
  const used = lengths.rows.filter((length) => length > 0);
  const chosen =
    maxLength !== null || used.length === 0
      ? {
          cutoff: Math.min(maxLength ?? Number.POSITIVE_INFINITY, contextLength ?? Number.POSITIVE_INFINITY),
          percentile: null,
        }
      : chosenCutoff(used, contextLength);
  const train = await writtenRows(trainPath, lengths, chosen.cutoff, options);
  if (train.counts.used === 0) throw noRows(trainPath, train, options.method);
  const margins = Object.keys(train.margins);
  if (options.method === "rpo" && margins.every((margin) => margin === "0"))
    throw new InputError(
      `${trainPath}: no pair has a margin above 0, so RPO would be DPO: make the data set with \`rpo pairs --method rpo\`, or train with --method dpo`,
    );
  const validationPath = join(dataset, "validation.jsonl");
  const held = await rowLengths(validationPath, options);
  const validation = held === null ? null : await writtenRows(validationPath, held, chosen.cutoff, options);
  const hasValidation = validation !== null && validation.counts.used > 0;
  if (options.folder !== null) {
    const files = { train: "train.jsonl", ...(hasValidation && { validation: "validation.jsonl" }) };
    const info = `${JSON.stringify(datasetInfo(options.method, files), null, 2)}\n`;
    await writeWhole(join(options.folder, "dataset_info.json"), info);
  }
  return { ...chosen, train, validation: hasValidation ? validation : null };
}

/** The lengths of a file's rows, its bad rows' 0; null where there is no such file. @throws RowError unless bad rows are skipped */
async function rowLengths(path: string, options: PreparedDataOptions): Promise<Lengths | null> {
  const [rows, prompts, completions]: [number[], number[], number[]] = [[], [], []];
  const found = await eachLine(path, options, 0, ({ bytes, line }) => {
    const made = fittingRow(bytes, { ...options, maxLength: Number.POSITIVE_INFINITY });
    if (isRefused(made)) {
      if (!options.skipBad && !EXPECTED.has(made.kind)) throw new RowError(badRow(path, line, bytes, made));
      for (const lengths of [rows, prompts, completions]) lengths.push(0);
      return;
    }
    const { prompt, completions: all } = made.tokens;
    rows.push(prompt.length + Math.max(...all.map(({ length }) => length)));
    prompts.push(prompt.length);
    completions.push(all.reduce((sum, { length }) => sum + length, 0));
  });
  if (found === null) return null;
  return { rows: Int32Array.from(rows), prompts: Int32Array.from(prompts), completions: Int32Array.from(completions) };
}

async function writtenRows(
  path: string,
  lengths: Lengths,
  cutoff: number,
  options: PreparedDataOptions,
): Promise<PreparedRows> {
  const { method, folder } = options;
  const name = basename(path);
  const margins: Record<string, number> = {};
  const counts = noCounts();
  let lostCompletionTokens = 0;
  const hash = createHash("sha256");
  const file = folder === null ? null : await stageText(join(folder, name));
  try {
    const sha256 = await eachLine(path, options, 0.5, async ({ bytes, line }) => {
      const at = counts.read++;
      const refuse = (refusal: Refusal): void => {
        counts[refusal.kind] += 1;
        if (refusal.kind === "tooLong") lostCompletionTokens += lengths.completions[at] ?? 0;
        options.onRefused(badRow(path, line, bytes, refusal));
      };
      const length = lengths.rows[at] ?? 0;
      const made = length > 0 && length <= cutoff ? null : fittingRow(bytes, { ...options, maxLength: cutoff });
      if (made !== null && isRefused(made)) return refuse(made);
      const texts = parsedRow(bytes, method);
      if (isRefusal(texts)) return refuse(texts);
      const left = made?.cut ?? 0;
      const row = trainingRow(texts, method, { name, line, cut: left });
      const objection = file === null ? null : sharegptObjection(row.prompt);
      if (objection !== null) return refuse({ kind: "templateRefuses", field: "prompt", reason: objection });
      const text = jsonLine(sharegptRow(row));
      hash.update(text);
      await file?.write(text);
      counts.used += 1;
      if (left > 0) counts.cut += 1;
      if (texts.desirable) counts.desirable += 1;
      counts.promptTokens += made?.tokens.prompt.length ?? lengths.prompts[at] ?? 0;
      counts.completionTokens += lengths.completions[at] ?? 0;
      if (method === "rpo" && texts.margin === 0) counts.withoutMargin += 1;
      if (texts.completions.length === 2) margins[texts.margin] = (margins[texts.margin] ?? 0) + 1;
    });
    await file?.close();
    await file?.commit();
    return { file: name, sha256: sha256 ?? "", rowsSha256: hash.digest("hex"), counts, margins, lostCompletionTokens };
  } finally {
    await file?.discard();
  }
}

/** @returns the SHA-256 of the file's bytes; null where there is none */
async function eachLine(
  path: string,
  { signal, onProgress }: PreparedDataOptions,
  from: number,
  take: (line: LineSpan) => void | Promise<void>,
): Promise<string | null> {
  const file = await open(path, "r").catch((error: NodeJS.ErrnoException) => {
    if (error.code === "ENOENT" || error.code === "ENOTDIR") return null;
    throw new InputError(`${path}: cannot be read (${error.code})`);
  });
  if (file === null) return null;
  try {
    const hash = createHash("sha256");
    const { size } = await file.stat();
    let rows = 0;
    for await (const spans of lineSpans(file, hash, path)) {
      for (const span of spans) await take(span);
      rows += spans.length;
      const last = spans.at(-1);
      const share = last === undefined ? 1 : Math.min(1, (last.offset + last.bytes.length + 1) / size);
      onProgress(basename(path), rows, from + share / 2);
      signal.throwIfAborted();
    }
    return hash.digest("hex");
  } finally {
    await file.close();
  }
}

/** The texts as a training row; where it comes from is its line, which every form has a place for. */
function trainingRow(
  { prompt, completions: [first = "", second], margin, desirable }: RowTexts,
  method: Method,
  { name, line, cut }: { readonly name: string; readonly line: number; readonly cut: number },
): TrainingRow {
  const response = { response: "", merged: [] };
  const provenance: Provenance = {
    method,
    turn: `${name}:${line}`,
    profile: "",
    chosen: response,
    rejected: response,
    reversed: [],
    differ: [],
    verdictSource: "",
  };
  const rest = { prompt: withoutOldest(prompt, cut), provenance };
  return second === undefined
    ? { kind: "completion", completion: first, desirable, ...rest }
    : { kind: "preference", chosen: first, rejected: second, margin, ...rest };
}

const badRow = (file: string, line: number, bytes: Buffer, { field, reason }: Refusal): BadRow => ({
  file,
  line,
  field,
  reason,
  raw: bytes.toString("utf8"),
});

function noRows(path: string, { counts }: PreparedRows, method: Method): InputError {
  if (counts.read === 0) return new InputError(`${path}: has no rows; make a data set with \`rpo pairs\``);
  const why = (Object.keys(REFUSALS) as RefusalKind[])
    .filter((kind) => counts[kind] > 0)
    .map((kind) => `${counts[kind]}: ${REFUSALS[kind]}`);
  return new InputError(`${path}: none of ${counts.read} rows can be trained on by ${method} (${why.join("; ")})`);
}

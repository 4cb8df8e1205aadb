// Exports a training set (DIR/train.jsonl, DIR/validation.jsonl, made by `rpo pairs`) in the forms that training programs
// read, each in a folder of its own under DIR. One pass over the rows serves all formats; memory does not grow with their
// number; nothing appears before everything is written. What a row looks like in a format is in that format's file.
import { access, rm } from "node:fs/promises";
import { join } from "node:path";
import type { Method, TrainingRow } from "../../preference/training-row.ts";
import { InputError } from "../input-error.ts";
import { jsonLine } from "../jsonl.ts";
import { type StagedFile, stageText } from "../staged-file.ts";
import { datasetInfo, sharegptObjection, sharegptRow } from "./llamafactory.ts";
import { openaiExample, openaiObjection, openaiProvenance } from "./openai.ts";
import { stageParquet } from "./parquet.ts";
import { readTrainingRows } from "./training-row-file.ts";
import { trlRow } from "./trl.ts";

/** The forms a training set can be exported in; each is also the name of its folder. */
export const EXPORT_FORMATS = ["llamafactory", "trl", "parquet", "openai"] as const;
export type ExportFormat = (typeof EXPORT_FORMATS)[number];

const SPLITS = ["train", "validation"] as const;
type Split = (typeof SPLITS)[number];

/** What became of one format. */
export interface FormatSummary {
  readonly format: ExportFormat;
  /** Files made, relative to the folder of the training set, with their rows. */
  readonly files: readonly { readonly path: string; readonly rows: number }[];
  /** Rows that the format cannot express, and where and why the first of them was left out. */
  readonly skipped: { readonly rows: number; readonly first?: string };
}

/** What an export made. */
export interface ExportSummary {
  readonly method: Method;
  readonly rows: Readonly<Record<Split, number>>;
  /** Rows in which a lone surrogate was replaced by U+FFFD. */
  readonly mended: number;
  readonly formats: readonly FormatSummary[];
}

/** One format's files of one split, open for writing. */
interface FormatSink {
  readonly staged: readonly StagedFile[];
  write(row: TrainingRow): void | Promise<void>;
  close(): Promise<void>;
}

/** A format: where its files are, what it cannot express, and how its files are opened. */
interface FormatWriter {
  /** Every file it may make for a split, the one with the data first. */
  files(split: Split): readonly string[];
  objection(row: TrainingRow): string | null;
  open(paths: readonly string[]): Promise<FormatSink>;
}

/** A sink of one line of JSON per row and file; the lines of one row have the same number in each file. */
function jsonLines(...mappings: readonly ((row: TrainingRow) => object)[]): FormatWriter["open"] {
  return async (paths) => {
    const staged = await Promise.all(paths.map(stageText));
    return {
      staged,
      async write(row) {
        for (const [index, file] of staged.entries()) {
          const mapping = mappings[index];
          if (mapping !== undefined) await file.write(jsonLine(mapping(row)));
        }
      },
      async close() {
        for (const file of staged) await file.close();
      },
    };
  };
}

const expressesAll = (): null => null;

const WRITERS: Record<ExportFormat, FormatWriter> = {
  llamafactory: {
    files: (split) => [`llamafactory/${split}.jsonl`],
    objection: (row) => sharegptObjection(row.prompt),
    open: jsonLines(sharegptRow),
  },
  trl: { files: (split) => [`trl/${split}.jsonl`], objection: expressesAll, open: jsonLines(trlRow) },
  parquet: {
    files: (split) => [`parquet/${split}.parquet`],
    objection: expressesAll,
    async open(paths) {
      const file = await stageParquet(paths[0] ?? "");
      return { staged: [file], write: file.write, close: file.close };
    },
  },
  openai: {
    files: (split) => [`openai/${split}.jsonl`, `openai/${split}.provenance.jsonl`],
    objection: openaiObjection,
    open: jsonLines(openaiExample, openaiProvenance),
  },
};

const DATASET_INFO = "llamafactory/dataset_info.json";

/** The running tally of one format. */
interface Tally {
  readonly format: ExportFormat;
  readonly files: { path: string; rows: number }[];
  readonly complete: StagedFile[];
  skippedRows: number;
  firstSkipped: string | undefined;
}

const exists = (path: string): Promise<boolean> =>
  access(path).then(
    () => true,
    () => false,
  );

/**
 * Writes `dir/train.jsonl` and, where it is there, `dir/validation.jsonl` in each of the formats, below `dir`:
 * `llamafactory/` (sharegpt JSONL and dataset_info.json), `trl/` (conversational JSONL), `parquet/`, `openai/` (fine-tuning
 * JSONL, and `*.provenance.jsonl` with the same line numbers). Files of an earlier export are replaced, or removed where
 * there is now nothing to put into them. Rows that a format cannot express are left out of it and counted.
 * @throws InputError where there is no training set; RowError where a row is malformed or rows of two methods are mixed.
 * Then no file has changed.
 */
export async function exportDataset(dir: string, formats: readonly ExportFormat[]): Promise<ExportSummary> {
  const trainPath = join(dir, "train.jsonl");
  if (!(await exists(trainPath))) {
    throw new InputError(`${trainPath}: not found. Make the training set first: \`rpo pairs FILE --out ${dir}\`.`);
  }
  const wanted = EXPORT_FORMATS.filter((format) => formats.includes(format));
  const tallies = wanted.map(
    (format): Tally => ({ format, files: [], complete: [], skippedRows: 0, firstSkipped: undefined }),
  );
  const staged: StagedFile[] = [];
  const rows: Record<Split, number> = { train: 0, validation: 0 };
  let method: Method | undefined;
  let mended = 0;

  const exportSplit = async (split: Split, source: string): Promise<void> => {
    const open = await Promise.all(
      tallies.map(async (tally) => {
        const paths = WRITERS[tally.format].files(split);
        const sink = await WRITERS[tally.format].open(paths.map((path) => join(dir, path)));
        staged.push(...sink.staged);
        return { tally, paths, sink, writer: WRITERS[tally.format], rows: 0 };
      }),
    );
    for await (const { line, row, mended: wasMended } of readTrainingRows(source, method)) {
      method = row.provenance.method;
      rows[split] += 1;
      if (wasMended) mended += 1;
      for (const format of open) {
        const objection = format.writer.objection(row);
        if (objection === null) {
          await format.sink.write(row);
          format.rows += 1;
        } else {
          format.tally.skippedRows += 1;
          format.tally.firstSkipped ??= `${source}:${line}: ${objection}`;
        }
      }
    }
    for (const { tally, paths, sink, rows: written } of open) {
      await sink.close();
      if (written === 0) continue; // the staged files are discarded: an empty file is one that loaders stumble over
      tally.complete.push(...sink.staged);
      tally.files.push(...paths.map((path) => ({ path, rows: written })));
    }
  };

  try {
    for (const split of SPLITS) {
      const source = join(dir, `${split}.jsonl`);
      if (await exists(source)) await exportSplit(split, source);
      if (split === "train" && method === undefined) {
        throw new InputError(
          `${source}: no rows, so there is nothing to export. See the census of the turn table for why.`,
        );
      }
    }
    if (method === undefined) throw new InputError(`${trainPath}: no rows.`);

    const llamafactory = tallies.find(({ format, files }) => format === "llamafactory" && files.length > 0);
    if (llamafactory !== undefined) {
      const made = SPLITS.filter((split) => llamafactory.files.some(({ path }) => path.endsWith(`/${split}.jsonl`)));
      const files = Object.fromEntries(made.map((split) => [split, `${split}.jsonl`]));
      const info = await stageText(join(dir, DATASET_INFO));
      staged.push(info);
      await info.write(`${JSON.stringify(datasetInfo(method, files), null, 2)}\n`);
      await info.close();
      llamafactory.complete.push(info);
    }

    const complete = tallies.flatMap((tally) => tally.complete);
    for (const file of complete) await file.commit();
    const kept = new Set(complete.map(({ path }) => path));
    const possible = wanted.flatMap((format) => [
      ...SPLITS.flatMap((split) => WRITERS[format].files(split)),
      ...(format === "llamafactory" ? [DATASET_INFO] : []),
    ]);
    for (const path of possible.map((name) => join(dir, name))) {
      if (!kept.has(path)) await rm(path, { force: true });
    }
    return {
      method,
      rows,
      mended,
      formats: tallies.map(({ format, files, skippedRows, firstSkipped }) => ({
        format,
        files,
        skipped: { rows: skippedRows, ...(firstSkipped === undefined ? {} : { first: firstSkipped }) },
      })),
    };
  } finally {
    // After a commit the staging names are gone and this removes nothing; after a failure it removes everything staged.
    await Promise.all(staged.map((file) => file.discard()));
  }
}

// Parquet with the columns of the TRL form, typed: messages are LIST<STRUCT<role, content>>, provenance is a STRUCT, so that
// `datasets`, pandas and DuckDB get nested values and not JSON text, and TRL trains from the file as it is. Written row
// group by row group. Lists and texts are REQUIRED: nothing in a training row is null.
import { mkdir, open, rename, rm } from "node:fs/promises";
import { dirname } from "node:path";
import { fileWriter, ParquetWriter } from "hyparquet-writer";
import type { TrainingRow } from "../../preference/training-row.ts";
import { type StagedFile, stagingPath } from "../staged-file.ts";
import { type TrlCompletion, type TrlPair, trlRow } from "./trl.ts";

type SchemaElement = ConstructorParameters<typeof ParquetWriter>[0]["schema"][number];

/**
 * A row group is closed at this many characters of text or rows, whichever comes first: that, and its encoded form, is what
 * an export holds, however many rows it has. Groups of 10,000 rows made a file of 100,000 much alike rows a sixth smaller,
 * and took 50 to 90 MB more.
 */
const GROUP_CHARACTERS = 2 << 20;
const GROUP_ROWS = 4_000;

const text = (name: string): SchemaElement => ({
  name,
  type: "BYTE_ARRAY",
  converted_type: "UTF8",
  logical_type: { type: "STRING" },
  repetition_type: "REQUIRED",
});

const group = (name: string, children: readonly SchemaElement[][]): SchemaElement[] => [
  { name, repetition_type: "REQUIRED", num_children: children.length },
  ...children.flat(),
];

const list = (name: string, element: readonly SchemaElement[]): SchemaElement[] => [
  { name, converted_type: "LIST", logical_type: { type: "LIST" }, repetition_type: "REQUIRED", num_children: 1 },
  { name: "list", repetition_type: "REPEATED", num_children: 1 },
  ...element,
];

const messages = (name: string): SchemaElement[] => list(name, group("element", [[text("role")], [text("content")]]));
const texts = (name: string): SchemaElement[] => list(name, [text("element")]);
const field = (name: string): SchemaElement[] => [text(name)];

const WHENCE = [field("method"), field("turn"), field("profile")];
const WHY = [texts("reversed"), texts("differ"), field("verdict_source")];
const response = (name: string): SchemaElement[][] => [field(name), field(`${name}_model`), texts(`${name}_merged`)];

const INTEGER: SchemaElement = { name: "margin", type: "INT32", repetition_type: "REQUIRED" };
const LABEL: SchemaElement = { name: "label", type: "BOOLEAN", repetition_type: "REQUIRED" };

type Column = keyof TrlPair | keyof TrlCompletion;

/** The columns of a file, in order, each with its schema elements in preorder. */
function columnsOf(row: TrlPair | TrlCompletion): ReadonlyMap<Column, readonly SchemaElement[]> {
  if ("chosen" in row) {
    return new Map<Column, SchemaElement[]>([
      ["prompt", messages("prompt")],
      ["chosen", messages("chosen")],
      ["rejected", messages("rejected")],
      ["margin", [INTEGER]],
      ["provenance", group("provenance", [...WHENCE, ...response("chosen"), ...response("rejected"), ...WHY])],
    ]);
  }
  return new Map<Column, SchemaElement[]>([
    ["prompt", messages("prompt")],
    ["completion", messages("completion")],
    ...(row.label === undefined ? [] : [["label", [LABEL]] as [Column, SchemaElement[]]]),
    ["provenance", group("provenance", [...WHENCE, ...response("response"), ...WHY])],
  ]);
}

/** Characters of text in a row: what its memory and its share of a row group are counted by. */
function characters(row: TrainingRow): number {
  const prompt = row.prompt.reduce((sum, { content }) => sum + content.length, 0);
  return prompt + (row.kind === "preference" ? row.chosen.length + row.rejected.length : row.completion.length);
}

/** A Parquet file being written. All rows must be of one method. */
export interface StagedParquet extends StagedFile {
  /** Adds a row; every so often writes a row group. */
  write(row: TrainingRow): void;
  /** Writes the last row group and the footer. A file without rows is not made: its columns would be unknown. */
  close(): Promise<void>;
}

/** Opens a Parquet file (Snappy) under its staging name, its folder made where missing. */
export async function stageParquet(path: string): Promise<StagedParquet> {
  const staging = stagingPath(path);
  await mkdir(dirname(path), { recursive: true });
  let rows: (TrlPair | TrlCompletion)[] = [];
  let held = 0;
  let file: { columns: ReadonlyMap<Column, readonly SchemaElement[]>; writer: ParquetWriter } | undefined;

  const begin = (first: TrlPair | TrlCompletion) => {
    const columns = columnsOf(first);
    const root: SchemaElement = { name: "root", num_children: columns.size };
    const schema = [root, ...[...columns.values()].flat()];
    return { columns, writer: new ParquetWriter({ writer: fileWriter(staging), schema, createdBy: "rpo-kit" }) };
  };
  const flush = (): void => {
    const [first] = rows;
    if (first === undefined) return;
    file ??= begin(first);
    const columnData = [...file.columns.keys()].map((name) => ({
      name,
      data: rows.map((row) => (row as unknown as Record<Column, unknown>)[name]),
    }));
    file.writer.write({ columnData, rowGroupSize: rows.length });
    rows = [];
    held = 0;
  };

  return {
    path,
    write(row) {
      rows.push(trlRow(row));
      held += characters(row);
      if (held >= GROUP_CHARACTERS || rows.length >= GROUP_ROWS) flush();
    },
    async close() {
      flush();
      if (file === undefined) return;
      file.writer.finish();
      const handle = await open(staging, "r+");
      await handle.sync();
      await handle.close();
    },
    commit: () => rename(staging, path),
    discard: () => rm(staging, { force: true }),
  };
}

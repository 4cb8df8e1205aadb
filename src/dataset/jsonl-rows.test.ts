import { mkdtemp, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { z } from "zod";
import { type BadRow, RowError } from "./input-error.ts";
import { type JsonlRow, readJsonlRows } from "./jsonl-rows.ts";

const schema = z.object({ id: z.string(), parts: z.array(z.int()) });
type Row = z.infer<typeof schema>;

let path: string;
beforeAll(async () => {
  path = join(await mkdtemp(join(tmpdir(), "rpo-jsonl-rows-")), "rows.jsonl");
});
afterAll(() => rm(join(path, ".."), { recursive: true }));

async function rowsOf(lines: readonly string[], ...rest: [onBad?: (row: BadRow) => void]): Promise<JsonlRow<Row>[]> {
  await writeFile(path, lines.join("\n"));
  const rows: JsonlRow<Row>[] = [];
  for await (const row of readJsonlRows(path, schema, ...rest)) rows.push(row);
  return rows;
}

const good = '{"extra":1,"parts":[1,2],"id":"a"}';

describe("readJsonlRows", () => {
  it("gives what the schema makes of a row, and the row as it stands in the file", async () => {
    const [row] = await rowsOf(["", good]);
    expect(row).toMatchObject({ value: { id: "a", parts: [1, 2] }, file: path, line: 2, text: good });
    expect(JSON.stringify(row!.given)).toBe(good);
  });

  it("refuses the first row that is not of the schema, with its place", async () => {
    const reading = rowsOf([good, '{"id":"b","parts":[1,"2"]}']);
    await expect(reading).rejects.toThrow(RowError);
    await expect(reading).rejects.toThrow(/rows\.jsonl:2: parts\[1\]: .*received string$/);
  });

  it("hands bad rows over and goes on, those that are no JSON too", async () => {
    const bad: BadRow[] = [];
    const rows = await rowsOf(["{", '{"id":1}', good], (row) => bad.push(row));
    expect(rows.map(({ line }) => line)).toEqual([3]);
    expect(bad.map(({ line, field, raw }) => [line, field, raw])).toEqual([
      [1, "row", "{"],
      [2, "id", '{"id":1}'],
    ]);
  });

  it("gives each row the words to refuse it by", async () => {
    const [row] = await rowsOf([good]);
    const error = row!.refusal("id", "is there twice");
    expect(error).toBeInstanceOf(RowError);
    expect(error.message).toBe(`${path}:1: id: is there twice`);
    expect(error.row.raw).toBe(good);
  });

  it("takes the schema that a row's own keys choose", async () => {
    await writeFile(path, '{"id":"a"}\n{"text":"b"}\n');
    const values: unknown[] = [];
    const chosen = (given: unknown) =>
      "id" in (given as object) ? z.strictObject({ id: z.string() }) : z.strictObject({ text: z.string() });
    for await (const { value } of readJsonlRows<{ id: string } | { text: string }>(path, chosen)) values.push(value);
    expect(values).toEqual([{ id: "a" }, { text: "b" }]);
  });
});

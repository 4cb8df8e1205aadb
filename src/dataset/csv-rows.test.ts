import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { gzipSync } from "node:zlib";
import { afterEach, beforeEach, describe, expect, it } from "vitest";
import { collected } from "../profile/bank/collected.ts";
import { csvRows } from "./csv-rows.ts";
import { type BadRow, refuseBadRow } from "./input-error.ts";

let folder: string;
beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), "rpo-csv-"));
});
afterEach(() => rmSync(folder, { recursive: true }));

const rowsOf = async (content: string | Buffer, onBad = refuseBadRow) => {
  writeFileSync(join(folder, "a.csv"), content);
  return collected(csvRows(join(folder, "a.csv"), ["id", "text"], onBad));
};

describe("csvRows", () => {
  it.each([
    ["LF", "\n"],
    ["CRLF", "\r\n"],
  ])("finds the header behind a banner and numbers rows by their first line (%s)", async (_, end) => {
    const content = [
      "A list",
      "by me, you",
      '""',
      "text,other,id",
      `"one${end}two",x,1`,
      'say ""hi"",y,2',
      "three,z,3",
    ];
    expect(await rowsOf(`\uFEFF${content.join(end)}${end}`).catch((error) => error.message)).toMatch(/no CSV/);
    content[5] = '"say ""hi""",y,2';
    const rows = [
      { line: 5, fields: { id: "1", text: `one${end}two` } },
      { line: 7, fields: { id: "2", text: 'say "hi"' } },
      { line: 8, fields: { id: "3", text: "three" } },
    ];
    expect(await rowsOf(`\uFEFF${content.join(end)}${end}`)).toEqual(rows);
    expect(await rowsOf(gzipSync(content.join(end)))).toEqual(rows);
  });

  it("takes lines that end in either way in one file", async () => {
    expect(await rowsOf('a banner\nid,text\r\n1,"a\r\nb"\r\n2,c\n3,d')).toEqual([
      { line: 3, fields: { id: "1", text: "a\r\nb" } },
      { line: 5, fields: { id: "2", text: "c" } },
      { line: 6, fields: { id: "3", text: "d" } },
    ]);
  });

  it("hands over rows of another width and goes on", async () => {
    const bad: BadRow[] = [];
    const rows = await rowsOf("id,text\n1,a\n2\n3,c,d\n4,e\n", (row) => bad.push(row));
    expect(rows.map(({ fields }) => fields.id)).toEqual(["1", "4"]);
    expect(bad.map(({ line, reason }) => [line, reason])).toEqual([
      [3, "1 fields where the header has 2"],
      [4, "3 fields where the header has 2"],
    ]);
    await expect(rowsOf("id,text\n1,a\n2\n")).rejects.toThrow(/a\.csv:3: row: 1 fields where the header has 2/);
  });

  it("says where there is no such header, and where a quote never ends", async () => {
    await expect(rowsOf("id,name\n1,a\n")).rejects.toThrow(/a\.csv: no header with id, text in its first 20 lines/);
    await expect(rowsOf("")).rejects.toThrow(/no header/);
    await expect(rowsOf(`${"x\n".repeat(30)}id,text\n1,a\n`)).rejects.toThrow(/no header/);
    await expect(rowsOf('id,text\n1,"a\n2,b\n')).rejects.toThrow(/no CSV/);
    await expect(collected(csvRows(join(folder, "none"), ["id"], refuseBadRow))).rejects.toThrow(/no such file/);
  });
});

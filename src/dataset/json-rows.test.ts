import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { gzipSync } from "node:zlib";
import { afterEach, beforeEach, describe, expect, it } from "vitest";
import { collected } from "../profile/bank/collected.ts";
import { type BadRow, refuseBadRow } from "./input-error.ts";
import { readJsonRows } from "./json-rows.ts";

let folder: string;
beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), "rpo-rows-"));
});
afterEach(() => rmSync(folder, { recursive: true }));

const rowsOf = async (content: string | Buffer, onBad = refuseBadRow) => {
  writeFileSync(join(folder, "a.json"), content);
  const rows = await collected(readJsonRows(join(folder, "a.json"), onBad));
  return rows.map(({ line, value }) => [line, value]);
};
const ROWS = [{ a: 1 }, { a: "茶" }];
const NUMBERED = [
  [1, { a: 1 }],
  [2, { a: "茶" }],
];

describe("readJsonRows", () => {
  it.each([
    ["JSON Lines", ROWS.map((row) => JSON.stringify(row)).join("\n")],
    ["a list over lines", JSON.stringify(ROWS, null, 4)],
    ["a list on a line", `\n${JSON.stringify(ROWS)}\n`],
    ["a list behind a byte order mark", `\uFEFF${JSON.stringify(ROWS, null, 1)}`],
  ])("reads %s, plain or gzip", async (_, text) => {
    expect(await rowsOf(text)).toEqual(NUMBERED);
    expect(await rowsOf(gzipSync(text))).toEqual(NUMBERED);
  });

  it("reads one row over several lines, an empty list and an empty file", async () => {
    expect(await rowsOf(JSON.stringify(ROWS[1], null, 4).replaceAll("\n", "\r\n"))).toEqual([[1, { a: "茶" }]]);
    expect(await rowsOf("[]")).toEqual([]);
    expect(await rowsOf("")).toEqual([]);
  });

  it("replaces lone surrogates, as in JSON Lines", async () => {
    expect(await rowsOf('[{"a": "\\ud83d"}]')).toEqual([[1, { a: "\uFFFD" }]]);
  });

  it("hands over bad lines of JSON Lines, and refuses a list that is none", async () => {
    const bad: BadRow[] = [];
    expect(await rowsOf('{"a":1}\nno\n{"a":2}', (row) => void bad.push(row))).toHaveLength(2);
    expect(bad.map(({ line }) => line)).toEqual([2]);
    await expect(rowsOf('[{"a": 1},\n{"a"')).rejects.toThrow(/a\.json: neither JSON Lines nor one JSON value: /);
    await expect(rowsOf(Buffer.from([0x5b, 0xff, 0x5d]))).rejects.toThrow(/a\.json: not valid UTF-8/);
    await expect(collected(readJsonRows(join(folder, "none"), refuseBadRow))).rejects.toThrow(/no such file/);
  });
});

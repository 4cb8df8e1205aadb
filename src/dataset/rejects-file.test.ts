import { existsSync, mkdtempSync, readFileSync, rmSync, statSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterEach, beforeEach, describe, expect, it } from "vitest";
import { RejectsFile } from "./rejects-file.ts";

let dir: string;
let path: string;
beforeEach(() => {
  dir = mkdtempSync(join(tmpdir(), "rpo-rejects-"));
  path = join(dir, "sub", "rejects.jsonl");
});
afterEach(() => rmSync(dir, { recursive: true }));

const row = (line: number) => ({ file: "a.jsonl", line, field: "row", reason: "not JSON", raw: "汤".repeat(100) });

describe("RejectsFile", () => {
  it("writes every row, most of them before the end", () => {
    const rejects = new RejectsFile(path);
    for (let line = 1; line <= 5000; line += 1) rejects.add(row(line));
    expect(statSync(path).size).toBeGreaterThan(1_500_000);
    rejects.close();
    rejects.close();
    expect(rejects.rows).toBe(5000);
    const lines = readFileSync(path, "utf8").trim().split("\n");
    expect(lines.map((line) => JSON.parse(line))).toEqual(Array.from({ length: 5000 }, (_, index) => row(index + 1)));
  });

  it("makes no file for no row, and removes what is discarded", () => {
    const none = new RejectsFile(path);
    none.close();
    none.discard();
    expect(existsSync(path)).toBe(false);
    const rejects = new RejectsFile(path);
    rejects.add(row(1));
    rejects.discard();
    expect(existsSync(path)).toBe(false);
  });
});

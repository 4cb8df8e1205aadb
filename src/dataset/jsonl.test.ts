import { mkdtemp, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { gzipSync } from "node:zlib";
import fc from "fast-check";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { type BadRow, InputError, RowError } from "./input-error.ts";
import { jsonLine, lineBatches, type NumberedLine, readJsonl } from "./jsonl.ts";

let dir: string;
beforeAll(async () => {
  dir = await mkdtemp(join(tmpdir(), "rpo-jsonl-"));
});
afterAll(() => rm(dir, { recursive: true }));

let files = 0;
async function fileOf(content: string | Buffer): Promise<string> {
  files += 1;
  const path = join(dir, `${files}.jsonl`);
  await writeFile(path, content);
  return path;
}

async function valuesOf(content: string | Buffer, onBad?: (row: BadRow) => void): Promise<[number, unknown][]> {
  const values: [number, unknown][] = [];
  for await (const { line, value } of readJsonl(await fileOf(content), onBad)) values.push([line, value]);
  return values;
}

async function* inChunks(bytes: Buffer, size: number): AsyncGenerator<Buffer> {
  for (let start = 0; start < bytes.length; start += size) yield bytes.subarray(start, start + size);
}

async function linesOf(bytes: Buffer, size: number): Promise<NumberedLine[]> {
  const lines: NumberedLine[] = [];
  for await (const batch of lineBatches(inChunks(bytes, size), "test")) lines.push(...batch);
  return lines;
}

describe("readJsonl", () => {
  it("takes a byte order mark, CRLF, empty lines, and a last line without an end", async () => {
    expect(await valuesOf('\uFEFF{"a":1}\r\n\r\n  \t\n[2]\n\n"三"')).toEqual([
      [1, { a: 1 }],
      [4, [2]],
      [6, "三"],
    ]);
    expect(await valuesOf("1\n2\n")).toEqual([
      [1, 1],
      [2, 2],
    ]);
    expect(await valuesOf("")).toEqual([]);
    expect(await valuesOf("\uFEFF")).toEqual([]);
  });

  it("takes a byte order mark at the start of the file only", async () => {
    await expect(valuesOf('1\n\uFEFF{"a":1}')).rejects.toThrow(/:2: row: not JSON/);
  });

  it("reads gzip, told by its bytes and not by its name, in several members too", async () => {
    expect(await valuesOf(Buffer.concat([gzipSync("1\n2\n"), gzipSync("3\n")]))).toEqual([
      [1, 1],
      [2, 2],
      [3, 3],
    ]);
  });

  it("says that gzip is damaged", async () => {
    const whole = gzipSync("1\n".repeat(10_000));
    await expect(valuesOf(whole.subarray(0, whole.length - 12))).rejects.toThrow(/damaged gzip data/);
    const broken = Buffer.from(whole);
    broken.fill(0xff, 12, 20);
    await expect(valuesOf(broken)).rejects.toThrow(/damaged gzip data/);
  });

  it("reads lines of 10 MB and more", async () => {
    const long = "长".repeat(4_000_000);
    const values = await valuesOf(`${JSON.stringify({ long })}\n2\n`);
    expect(values).toHaveLength(2);
    expect(values[0]?.[1]).toEqual({ long });
    expect(values[1]).toEqual([2, 2]);
  });

  it("says which line is not JSON, or hands it over and goes on", async () => {
    await expect(valuesOf('1\n\n{"a":}\n4')).rejects.toThrow(/\d+\.jsonl:3: row: not JSON: Unexpected token/);
    const bad: BadRow[] = [];
    expect(await valuesOf('1\n{"a":\n3', (row) => bad.push(row))).toEqual([
      [1, 1],
      [3, 3],
    ]);
    expect(bad).toMatchObject([{ line: 2, field: "row", raw: '{"a":' }]);
  });

  it("says which line is no UTF-8", async () => {
    const content = Buffer.concat([Buffer.from('1\n"'), Buffer.from([0xff, 0xfe]), Buffer.from('"\n3\n')]);
    await expect(valuesOf(content)).rejects.toThrow(/:2: row: not valid UTF-8/);
    await expect(valuesOf(content)).rejects.toBeInstanceOf(RowError);
    const bad: BadRow[] = [];
    expect(await valuesOf(content, (row) => bad.push(row))).toEqual([
      [1, 1],
      [3, 3],
    ]);
    expect(bad).toMatchObject([{ line: 2, raw: '"\uFFFD\uFFFD"' }]);
  });

  it("replaces lone surrogates and says so, and leaves pairs alone", async () => {
    const path = await fileOf('{"a":"x\\ud83d"}\n{"a":"\\ud83d\\ude00"}\n{"a":"\\\\ud83d"}\n');
    const rows = [];
    for await (const { value, mended } of readJsonl(path)) rows.push([value, mended]);
    expect(rows).toEqual([
      [{ a: "x\uFFFD" }, true],
      [{ a: "😀" }, false],
      [{ a: "\\ud83d" }, false],
    ]);
  });

  it("says that there is no such file, or that it cannot be read", async () => {
    const read = async (path: string): Promise<void> => {
      for await (const _ of readJsonl(path));
    };
    await expect(read(join(dir, "none.jsonl"))).rejects.toThrow(/none\.jsonl: no such file/);
    await expect(read(dir)).rejects.toThrow(/cannot be read \(EISDIR\)/);
    await expect(read(dir)).rejects.toBeInstanceOf(InputError);
  });

  it("lets go of a file that is not read to its end", async () => {
    for await (const { value } of readJsonl(await fileOf("1\n2\n"))) {
      expect(value).toBe(1);
      break;
    }
    for await (const { value } of readJsonl(await fileOf(gzipSync("1\n2\n")))) {
      expect(value).toBe(1);
      break;
    }
  });
});

describe("lineBatches", () => {
  it("gives the same lines however the bytes are cut", async () => {
    const content = fc.array(fc.string({ unit: fc.constantFrom("a", "é", "字", "😀", "\n", "\r\n", " ") }), {
      maxLength: 8,
    });
    await fc.assert(
      fc.asyncProperty(content, fc.integer({ min: 1, max: 7 }), async (parts, size) => {
        const text = parts.join("\n");
        const expected = text
          .split("\n")
          .map((line, index) => [index + 1, line.replace(/\r$/, "")] as const)
          .filter(([, line]) => line.trim() !== "");
        const lines = await linesOf(Buffer.from(text), size);
        expect(lines.map(({ line, bytes }) => [line, bytes.toString("utf8")])).toEqual(expected);
      }),
      { numRuns: 500 },
    );
  });

  it("refuses a line that has no end in sight", async () => {
    const chunk = Buffer.alloc(64 << 20, "a");
    async function* endless(): AsyncGenerator<Buffer> {
      yield Buffer.from("1\n");
      while (true) yield chunk;
    }
    const read = async (): Promise<void> => {
      for await (const _ of lineBatches(endless(), "big.jsonl"));
    };
    await expect(read()).rejects.toThrow("big.jsonl:2: row: longer than 256 MiB");
  });
});

describe("jsonLine", () => {
  it("writes one line, and no lone surrogate", () => {
    expect(jsonLine({ a: "x\ny" })).toBe('{"a":"x\\ny"}\n');
    expect(jsonLine({ a: "\ud83d", b: "😀", c: "\\ud83d" })).toBe('{"a":"\uFFFD","b":"😀","c":"\\\\ud83d"}\n');
  });
});

import { createHash } from "node:crypto";
import { mkdtemp, open, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { gzipSync } from "node:zlib";
import fc from "fast-check";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { type LineSpan, lineSpans } from "./line-spans.ts";

let folder: string;
beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), "rpo-lines-"));
});
afterAll(() => rm(folder, { recursive: true }));

async function spansOf(bytes: Uint8Array): Promise<{ spans: LineSpan[]; sha256: string }> {
  const path = join(folder, "lines");
  await writeFile(path, bytes);
  const file = await open(path);
  try {
    const hash = createHash("sha256");
    const spans: LineSpan[] = [];
    for await (const batch of lineSpans(file, hash, "lines")) spans.push(...batch);
    return { spans, sha256: hash.digest("hex") };
  } finally {
    await file.close();
  }
}

describe("lineSpans", () => {
  it.each([
    ["a\nbc\n", [1, 2], ["a", "bc"]],
    ["a\r\n\r\n \t\nb", [1, 4], ["a", "b"]],
    ["\ufeffa\nb", [1, 2], ["a", "b"]],
    ["", [], []],
    ["\n\n", [], []],
  ])("of %j", async (text, lines, texts) => {
    const { spans } = await spansOf(Buffer.from(text));
    expect(spans.map(({ line }) => line)).toEqual(lines);
    expect(spans.map(({ bytes }) => bytes.toString())).toEqual(texts);
  });

  it("says where each line stands, across the pieces in which the file is read, and hashes it whole", async () => {
    const lines = fc.array(
      fc.record({ length: fc.integer({ min: 0, max: 200_000 }), end: fc.constantFrom("\n", "\r\n") }),
      {
        maxLength: 8,
      },
    );
    await fc.assert(
      fc.asyncProperty(lines, async (parts) => {
        const bytes = Buffer.from(parts.map(({ length, end }, i) => `${"xyz"[i % 3]!.repeat(length)}${end}`).join(""));
        const { spans, sha256 } = await spansOf(bytes);
        expect(sha256).toBe(createHash("sha256").update(bytes).digest("hex"));
        expect(spans.map(({ bytes }) => bytes.length)).toEqual(parts.map(({ length }) => length).filter((n) => n > 0));
        for (const { offset, bytes: of } of spans)
          expect(of.equals(bytes.subarray(offset, offset + of.length))).toBe(true);
      }),
      { numRuns: 30 },
    );
  });

  it("refuses gzip", async () => {
    await expect(spansOf(gzipSync("a\n"))).rejects.toThrow(/lines: is gzip; unpack it first/);
  });
});

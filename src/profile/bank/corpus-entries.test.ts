// Corpora as tar files and folders: the same entries in the same order; what is damaged says so.
import { mkdirSync, mkdtempSync, rmSync, symlinkSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { dirname, join } from "node:path";
import { gzipSync } from "node:zlib";
import { pack } from "tar-stream";
import { afterEach, beforeEach, describe, expect, it } from "vitest";
import { type BadRow, refuseBadRow } from "../../dataset/input-error.ts";
import { collected } from "./collected.ts";
import { type CorpusEntry, corpusEntries } from "./corpus-entries.ts";

let folder: string;
beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), "rpo-corpus-"));
});
afterEach(() => rmSync(folder, { recursive: true }));

async function tarOf(files: Readonly<Record<string, string | Buffer>>): Promise<Buffer> {
  const tar = pack();
  for (const [name, content] of Object.entries(files)) tar.entry({ name }, content);
  tar.finalize();
  const chunks: Buffer[] = [];
  for await (const chunk of tar) chunks.push(chunk as Buffer);
  return Buffer.concat(chunks);
}

async function entriesOf(source: string, onBad = refuseBadRow): Promise<CorpusEntry[]> {
  return collected(corpusEntries(source, (path) => path.endsWith(".md"), onBad));
}

const FILES = { "c/b.md": "B", "c/a.md": "A", "c/é.md": "É", "c/Z.md": "Z", "c/other.txt": "no", "c/sub/x.md": "X" };
const ORDER = ["c/Z.md", "c/a.md", "c/b.md", "c/sub/x.md", "c/é.md"];

describe("corpusEntries", () => {
  it.each([
    ["plain", (bytes: Buffer) => bytes],
    ["gzip", (bytes: Buffer) => gzipSync(bytes)],
  ])("gives the wanted files of a tar file, %s, in byte order of their names", async (_, packed) => {
    const file = join(folder, "corpus.tar");
    writeFileSync(file, packed(await tarOf(FILES)));
    const entries = await entriesOf(file);
    expect(entries.map(({ path }) => path)).toEqual(ORDER);
    expect(entries.map(({ text }) => text)).toEqual(["Z", "A", "B", "X", "É"]);
    expect(entries[0]?.name).toBe(`${file}:c/Z.md`);
  });

  it("gives the same of a folder, without following links", async () => {
    for (const [name, content] of Object.entries(FILES)) {
      mkdirSync(dirname(join(folder, name)), { recursive: true });
      writeFileSync(join(folder, name), content);
    }
    symlinkSync("/etc/hostname", join(folder, "c/link.md"));
    expect((await entriesOf(folder)).map(({ path }) => path)).toEqual(ORDER);
  });

  it("hands over what is no UTF-8, naming corpus and entry, and goes on", async () => {
    const file = join(folder, "corpus.tar");
    writeFileSync(file, await tarOf({ "a.md": Buffer.from([0xff, 0xfe]), "b.md": "B" }));
    await expect(entriesOf(file)).rejects.toThrow(`${file}:a.md:1: file: not valid UTF-8`);
    const bad: BadRow[] = [];
    expect((await entriesOf(file, (row) => bad.push(row))).map(({ path }) => path)).toEqual(["b.md"]);
    expect(bad).toHaveLength(1);
    writeFileSync(file, await tarOf({ "\u001b[2J.md": Buffer.from([0xff]) }));
    await expect(entriesOf(file)).rejects.toThrow(`${file}:\uFFFD[2J.md:1: file: not valid UTF-8`);
  });

  it("says what is no tar file, cut short, damaged, or not there", async () => {
    const file = join(folder, "corpus.tar");
    await expect(entriesOf(join(folder, "none"))).rejects.toThrow(/none: no such file or folder/);
    writeFileSync(file, "x".repeat(2000));
    await expect(entriesOf(file)).rejects.toThrow(/corpus\.tar: no tar file, or damaged/);
    writeFileSync(file, "");
    await expect(entriesOf(file)).rejects.toThrow(/corpus\.tar: no tar file/);
    const whole = await tarOf({ "a.md": "A".repeat(3000) });
    writeFileSync(file, whole.subarray(0, 1500));
    await expect(entriesOf(file)).rejects.toThrow(/corpus\.tar: no tar file, or damaged/);
    writeFileSync(file, gzipSync(whole).subarray(0, 40));
    await expect(entriesOf(file)).rejects.toThrow(/corpus\.tar: damaged gzip data/);
  });

  it("refuses a tar file that has a name twice", async () => {
    const tar = pack();
    tar.entry({ name: "a.md" }, "1");
    tar.entry({ name: "a.md" }, "2");
    tar.finalize();
    writeFileSync(join(folder, "t.tar"), Buffer.concat(await collected(tar as AsyncIterable<Buffer>)));
    await expect(entriesOf(join(folder, "t.tar"))).rejects.toThrow(/a\.md is there twice/);
  });
});

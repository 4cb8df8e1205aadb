import { createHash } from "node:crypto";
import { mkdtemp, readFile, rm, utimes, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterEach, beforeEach, describe, expect, it } from "vitest";
import { cacheDirectory, cataloguePath, hubPath, STAMP_ENDING, verifiedFile, writeStamp } from "./model-cache.ts";

let folder: string;
let path: string;
const sha256 = createHash("sha256").update("content").digest("hex");
const other = createHash("sha256").update("contend").digest("hex");

beforeEach(async () => {
  folder = await mkdtemp(join(tmpdir(), "rpo-cache-"));
  path = join(folder, "file.gguf");
});
afterEach(() => rm(folder, { recursive: true }));

describe("the cache", () => {
  it("is where RPO_CACHE says, else a folder of this program's own", () => {
    expect(cacheDirectory({ RPO_CACHE: "/somewhere" })).toBe("/somewhere");
    expect(cacheDirectory({})).toMatch(/rpo-kit/);
  });

  it("has a place for each model", () => {
    expect(cataloguePath("c", { name: "m", file: "f.gguf" })).toBe(join("c", "models", "m", "f.gguf"));
    expect(hubPath("c", { repo: "o/r", path: "d/f.gguf" })).toBe(join("c", "models", "hub", "o", "r", "d", "f.gguf"));
  });
});

describe("verifiedFile", () => {
  it("takes a file that has the expected hash, and stamps it", async () => {
    expect(await verifiedFile(path, sha256)).toBeNull();
    await writeFile(path, "content");
    expect(await verifiedFile(path, null)).toBeNull(); // nobody ever checked it
    expect(await verifiedFile(path, other)).toBeNull();
    expect(await verifiedFile(path, sha256)).toEqual({ path, sha256, bytes: 7 });
    expect(await verifiedFile(path, null)).toEqual({ path, sha256, bytes: 7 });
  });

  it("hashes a stamped file again only if it changed", async () => {
    await writeFile(path, "content");
    await writeStamp(path, other); // a lie that only hashing would find
    expect(await verifiedFile(path, other)).not.toBeNull();
    await utimes(path, 1, 1);
    expect(await verifiedFile(path, other)).toBeNull();
    await writeStamp(path, sha256);
    await writeFile(path, "contend");
    expect(await verifiedFile(path, null)).toBeNull();
  });

  it("stamps anew a file that was only touched", async () => {
    await writeFile(path, "content");
    await writeStamp(path, sha256);
    await utimes(path, 1, 1);
    expect(await verifiedFile(path, null)).toEqual({ path, sha256, bytes: 7 });
    expect(JSON.parse(await readFile(path + STAMP_ENDING, "utf8"))).toMatchObject({ mtimeMs: 1000 });
  });

  it("passes over a stamp that can't be read", async () => {
    await writeFile(path, "content");
    await writeFile(path + STAMP_ENDING, "{");
    expect(await verifiedFile(path, null)).toBeNull();
    expect(await verifiedFile(path, sha256)).not.toBeNull();
  });
});

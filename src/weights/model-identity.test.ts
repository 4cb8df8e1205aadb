import { createHash } from "node:crypto";
import { mkdtemp, readdir, rm, stat, utimes, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterEach, beforeEach, describe, expect, it } from "vitest";
import { modelIdentity } from "./model-identity.ts";

let folder: string;
beforeEach(async () => {
  folder = await mkdtemp(join(tmpdir(), "rpo-identity-"));
});
afterEach(() => rm(folder, { recursive: true, force: true }));

const sha256 = (text: string) => createHash("sha256").update(text).digest("hex");

async function file(name: string, content: string): Promise<string> {
  const path = join(folder, name);
  await writeFile(path, content);
  return path;
}

describe("modelIdentity", () => {
  const notes = () => ({ folder: join(folder, "notes") });

  it("is one file's SHA-256, and that of the list for several", async () => {
    const [a, b] = [await file("a", "first"), await file("b", "second")];
    expect(await modelIdentity([a], notes())).toBe(sha256("first"));
    const list = [`${sha256("first")}  a\n`, `${sha256("second")}  b\n`].sort().join("");
    expect(await modelIdentity([a, b], notes())).toBe(sha256(list));
    expect(await modelIdentity([b, a], notes())).toBe(sha256(list));
  });

  it("hashes a file again only if its size or time changed, or the note is broken", async () => {
    const path = await file("a", "first");
    const seen: number[] = [];
    const options = { ...notes(), onBytes: (done: number, total: number) => seen.push(done, total) };
    const identity = () => modelIdentity([path], options);
    await identity();
    expect(seen).toEqual([5, 5]);
    await identity();
    expect(seen).toHaveLength(2);
    const { mtime } = await stat(path);
    await writeFile(path, "other");
    await utimes(path, mtime, new Date(mtime.getTime() + 1000));
    expect(await identity()).toBe(sha256("other"));
    const [note] = await readdir(join(folder, "notes"));
    await writeFile(join(folder, "notes", note!), '{"sha256": "no"}');
    expect(await identity()).toBe(sha256("other"));
    expect(seen).toHaveLength(6);
  });

  it("can be ended, and does without notes where none can be written", async () => {
    const path = await file("a", "first");
    const reason = new Error("enough");
    await expect(modelIdentity([path], { ...notes(), signal: AbortSignal.abort(reason) })).rejects.toBe(reason);
    expect(await modelIdentity([path], { folder: join(path, "below a file") })).toBe(sha256("first"));
    await expect(modelIdentity([join(folder, "absent")], notes())).rejects.toThrow(/ENOENT/);
  });
});

import { appendFile, mkdtemp, rename, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { expect, it } from "vitest";
import { growingFile } from "./growing-file.ts";

it("gives whole lines as they come, and begins anew where the file is replaced or cut", async () => {
  const dir = await mkdtemp(join(tmpdir(), "rpo-growing-"));
  const path = join(dir, "metrics.jsonl");
  const file = growingFile(path);
  expect(await file.newLines()).toEqual([]);
  await writeFile(path, "one\ntw");
  expect(await file.newLines()).toEqual(["one"]);
  await appendFile(path, "o ü");
  expect(await file.newLines()).toEqual([]);
  await appendFile(path, "\nthree\n");
  expect(await file.newLines()).toEqual(["two ü", "three"]);
  await writeFile(join(dir, "new"), "one\ntwo\nfour\nfive and more than there was\n");
  await rename(join(dir, "new"), path);
  expect(await file.newLines()).toEqual(["one", "two", "four", "five and more than there was"]);
  await writeFile(path, "six\n");
  expect(await file.newLines()).toEqual(["six"]);
  await rm(dir, { recursive: true });
});

import { createHash } from "node:crypto";
import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, expect, it } from "vitest";
import { checkedFile } from "./checked-file.ts";

const dir = mkdtempSync(join(tmpdir(), "rpo-checked-"));
afterAll(() => rmSync(dir, { recursive: true }));

it("gives a file that is what it should be, and no other", () => {
  const path = join(dir, "table");
  const sha256 = createHash("sha256").update("words").digest("hex");
  expect(checkedFile(path, sha256)).toBeNull();
  writeFileSync(path, "words");
  expect(checkedFile(path, sha256)?.toString()).toBe("words");
  writeFileSync(path, "worse");
  expect(checkedFile(path, sha256)).toBeNull();
  mkdirSync(join(dir, "folder"));
  expect(() => checkedFile(join(dir, "folder"), sha256)).toThrow("EISDIR");
});

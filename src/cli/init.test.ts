import { existsSync } from "node:fs";
import { mkdtemp, readFile, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { dirname, join, resolve } from "node:path";
import { afterEach, beforeEach, expect, it } from "vitest";
import { readRunConfig } from "../config/run-config.ts";
import { init } from "./init.ts";

let dir: string;
beforeEach(async () => {
  dir = await mkdtemp(join(tmpdir(), "rpo-init-"));
});
afterEach(() => rm(dir, { recursive: true }));

it("writes a file that the reader accepts, in a folder that need not be there, with the schema that is here", async () => {
  const path = await init(join(dir, "runs", "first"));
  expect(path).toBe(join(dir, "runs", "first", "rpo.yaml"));
  expect((await readRunConfig(path, { env: {} })).run.dir).toBe(dirname(path));
  const [, schema = ""] = /^# yaml-language-server: \$schema=(.*)$/m.exec(await readFile(path, "utf8")) ?? [];
  expect(schema).toMatch(/^\.\.?\//);
  expect(existsSync(resolve(dirname(path), schema))).toBe(true);
});

it("leaves a file that is there", async () => {
  await writeFile(join(dir, "rpo.yaml"), "mine");
  await expect(init(dir)).rejects.toThrow(/rpo\.yaml: is there already, and stays as it is$/);
  expect(await readFile(join(dir, "rpo.yaml"), "utf8")).toBe("mine");
});

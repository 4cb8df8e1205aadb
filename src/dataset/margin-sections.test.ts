import { mkdtemp, readdir, readFile, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { MarginSections } from "./margin-sections.ts";

let dir: string;
beforeAll(async () => {
  dir = await mkdtemp(join(tmpdir(), "rpo-sections-"));
});
afterAll(() => rm(dir, { recursive: true }));

describe("MarginSections", () => {
  it("joins the lines by margin, the largest first, in their order within one, and leaves no other file", async () => {
    const sections = new MarginSections(join(dir, "work"));
    const expected: [number, string][] = [];
    // Lines long enough that every section is written more than once.
    for (let index = 0; index < 300; index += 1) {
      const margin = [2, 10, 1][index % 3] as number;
      const line = `${margin} ${index} ${"字".repeat(2000)}\n`;
      expected.push([margin, line]);
      await sections.write(margin, line);
    }
    const path = join(dir, "joined.jsonl");
    await sections.join(path);
    const sorted = expected.sort(([a], [b]) => b - a).map(([, line]) => line);
    expect(await readFile(path, "utf8")).toBe(sorted.join(""));
    expect(await readdir(join(dir, "work"))).toEqual([]);
  });

  it("makes an empty file of nothing", async () => {
    const path = join(dir, "empty.jsonl");
    await new MarginSections(join(dir, "unused")).join(path);
    expect(await readFile(path, "utf8")).toBe("");
  });

  it("closes its files when it is given up", async () => {
    const sections = new MarginSections(join(dir, "given-up"));
    await sections.write(1, "x\n");
    await sections.discard();
    await rm(join(dir, "given-up"), { recursive: true });
    await sections.discard();
  });
});

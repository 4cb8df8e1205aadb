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
      const half = Math.floor(line.length / 2);
      await sections.write(margin, [Buffer.from(line.slice(0, half)), Buffer.from(line.slice(half))]);
    }
    const path = join(dir, "joined.jsonl");
    await sections.join(path);
    const sorted = expected.sort(([a], [b]) => b - a).map(([, line]) => line);
    expect(await readFile(path, "utf8")).toBe(sorted.join(""));
    expect(await readdir(join(dir, "work"))).toEqual([]);
  });

  it("writes lines that are longer than its buffer", async () => {
    const sections = new MarginSections(join(dir, "long"));
    const lines = ["a".repeat(1_000_000), "b".repeat(300_000), "c"].map((line) => `${line}\n`);
    for (const line of lines) await sections.write(1, [Buffer.from(line)]);
    const path = join(dir, "long.jsonl");
    await sections.join(path);
    expect(await readFile(path, "utf8")).toBe(lines.join(""));
  });

  it("makes an empty file of nothing", async () => {
    const path = join(dir, "empty.jsonl");
    await new MarginSections(join(dir, "unused")).join(path);
    expect(await readFile(path, "utf8")).toBe("");
  });

  it("closes its files when it is given up", async () => {
    const sections = new MarginSections(join(dir, "given-up"));
    await sections.write(1, [Buffer.from("x\n")]);
    await sections.discard();
    await rm(join(dir, "given-up"), { recursive: true });
    await sections.discard();
  });
});

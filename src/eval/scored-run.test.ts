import { mkdtemp, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterEach, beforeEach, describe, expect, it } from "vitest";
import { readScoredRun, type ScoredRun, scoredRunLines } from "./scored-run.ts";

let dir: string;
beforeEach(async () => {
  dir = await mkdtemp(join(tmpdir(), "rpo-scored-"));
});
afterEach(() => rm(dir, { recursive: true }));

const run: ScoredRun = {
  benchmark: "ifeval",
  mode: "parity",
  run: "one",
  setting: { judge: "j" },
  items: [
    { id: "1000", cluster: "1000", outcomes: { prompt_strict: [0, 1], inst_strict: [1, 2] } },
    {
      id: "1001",
      cluster: "1001",
      outcomes: { prompt_strict: [1, 1] },
      shown: { prompt: "Write.", response: null, verdicts: [{ id: "no_comma", verdict: "pass" }] },
    },
  ],
};

async function read(lines: Iterable<string>): Promise<ScoredRun> {
  const path = join(dir, "items.jsonl");
  await writeFile(path, [...lines].join(""));
  return readScoredRun(path);
}

describe("a scored run", () => {
  it("reads back as it was written", async () => {
    expect(await read(scoredRunLines(run))).toEqual(run);
  });

  it.each<[string, (lines: string[]) => string[], RegExp]>([
    ["without its first line", (lines) => lines.slice(1), /:1: benchmark: no scored run begins so/],
    ["without items", (lines) => lines.slice(0, 1), /a scored run without items/],
    ["with an item twice", (lines) => [...lines, lines[1]!], /:4: id: the item "1000" is there twice/],
    ["with more than all", (lines) => [lines[0]!, lines[1]!.replace("[1,2]", "[3,2]")], /:2: .*not a part of a whole/],
    ["that is empty", () => [], /a scored run without items/],
  ])("is refused %s", async (_, change, message) => {
    await expect(read(change([...scoredRunLines(run)]))).rejects.toThrow(message);
  });
});

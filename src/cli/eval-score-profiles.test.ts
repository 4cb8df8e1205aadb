// `rpo eval score profiles` as a user runs it, on turn tables.
import { spawn } from "node:child_process";
import { mkdtemp, readFile, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { afterEach, beforeEach, describe, expect, it } from "vitest";

const RPO = fileURLToPath(new URL("../../bin/rpo.mjs", import.meta.url));

let dir: string;
beforeEach(async () => {
  dir = await mkdtemp(join(tmpdir(), "rpo-profiles-"));
});
afterEach(() => rm(dir, { recursive: true }));

function score(...args: readonly string[]): Promise<{ code: number | null; stdout: string; stderr: string }> {
  return new Promise((resolve, reject) => {
    const child = spawn(process.execPath, [RPO, "eval", "score", "profiles", ...args], { cwd: dir });
    let [stdout, stderr] = ["", ""];
    child.stdout.setEncoding("utf8").on("data", (text: string) => (stdout += text));
    child.stderr.setEncoding("utf8").on("data", (text: string) => (stderr += text));
    child.on("error", reject).on("close", (code) => resolve({ code, stdout, stderr }));
  });
}

const row = (id: string, responses: readonly object[]) => ({
  id,
  profile: { id: "cook" },
  messages: [
    { role: "system", content: "Use no commas. Be brief." },
    { role: "user", content: "How?" },
  ],
  constraints: [
    { id: "c1", text: "Use no commas." },
    { id: "c2", text: "Be brief." },
  ],
  responses,
});
const by = (model: string, verdicts: readonly (boolean | null)[]) => ({ text: "So.", model, verdicts });

describe("rpo eval score profiles", () => {
  it("scores a model's responses by the verdicts of a turn table", async () => {
    const rows = [
      row("cook/q1/original", [by("a", [true, true]), by("b", [false, true]), by("a", [true, null])]),
      row("cook/q1/reversed", [by("a", [false, true])]),
    ];
    await writeFile(join(dir, "turns.jsonl"), rows.map((one) => JSON.stringify(one)).join("\n"));
    const several = await score("turns.jsonl");
    expect([several.code, several.stderr]).toEqual([
      1,
      "rpo: turns.jsonl: responses of several models; name one as --of: a, b\n",
    ]);
    const { code, stdout } = await score("turns.jsonl", "--of", "a", "--json", "--items", "items.jsonl");
    expect(code).toBe(0);
    expect(JSON.parse(stdout)).toMatchObject({
      ...{ benchmark: "profiles", mode: "fixed", run: "a" },
      measures: { satisfied: { value: 0.8, of: 5 }, "satisfied.reversed": { value: 0.5 }, all_satisfied: { of: 3 } },
      by_profile: [{ profile: "cook", satisfied: 0.8, responses: 3 }],
    });
    const items = (await readFile(join(dir, "items.jsonl"), "utf8")).trimEnd().split("\n").slice(1);
    expect(items.map((line) => JSON.parse(line)).map(({ id, cluster }) => [id, cluster])).toEqual([
      ["cook/q1/original", "cook/q1"],
      ["cook/q1/original#2", "cook/q1"],
      ["cook/q1/reversed", "cook/q1"],
    ]);
    expect((await score("turns.jsonl", "--of", "c")).stderr).toContain("no response of c; there are a, b");
  });

  it("says where a table has nothing to score", async () => {
    await writeFile(join(dir, "turns.jsonl"), JSON.stringify(row("q", [by("a", [null, null])])));
    expect((await score("turns.jsonl")).stderr).toBe("rpo: turns.jsonl: no response has a verdict\n");
    await writeFile(join(dir, "empty.jsonl"), "");
    expect((await score("empty.jsonl")).stderr).toBe("rpo: empty.jsonl: no turn\n");
  });
});

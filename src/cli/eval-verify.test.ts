// `rpo eval verify` as a user runs it: a filter that keeps what rows carry, and errors that name the row.
import { spawn } from "node:child_process";
import { existsSync } from "node:fs";
import { mkdtemp, readFile, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { afterEach, beforeEach, describe, expect, it } from "vitest";

const RPO = fileURLToPath(new URL("../../bin/rpo.mjs", import.meta.url));

let dir: string;
beforeEach(async () => {
  dir = await mkdtemp(join(tmpdir(), "rpo-verify-"));
});
afterEach(() => rm(dir, { recursive: true }));

/** Runs `rpo eval verify` in an empty cache: no table is there. */
function verify(
  args: readonly string[],
  rows: readonly object[],
): Promise<{ code: number | null; stdout: string; stderr: string }> {
  return new Promise((resolve, reject) => {
    const env = { ...process.env, RPO_CACHE: join(dir, "cache") };
    const child = spawn(process.execPath, [RPO, "eval", "verify", ...args], { cwd: dir, env });
    let [stdout, stderr] = ["", ""];
    child.stdout.setEncoding("utf8").on("data", (text: string) => (stdout += text));
    child.stderr.setEncoding("utf8").on("data", (text: string) => (stderr += text));
    child.on("error", reject).on("close", (code) => resolve({ code, stdout, stderr }));
    child.stdin.on("error", () => {}); // a command that refuses its flags does not read
    child.stdin.end(rows.map((row) => `${JSON.stringify(row)}\n`).join(""));
  });
}

const noComma = (response: string) => ({ instruction_id: "punctuation:no_comma", kwargs: {}, response });

describe("rpo eval verify", () => {
  it("gives the rows back with their verdicts", async () => {
    const rows = [
      { ...noComma("a, b\nc"), mine: 1 },
      { ...noComma("x"), kwargs: { relation: "at least" } },
    ];
    const { code, stdout } = await verify(["--suite", "ifeval"], rows);
    expect(code).toBe(0);
    expect(
      stdout
        .trimEnd()
        .split("\n")
        .map((line) => JSON.parse(line)),
    ).toEqual([
      { ...rows[0], strict: false, loose: true },
      { ...rows[1], strict: "error:TypeError", loose: "error:TypeError" },
    ]);
  });

  it("repairs the official faults where it is asked to, and refuses what they answer by an exception", async () => {
    const keyword = { instruction_id: "keywords:existence", kwargs: { keywords: ["art"] }, response: "a party" };
    const wrong = { ...noComma("x"), kwargs: { relation: "at least" } };
    const { code, stdout, stderr } = await verify(
      ["--suite", "ifeval", "--mode", "fixed", "--skip-bad"],
      [keyword, { ...keyword, response: "an art, " }, wrong],
    );
    expect([code, stdout.match(/"strict":\w+/g)]).toEqual([0, ['"strict":false', '"strict":true']]);
    expect(stderr).toContain("1 bad rows left out");
  });

  it("names the row that has no verdict, and leaves nothing half-written", async () => {
    const rows = [noComma("x"), { ...noComma("x"), instruction_id: "punctuation:none" }];
    const { code, stderr } = await verify(["--suite", "multi_if", "--out", "out.jsonl"], rows);
    expect([code, existsSync(join(dir, "out.jsonl"))]).toEqual([1, false]);
    expect(stderr).toContain('(stdin):2: instruction_id: no instruction is called "punctuation:none"');
  });

  it("collects bad rows where it is asked to", async () => {
    const rows = [
      noComma("x"),
      { ...noComma("x"), response: 5 },
      { instruction_id: "keywords:existence", kwargs: {}, response: "" },
    ];
    const { code, stdout, stderr } = await verify(["--suite", "ifeval", "--skip-bad"], rows);
    expect([code, stdout.trimEnd().split("\n").length]).toEqual([0, 1]);
    expect(stderr).toContain("2 bad rows left out");
    expect(await readFile(join(dir, "rejects.jsonl"), "utf8")).toContain("kwargs.keywords");
  });

  it("says how to fetch a table that it needs", async () => {
    const sentences = { num_sentences: 1, relation: "at least" };
    const rows = [{ instruction_id: "length_constraints:number_sentences", kwargs: sentences, response: "Yes." }];
    const results = [
      await verify(["--suite", "ifeval"], rows),
      await verify(
        ["--suite", "ifeval"],
        [{ instruction_id: "change_case:english_capital", kwargs: {}, response: "YES." }],
      ),
    ];
    for (const { code, stderr } of results) {
      expect(code).toBe(1);
      expect(stderr).toContain("rpo eval tables --pull");
    }
  });

  it("knows the suites of IFBench, and their tables", async () => {
    const rows = [{ instruction_id: "format:no_whitespace", kwargs: {}, response: "Sure:\nabc" }];
    const { code, stdout } = await verify(["--suite", "ifbench"], rows);
    expect([code, JSON.parse(stdout)]).toEqual([0, { ...rows[0], strict: false, loose: true }]);
    const verb = [{ instruction_id: "words:odd_even_syllables", kwargs: {}, response: "Go home" }];
    const refused = await verify(["--suite", "ifbench_2026"], verb);
    expect(refused.code).toBe(1);
    expect(refused.stderr).toContain(
      "(stdin):1: instruction_id: needs syllapy's syllables: fetch them by rpo eval tables",
    );
  });

  it("wants a suite", async () => {
    expect((await verify([], [])).code).toBe(2);
    expect((await verify(["--suite", "ifbunch"], [])).code).toBe(2);
  });
});

// `rpo eval score sysbench`, `rpo eval compare` and `rpo eval report` as a user runs them.
import { spawn } from "node:child_process";
import { mkdtemp, readdir, readFile, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { afterEach, beforeEach, describe, expect, it } from "vitest";

const RPO = fileURLToPath(new URL("../../bin/rpo.mjs", import.meta.url));

let dir: string;
beforeEach(async () => {
  dir = await mkdtemp(join(tmpdir(), "rpo-score-"));
});
afterEach(() => rm(dir, { recursive: true }));

function rpo(...args: readonly string[]): Promise<{ code: number | null; stdout: string; stderr: string }> {
  return new Promise((resolve, reject) => {
    const child = spawn(process.execPath, [RPO, "eval", ...args], { cwd: dir });
    let [stdout, stderr] = ["", ""];
    child.stdout.setEncoding("utf8").on("data", (text: string) => (stdout += text));
    child.stderr.setEncoding("utf8").on("data", (text: string) => (stderr += text));
    child.on("error", reject).on("close", (code) => resolve({ code, stdout, stderr }));
  });
}

/** Verdicts of so many sessions; in each the rounds from `broken` on fail, and one says 不适用. */
async function verdicts(name: string, broken: (session: number) => number): Promise<string> {
  const rows = Array.from({ length: 8 }, (_, session) =>
    [1, 2, 3, 4, 5].map((round) => ({
      ...{ system_id: session, round, related: session % 2 === 0, alignment: "align" },
      verdicts: [["1", "内容约束", round >= broken(session) ? "否" : session === 0 && round === 1 ? "不适用" : "是"]],
    })),
  ).flat();
  await writeFile(join(dir, `${name}.jsonl`), rows.map((row) => JSON.stringify(row)).join("\n"));
  return `${name}.jsonl`;
}

describe("rpo eval score sysbench", () => {
  it("prints the scores of its mode, with intervals, and tells of other verdicts", async () => {
    const file = await verdicts("one", () => 4);
    const parity = await rpo("score", "sysbench", "--verdicts", file, "--json");
    expect(parity.code).toBe(0);
    expect(JSON.parse(parity.stdout)).toMatchObject({
      ...{ benchmark: "sysbench", mode: "parity", run: "one", sessions: 8, rounds: 40, criteria: 40 },
      CSR: { content: 23 / 40, total: 23 / 40, action: null },
      ISR: { total: 0.6, misaligned: null },
      SSR: { total: 0.6 },
      intervals: { CSR: { action: [null, null] } },
      other_verdicts: { 不适用: 1 },
    });
    expect(parity.stderr).toMatch(/1 verdict other than 是 and 否 \(不适用 1\); .*fail in CSR and pass in ISR and SSR/);
    const fixed = await rpo("score", "sysbench", "--verdicts", file, "--mode", "fixed");
    expect(fixed.stdout).toMatch(/^SysBench, one, mode fixed$/m);
    expect(fixed.stdout).toMatch(/^ISR, rounds that satisfy all +57\.5%/m);
    expect(fixed.stderr).toContain("counted as not satisfied");
  });

  it("says what is wrong with verdicts, and where", async () => {
    const { code, stderr } = await rpo("score", "sysbench", "--verdicts", "none.jsonl");
    expect([code, stderr]).toEqual([1, "rpo: none.jsonl: no such file\n"]);
    expect((await rpo("score", "sysbench")).code).toBe(2);
  });
});

describe("rpo eval compare", () => {
  it("compares two files of scored items", async () => {
    for (const [name, broken] of [
      ["weak", (session: number) => 1 + (session % 3)],
      ["strong", (session: number) => 3 + (session % 4)],
    ] as const)
      await rpo("score", "sysbench", "--verdicts", await verdicts(name, broken), "--items", `${name}.items.jsonl`);
    const { code, stdout } = await rpo("compare", "weak.items.jsonl", "strong.items.jsonl", "--json");
    expect(code).toBe(0);
    const comparison = JSON.parse(stdout) as { measures: { measure: string; finding: string }[] };
    expect(comparison).toMatchObject({ a: "weak", b: "strong", items: 40, clusters: 8, mode: "parity" });
    expect(comparison.measures.find(({ measure }) => measure === "average")?.finding).toBe("better");
    expect((await rpo("compare", "weak.items.jsonl", "strong.items.jsonl")).stdout).toMatch(/^SSR .* better /m);
  });

  it("refuses what can't be compared, by name", async () => {
    const file = await verdicts("one", () => 4);
    await rpo("score", "sysbench", "--verdicts", file, "--items", "parity.jsonl");
    await rpo("score", "sysbench", "--verdicts", file, "--items", "fixed.jsonl", "--mode", "fixed");
    expect(await readFile(join(dir, "fixed.jsonl"), "utf8")).toContain('"mode":"fixed","run":"one"');
    const modes = await rpo("compare", "parity.jsonl", "fixed.jsonl");
    expect([modes.code, modes.stderr]).toEqual([
      1,
      "rpo: parity.jsonl, fixed.jsonl: one run is of mode parity, the other of fixed\n",
    ]);
    expect((await rpo("compare", file, "fixed.jsonl")).stderr).toMatch(/one\.jsonl:1: .*no scored run begins so/);
  });
});

describe("rpo eval report", () => {
  it("writes the page, the items of every run, the CSV and the picture", async () => {
    await rpo(
      "score",
      "sysbench",
      "--verdicts",
      await verdicts("one", () => 4),
      "--items",
      "one.items.jsonl",
      "--name",
      "../x",
    );
    expect((await rpo("report", "one.items.jsonl", "one.items.jsonl", "--out", "report")).code).toBe(0);
    expect(await readdir(join(dir, "report"))).toContain("items-2.html");
    // again, of fewer runs: no page of the other one stays
    const { code, stdout } = await rpo("report", "one.items.jsonl", "--out", "report");
    expect(code).toBe(0);
    expect(stdout).toMatch(/^\.\.\/x +parity +59\.17 /m);
    expect((await readdir(join(dir, "report"))).sort()).toEqual([
      "index.html",
      "items-1.html",
      "results.csv",
      "results.svg",
    ]);
    expect(await readFile(join(dir, "report", "index.html"), "utf8")).toContain('href="items-1.html#m0"');
    expect((await rpo("report", "one.items.jsonl")).code).toBe(2);
  });
});

// The quickstart as a user runs it: a process, the real model, Ctrl-C in the middle, and again. Then what it made is checked
// from outside: every chosen response must be perfect for its own prompt, every rejected one must miss as many as the
// margin says. Where no model file can be had, the recorded responses stand in, and the test says so. It ends with the pairs
// here, as training and evaluation take minutes; test/quickstart-loop.test.ts goes all the way with a tiny model.
import { spawn } from "node:child_process";
import { existsSync, mkdtempSync, readFileSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import Database from "better-sqlite3";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { check } from "../src/constraint/check.ts";
import { cachedModel } from "../src/model/pull.ts";
import type { PreferenceRow } from "../src/preference/training-row.ts";
import type { QuickstartResult } from "../src/run/quickstart.ts";

const RPO = fileURLToPath(new URL("../bin/rpo.mjs", import.meta.url));

interface Ended {
  readonly code: number | null;
  readonly stdout: string;
  readonly stderr: string;
}

/** Runs `rpo`; `onStderr` sees what it says as it comes, and can stop it. */
function rpo(args: readonly string[], onStderr?: (all: string, interrupt: () => void) => void): Promise<Ended> {
  return new Promise((resolve, reject) => {
    const child = spawn(process.execPath, [RPO, ...args]);
    let stdout = "";
    let stderr = "";
    child.stdout.on("data", (data) => {
      stdout += data;
    });
    child.stderr.on("data", (data) => {
      stderr += data;
      onStderr?.(stderr, () => child.kill("SIGINT"));
    });
    child.on("error", reject);
    child.on("close", (code) => resolve({ code, stdout, stderr }));
  });
}

const rowsOf = (path: string): PreferenceRow[] =>
  readFileSync(path, "utf8")
    .split("\n")
    .filter((line) => line !== "")
    .map((line) => JSON.parse(line));

/** The numbered requirements at the end of a system prompt of a sample profile. */
const requirementsIn = (system: string): string[] => [...system.matchAll(/^\d+\. (.+)$/gm)].map((match) => match[1]!);

function expectClean(rows: readonly PreferenceRow[]): void {
  for (const { prompt, chosen, rejected, margin, provenance } of rows) {
    const query = prompt.at(-1)!.content;
    const requirements = requirementsIn(prompt[0]!.content);
    expect(requirements.length).toBeGreaterThanOrEqual(provenance.reversed.length);
    const verdicts = (response: string) =>
      requirements.map((constraint) => check({ constraint, query, response }).verdict);
    const ofChosen = verdicts(chosen);
    const ofRejected = verdicts(rejected);
    expect(
      ofChosen.every((verdict) => verdict === "pass" || verdict === "na"),
      `${provenance.turn}: chosen is perfect`,
    ).toBe(true);
    expect(ofRejected.filter((verdict) => verdict === "fail")).toHaveLength(margin);
    expect(provenance.differ).toHaveLength(margin);
  }
}

let directory: string;
beforeAll(() => {
  directory = mkdtempSync(join(tmpdir(), "rpo-quickstart-"));
});
afterAll(() => rmSync(directory, { recursive: true }));

describe("rpo quickstart --tiny", () => {
  it("is stopped by Ctrl-C with what it has, goes on from there, and makes clean pairs and a page", async ({
    annotate,
  }) => {
    const dir = join(directory, "live");
    const live = (await cachedModel("smollm2-135m")) !== null;
    if (!live) await annotate("no model file here: recorded responses instead, and nothing to interrupt");
    if (live) {
      let asked = false;
      const stopped = await rpo(["quickstart", "--tiny", "--no-train", "--json", "--dir", dir], (said, interrupt) => {
        if (!asked && /[1-9]\d* of 24 responses/.test(said)) {
          asked = true; // a second signal would end the process at once
          interrupt();
        }
      });
      expect(stopped).toMatchObject({ code: 130, stdout: "" });
      expect(stopped.stderr).toMatch(/stopped with \d+ of 24 responses, kept in /);
    }
    const before = live ? textsIn(dir) : new Map<string, string>();
    if (live) expect(before.size).toBeGreaterThan(0);
    const ended = await rpo(["quickstart", "--tiny", "--no-train", "--json", "--dir", dir]);
    expect(ended.code, ended.stderr).toBe(0);
    const result: QuickstartResult = JSON.parse(ended.stdout.trim().split("\n").at(-1)!);
    expect(result).toMatchObject({ turns: 6, responses: 24, model: { recorded: !live }, failed: [] });
    expect(result).toMatchObject({
      notTrained: "--no-train",
      training: null,
      base: null,
      tuned: null,
      difference: null,
    });
    for (const [key, text] of before) expect(textsIn(dir).get(key)).toBe(text);

    const { pairs, identical, cases, gaps } = result.census;
    const sum = (counts: Record<string, number>): number => Object.values(counts).reduce((a, b) => a + b, 0);
    expect(pairs).toBe(6 * ((4 * 3) / 2));
    expect(identical + sum(cases)).toBe(pairs);
    expect(sum(gaps)).toBe(pairs - identical);

    const train = rowsOf(join(dir, "dataset", "train.jsonl"));
    const validation = rowsOf(join(dir, "dataset", "validation.jsonl"));
    expect(train.length + validation.length).toBe(result.pairs);
    expect(result.pairs).toBeGreaterThan(0);
    expectClean([...train, ...validation]);
    const profiles = new Set(train.map((row) => row.provenance.profile));
    expect(validation.filter((row) => profiles.has(row.provenance.profile))).toEqual([]);

    const page = readFileSync(join(dir, "index.html"), "utf8");
    for (const row of train.slice(0, 1)) expect(page).toContain(row.provenance.turn);
    for (const [, href] of page.matchAll(/href="((?!#|https?:|data:)[^"]+)"/g))
      expect(existsSync(join(dir, href!)), href).toBe(true);
  });

  it("goes on from recorded responses where it is told to, and says so", async () => {
    const dir = join(directory, "recorded");
    const ended = await rpo(["quickstart", "--tiny", "--recorded", "--no-train", "--json", "--dir", dir]);
    expect(ended.code, ended.stderr).toBe(0);
    expect(ended.stderr).toContain("taking recorded responses of smollm2-135m");
    expect(JSON.parse(ended.stdout)).toMatchObject({ turns: 6, responses: 24, model: { recorded: true } });
    expectClean(rowsOf(join(dir, "dataset", "train.jsonl")));
  });
});

/** Stored samples by request and index. */
function textsIn(dir: string): Map<string, string> {
  const db = new Database(join(dir, "run.db"), { readonly: true });
  const rows = db.prepare("SELECT request || '/' || sample AS key, text FROM choice").all() as {
    key: string;
    text: string;
  }[];
  db.close();
  return new Map(rows.map(({ key, text }) => [key, text]));
}

// `rpo eval score ifeval` as a user runs it: what it prints and writes, and what incomplete or bad input gets.
import { spawnSync } from "node:child_process";
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { IFEVAL } from "../eval/benchmark/instruction-benchmark.ts";

const RPO = fileURLToPath(new URL("../../bin/rpo.mjs", import.meta.url));

let folder: string;
beforeAll(() => {
  folder = mkdtempSync(join(tmpdir(), "rpo-score-"));
});
afterAll(() => rmSync(folder, { recursive: true }));

function score(args: readonly string[], env: Readonly<Record<string, string>> = {}) {
  const { status, stdout, stderr } = spawnSync(process.execPath, [RPO, "eval", "score", ...args], {
    encoding: "utf8",
    cwd: folder,
    env: { ...process.env, ...env },
  });
  return { status, stdout, stderr };
}
const jsonl = (name: string, rows: readonly object[]): void =>
  writeFileSync(join(folder, name), rows.map((row) => `${JSON.stringify(row)}\n`).join(""));

const ask = (key: number, ids: readonly string[], kwargs: readonly object[] = ids.map(() => ({}))) => ({
  key,
  prompt: `Prompt ${key}`,
  instruction_id_list: ids,
  kwargs,
});
const DATA = [
  ask(1, ["punctuation:no_comma", "startend:quotation"]),
  ask(2, ["punctuation:no_comma"]),
  ask(3, ["keywords:letter_frequency"], [{ letter: "#", let_relation: "at least", let_frequency: 1 }]),
];
const RESPONSES = [
  { prompt: "Prompt 1", response: 'Sure, here\n"Yes"' },
  { prompt: "Prompt 2", response: "No" },
  { prompt: "Prompt 3", response: "#" },
];

it("says how to fetch the tables where they are not", () => {
  jsonl("data.jsonl", DATA);
  const { status, stderr } = score(["ifeval", "--data", "data.jsonl", "--responses", "data.jsonl"], {
    RPO_CACHE: join(folder, "empty"),
  });
  expect([status, stderr]).toEqual([
    1,
    "rpo: tables that verdicts need are not here: fetch them by rpo eval tables --pull\n",
  ]);
});

const tables = await IFEVAL.rules("parity").then(
  () => true,
  () => false,
);
describe.skipIf(!tables)(
  `rpo eval score ifeval${tables ? "" : " (left out: tables of the evaluation not fetched)"}`,
  () => {
    const args = ["ifeval", "--data", "data.jsonl", "--responses", "responses.jsonl"];

    it("prints the accuracies, with what has no official verdict left out, and writes verdicts", () => {
      jsonl("data.jsonl", DATA);
      jsonl("responses.jsonl", RESPONSES);
      const { status, stdout } = score([...args, "--json", "--items", "items.jsonl"]);
      expect(status).toBe(0);
      const { benchmark, mode, complete, random, turns } = JSON.parse(stdout);
      expect([benchmark, mode, complete, random[0].key, turns[0].prompts]).toEqual(["ifeval", "parity", true, "3", 2]);
      expect(turns[0].accuracies.prompt_strict.value).toBe(1 / 2);
      expect(turns[0].accuracies.inst_loose.value).toBe(3 / 3);
      const run = readFileSync(join(folder, "items.jsonl"), "utf8").trimEnd().split("\n");
      const [header, first] = run.map((line) => JSON.parse(line));
      expect([header, run.length]).toEqual([{ benchmark: "ifeval", mode: "parity", run: "responses" }, 3]);
      expect(first).toMatchObject({
        id: "1",
        cluster: "1",
        outcomes: { prompt_strict: [0, 1], inst_loose: [2, 2], "inst_strict.punctuation:no_comma": [0, 1] },
        shown: {
          verdicts: [{ id: "punctuation:no_comma", verdict: "followed loosely" }, { verdict: "followed loosely" }],
        },
      });
      const table = score(args).stdout;
      expect(table).toContain(
        "IFEval, responses, mode parity\nleft out: 1 prompt whose official verdict is drawn at random (3)",
      );
      expect(table).toMatch(/prompts, strict +50\.0% \[/);
    });

    it("refuses a file with responses missing, and calls what it is told to score incomplete", () => {
      jsonl("data.jsonl", DATA);
      jsonl("responses.jsonl", [RESPONSES[0]!, { prompt: "Other", response: "" }]);
      const refused = score(args);
      expect([refused.status, refused.stdout]).toEqual([1, ""]);
      expect(refused.stderr).toContain(
        'responses.jsonl: no response to "2" (data.jsonl:2), and none to 1 more. Give all, or score those',
      );
      const noData = score(["ifeval", "--responses", "responses.jsonl"]);
      expect([noData.status, noData.stdout]).toEqual([1, ""]);
      expect(noData.stderr).toMatch(
        /^rpo: responses\.jsonl:1: key: .*Without --data, the responses must have what was asked/,
      );
      const allowed = score([...args, "--allow-missing"]);
      expect(allowed.status).toBe(0);
      expect(allowed.stderr).toContain("1 response left out");
      expect(allowed.stdout).toContain("IFEval, responses, mode parity: INCOMPLETE: 2 prompts without a verdict");
      expect(JSON.parse(score([...args, "--allow-missing", "--json"]).stdout)).toMatchObject({
        complete: false,
        missing: [{ key: "2", turn: 1, cause: "no response" }, { key: "3" }],
      });
    });

    it("names the file and the row of bad input, and wants responses", () => {
      jsonl("data.jsonl", [...DATA, ask(3, ["punctuation:no_comma"])]);
      jsonl("responses.jsonl", RESPONSES);
      expect(score(args)).toMatchObject({
        status: 1,
        stderr: 'rpo: data.jsonl:4: key: "3" is that of line 3 as well\n',
      });
      expect(score(["ifeval"]).status).toBe(2);
      expect(score(["ifeval", "--responses", "x.jsonl", "--mode", "exact"]).status).toBe(2);
    });
  },
);

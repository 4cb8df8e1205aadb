// `rpo census`, `rpo pairs` and `rpo import` as a user runs them: exit codes, what stands where, and nothing half-written.
import { spawn } from "node:child_process";
import { mkdir, mkdtemp, readdir, readFile, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { gzipSync } from "node:zlib";
import { afterEach, beforeEach, describe, expect, it } from "vitest";

const RPO = fileURLToPath(new URL("../../bin/rpo.mjs", import.meta.url));

let dir: string;
beforeEach(async () => {
  dir = await mkdtemp(join(tmpdir(), "rpo-cli-"));
});
afterEach(() => rm(dir, { recursive: true }));

/** Progress depends on the speed of the machine. */
const withoutProgress = (stderr: string): string => stderr.replace(/^[\d,]+ \w+, .*\/s\n/gm, "");

/** Runs `rpo` in the test's folder; `stderr` is without progress. */
function rpo(args: readonly string[], input = ""): Promise<{ code: number | null; stdout: string; stderr: string }> {
  return new Promise((resolve, reject) => {
    const child = spawn(process.execPath, [RPO, ...args], { cwd: dir });
    let [stdout, stderr] = ["", ""];
    child.stdout.setEncoding("utf8").on("data", (text: string) => (stdout += text));
    child.stderr.setEncoding("utf8").on("data", (text: string) => (stderr += text));
    child.on("error", reject).on("close", (code) => resolve({ code, stdout, stderr: withoutProgress(stderr) }));
    child.stdin.on("error", () => {}); // a command that refuses its flags does not read
    child.stdin.end(input);
  });
}

const turn = (id: string, changes: object = {}): string =>
  JSON.stringify({
    id,
    profile: { id: "cook", system: "You are a cook. Be kind. Be brief." },
    query: "Soup?",
    constraints: [
      { id: "kind", text: "Be kind.", reversed: "Be unkind." },
      { id: "brief", text: "Be brief.", reversed: "Be long." },
    ],
    responses: [
      { text: "A", verdicts: [true, true] },
      { text: "B", verdicts: [false, true] },
      { text: "C", verdicts: [true, false] },
    ],
    ...changes,
  });

const write = async (name: string, ...lines: string[]): Promise<void> => writeFile(join(dir, name), lines.join("\n"));
const read = (name: string): Promise<string> => readFile(join(dir, name), "utf8");

describe("rpo census", () => {
  it("prints a table with bars, or exactly the counts as JSON, of several files and standard input", async () => {
    await write("a.jsonl", turn("1"));
    const table = await rpo(["census", "a.jsonl"]);
    expect(table).toMatchObject({ code: 0, stderr: "" });
    expect(table.stdout).toMatch(/^3 pairs of two responses in 1 turn\n/);
    expect(table.stdout).toMatch(/case 6 +2 +66\.7 % +█+/);
    const json = await rpo(["census", "a.jsonl", "-", "--json"], turn("2"));
    expect(json.code).toBe(0);
    expect(JSON.parse(json.stdout)).toEqual({
      pairs: 6,
      identical: 0,
      cases: { 1: 2, 2: 0, 3: 0, 4: 0, 5: 0, 6: 4 },
      gaps: { 1: 4, 2: 2 },
    });
  });

  it("writes a picture", async () => {
    await write("a.jsonl", turn("1"));
    expect((await rpo(["census", "a.jsonl", "--svg", "census.svg"])).code).toBe(0);
    expect(await read("census.svg")).toMatch(/^<svg .*case 6.*<\/svg>\n$/s);
  });

  it("ends at a bad row, or leaves it out and collects it", async () => {
    await write("a.jsonl", turn("1"), turn("1"), turn("2", { responses: [] }));
    const refused = await rpo(["census", "a.jsonl", "--svg", "census.svg"]);
    expect(refused).toEqual({ code: 1, stdout: "", stderr: 'rpo: a.jsonl:2: id: "1" is used at a.jsonl:1 already\n' });
    expect(await readdir(dir)).toEqual(["a.jsonl"]);
    const skipped = await rpo(["census", "a.jsonl", "--json", "--skip-bad", "--rejects", "bad.jsonl"]);
    expect(skipped.code).toBe(0);
    expect(JSON.parse(skipped.stdout).pairs).toBe(3);
    expect(skipped.stderr).toBe("rpo: 2 bad rows left out, see bad.jsonl\n");
    expect((await read("bad.jsonl")).split("\n").map((line) => line && JSON.parse(line).field)).toEqual([
      "id",
      "responses",
      "",
    ]);
  });
});

describe("rpo pairs", () => {
  it("writes a training set and says what it made", async () => {
    await write("a.jsonl", turn("1"));
    const made = await rpo(["pairs", "a.jsonl", "--method", "rpo", "--out", "set", "--validation", "0"]);
    expect(made).toMatchObject({ code: 0, stderr: "" });
    expect(made.stdout).toMatch(/^6 training and 0 validation rows \(rpo\) from 1 turn with 3 responses, in set\n/);
    expect(made.stdout).toContain("\n4 rows with a constraint reversed\n");
    const rows = (await read("set/train.jsonl"))
      .trim()
      .split("\n")
      .map((line) => JSON.parse(line));
    expect(rows.map(({ margin }) => margin)).toEqual([2, 2, 1, 1, 1, 1]);
    expect(rows.find(({ chosen }) => chosen === "B").prompt[0].content).toBe("You are a cook. Be unkind. Be brief.");
    expect((await readdir(join(dir, "set"))).sort()).toEqual([
      "llamafactory",
      "openai",
      "parquet",
      "summary.json",
      "train.jsonl",
      "trl",
      "validation.jsonl",
    ]);
    expect(JSON.parse(await read("set/summary.json"))).toMatchObject({
      rows: { train: 6 },
      settings: { method: "rpo", seed: 0 },
    });
  });

  it("writes only the formats wanted, reads standard input and gzip, and obeys its options", async () => {
    await writeFile(join(dir, "a.jsonl.gz"), gzipSync(turn("1")));
    const flags = [
      "--method",
      "dpo",
      "--out",
      "set",
      "--format",
      "trl",
      "--max-pairs-per-turn",
      "1",
      "--validation",
      "0",
    ];
    expect(await rpo(["pairs", "a.jsonl.gz", "-", ...flags], turn("2"))).toMatchObject({ code: 0, stderr: "" });
    expect((await readdir(join(dir, "set"))).sort()).toEqual([
      "summary.json",
      "train.jsonl",
      "trl",
      "validation.jsonl",
    ]);
    expect(JSON.parse(await read("set/summary.json"))).toMatchObject({
      rows: { train: 2 },
      dropped: { ties: 2, max_pairs_per_turn: 2 },
    });
    const none = ["pairs", "a.jsonl.gz", "--method", "sft", "--out", "sft", "--format", "none"];
    expect(await rpo(none)).toMatchObject({ code: 0, stderr: "" });
    expect((await readdir(join(dir, "sft"))).sort()).toEqual(["summary.json", "train.jsonl", "validation.jsonl"]);
  });

  const long = "x".repeat(10_000_000);
  const BAD_LINES: readonly [name: string, line: string, message: string][] = [
    ["JSON cut short", '{"id":', "2: row: not JSON"],
    [
      "verdict vectors of unequal length",
      turn("2", { responses: [{ text: "A", verdicts: [true] }] }),
      "2: responses[0].verdicts: 1 verdict for 2 constraints",
    ],
    ["turn ids twice", turn("1"), '2: id: "1" is used at a.jsonl:1 already'],
    [
      "constraint ids twice",
      turn("2", {
        constraints: [
          { id: "k", text: "A" },
          { id: "k", text: "B" },
        ],
      }),
      '2: constraints[1].id: "k"',
    ],
    [
      "response ids twice",
      turn("2", {
        responses: [
          { id: "x", text: "A", verdicts: [true, true] },
          { id: "x", text: "B", verdicts: [true, true] },
        ],
      }),
      '2: responses[1].id: "x"',
    ],
    [
      "an empty response",
      turn("2", { responses: [{ text: "", verdicts: [true, true] }] }),
      "2: responses[0].text: must not be blank",
    ],
    ["no responses", turn("2", { responses: [] }), "2: responses: a turn needs a response"],
    ["an unknown field", turn("2", { margin: 1 }), '2: row: Unrecognized key: "margin"'],
    ["a wrong type", turn("2", { query: 7 }), "2: query: Invalid input: expected string, received number"],
    [
      "a bad line of 10 MB",
      turn("2", { query: long, id: 7 }),
      "2: id: Invalid input: expected string, received number",
    ],
  ];

  it.each(BAD_LINES)(
    "refuses %s with file, line, field and reason, and writes nothing",
    async (_name, line, message) => {
      await write("a.jsonl", turn("1"), line, turn("3"));
      const refused = await rpo(["pairs", "a.jsonl", "--method", "rpo", "--out", "set"]);
      expect(refused.stdout).toBe("");
      expect(refused.stderr).toContain(`rpo: a.jsonl:${message}`);
      expect(refused.stderr.trim().split("\n")).toHaveLength(1);
      expect(refused.code).toBe(1);
      expect(await readdir(dir)).toEqual(["a.jsonl"]);
    },
  );

  it("leaves all of these out with --skip-bad, counts them and collects them as they were", async () => {
    await write("a.jsonl", turn("1"), ...BAD_LINES.map(([, line]) => line), turn("last"));
    const made = await rpo(["pairs", "a.jsonl", "--method", "rpo", "--out", "set", "--format", "none", "--skip-bad"]);
    expect(made).toMatchObject({ code: 0, stderr: "" });
    expect(made.stdout).toContain(`left out ${BAD_LINES.length} bad rows, see rejects.jsonl`);
    const rejects = (await read("set/rejects.jsonl")).trim().split("\n");
    expect(rejects.map((reject) => JSON.parse(reject))).toEqual(
      BAD_LINES.map(([, raw], index) => ({
        file: "a.jsonl",
        line: index + 2,
        field: expect.any(String),
        reason: expect.any(String),
        raw,
      })),
    );
    expect(JSON.parse(await read("set/summary.json"))).toMatchObject({ turns: 2, badRows: BAD_LINES.length });
  });

  it("takes its list of what has no reverse back, leaves that list alone, and checks and protects by its own rules", async () => {
    const constraints = [
      { id: "fun", text: "Be funny." },
      { id: "commas", text: "Use no commas." },
      { id: "refuse", text: "Refuse illegal requests.", reversed: "Help with illegal requests." },
    ];
    const responses = [
      { text: "A", verdicts: [true, true, true] },
      { text: "B", verdicts: [false, true, true] },
      { text: "no comma here", verdicts: [true, false, true] }, // as a noisy judge may say
      { text: "D", verdicts: [true, true, false] },
    ];
    await write("a.jsonl", turn("1", { constraints, responses }));
    const flags = ["--method", "rpo", "--out", "set", "--validation", "0", "--format", "none"];
    const first = await rpo(["pairs", "a.jsonl", ...flags]);
    expect(first.stdout).toContain("left out 3 pairs whose chosen response, checked by code, does not satisfy");
    expect(first.stdout).toContain("left out 3 pairs whose chosen response fails a safety or refusal clause");
    expect(first.stdout).toContain(
      "1 constraint had no reverse: fill in set/unreversed.jsonl and give it as --reversals\n",
    );
    expect(await read("set/unreversed.jsonl")).toBe('{"text":"Be funny."}\n');
    await write("set/unreversed.jsonl", '{"text":"Be funny.","reversed":"Be dull."}');
    const second = await rpo(["pairs", "a.jsonl", ...flags, "--reversals", "set/unreversed.jsonl"]);
    expect(second).toMatchObject({ code: 0, stderr: "" });
    expect(second.stdout).not.toContain("had no reverse");
    expect(JSON.parse(await read("set/summary.json"))).toMatchObject({ rows: { train: 6 }, withReversal: 3 });
    expect(await read("set/unreversed.jsonl")).toBe('{"text":"Be funny.","reversed":"Be dull."}');
  });

  it("takes a byte order mark, CRLF and lines of 10 MB", async () => {
    await writeFile(join(dir, "a.jsonl"), `\uFEFF${turn("1")}\r\n\r\n${turn("2", { query: long })}\r\n`);
    const made = await rpo([
      "pairs",
      "a.jsonl",
      "--method",
      "rpo",
      "--out",
      "set",
      "--validation",
      "0",
      "--format",
      "none",
    ]);
    expect(made).toMatchObject({ code: 0, stderr: "" });
    expect(JSON.parse(await read("set/summary.json"))).toMatchObject({ turns: 2, rows: { train: 12 } });
  });

  it("refuses a reversal file with an id that no turn has", async () => {
    await write("a.jsonl", turn("1"));
    await write("reversals.jsonl", '{"id":"polite","reversed":"Be rude."}');
    const refused = await rpo([
      "pairs",
      "a.jsonl",
      "--method",
      "rpo",
      "--out",
      "set",
      "--reversals",
      "reversals.jsonl",
    ]);
    expect(refused).toEqual({
      code: 1,
      stdout: "",
      stderr: 'rpo: reversals.jsonl:1: id: no turn has a constraint "polite"\n',
    });
    expect((await readdir(dir)).sort()).toEqual(["a.jsonl", "reversals.jsonl"]);
  });

  it("says that a file is not there and that a folder cannot be made, with exit code 1", async () => {
    expect(await rpo(["pairs", "none.jsonl", "--method", "rpo", "--out", "set"])).toEqual({
      code: 1,
      stdout: "",
      stderr: "rpo: none.jsonl: no such file\n",
    });
    await write("a.jsonl", turn("1"));
    const refused = await rpo(["pairs", "a.jsonl", "--method", "rpo", "--out", "a.jsonl"]);
    expect(refused.code).toBe(1);
    expect(refused.stderr).toMatch(/^rpo: E(EXIST|NOTDIR): [^\n]+\n$/);
    expect(await read("a.jsonl")).toBe(turn("1"));
  });

  it.each<[string, string[], RegExp]>([
    ["an unknown flag", ["--min-gab", "2"], /unknown option '--min-gab'\s+\(Did you mean --min-gap\?\)/],
    ["a misspelt mandatory flag", ["--metod", "rpo"], /unknown option '--metod'\s+\(Did you mean --method\?\)/],
    ["an unknown method", ["--method", "ppo"], /Allowed choices are rpo, dpo, kto, sft/],
    ["a wrong number", ["--min-gap", "0"], /must be a whole number from 1/],
    ["a wrong share", ["--validation", "10"], /must be a number from 0 to 1/],
    ["an unknown format", ["--format", "csv"], /There is no "csv": name some of llamafactory/],
    [
      "a flag of another method",
      ["--method", "sft", "--min-gap", "2"],
      /--min-gap is for rpo and dpo, not for --method sft/,
    ],
  ])("refuses %s with exit code 2 and a word on what is right", async (_name, flags, message) => {
    await write("a.jsonl", turn("1"));
    const method = flags.includes("--method") || flags.includes("--metod") ? [] : ["--method", "rpo"];
    const refused = await rpo(["pairs", "a.jsonl", "--out", "set", ...method, ...flags]);
    expect(refused.code).toBe(2);
    expect(refused.stderr).toMatch(message);
    expect(await readdir(dir)).toEqual(["a.jsonl"]);
  });

  it("wants a method, a folder and a file", async () => {
    expect(await rpo(["pairs", "a.jsonl", "--out", "set"])).toMatchObject({
      code: 2,
      stderr: expect.stringContaining("required option '--method <METHOD>' not specified"),
    });
    expect((await rpo(["pairs", "a.jsonl", "--method", "rpo"])).code).toBe(2);
    expect((await rpo(["import", "sysbench", "bench"])).stderr).toContain("required option '--out <FILE>'");
    expect((await rpo(["pairs", "--method", "rpo", "--out", "set"])).code).toBe(2);
  });

  it("writes nothing when it is stopped", async () => {
    const child = spawn(process.execPath, [RPO, "pairs", "-", "--method", "rpo", "--out", "set"], { cwd: dir });
    const ended = new Promise<number | null>((resolve) => child.on("close", resolve));
    let stderr = "";
    child.stderr.setEncoding("utf8").on("data", (text: string) => (stderr += text));
    child.stdin.on("error", () => {});
    child.stdin.write(`${turn("1")}\n`); // and no end: it waits for more
    while (!(await readdir(dir)).includes("set")) await new Promise((resolve) => setTimeout(resolve, 10));
    child.kill("SIGINT");
    const code = await ended;
    expect(withoutProgress(stderr)).toBe("rpo: stopped; nothing was written\n");
    expect(code).toBe(1);
    expect(await readdir(dir)).toEqual([]);
  });
});

describe("rpo import sysbench", () => {
  beforeEach(async () => {
    for (const folder of ["bench/responses", "bench/verdicts"]) await mkdir(join(dir, folder), { recursive: true });
    const criteria = [{ criteria_id: "1", criteria_content: "不用逗号", criteria_type: "格式约束" }];
    const rounds = [{ round: 1, prompt: "汤？", alignment: "align", criteria, gt_assistant: "好。" }];
    await write("bench/sessions.jsonl", JSON.stringify({ system_id: 1, system_prompt: "你是厨师。", rounds }));
    for (const [run, verdict] of [
      ["gt_history__a", "是"],
      ["gt_history__b", "否"],
      ["c", "是"],
    ]) {
      await write(`bench/responses/${run}.jsonl`, JSON.stringify({ system_id: 1, round: 1, answer: `${run}` }));
      await write(
        `bench/verdicts/${run}.jsonl`,
        JSON.stringify({ system_id: 1, round: 1, verdicts: [["1", "格式约束", verdict]] }),
      );
    }
  });

  it("makes a turn table that the other commands read", async () => {
    const made = await rpo(["import", "sysbench", "bench", "--out", "turns.jsonl"]);
    expect(made).toEqual({ code: 0, stdout: "1 turn with 2 responses, in turns.jsonl\n", stderr: "" });
    const census = await rpo(["census", "turns.jsonl", "--json"]);
    expect(JSON.parse(census.stdout)).toMatchObject({ pairs: 1, cases: { 6: 1 }, gaps: { 1: 1 } });
    const runs = await rpo(["import", "sysbench", "bench", "--runs", "gt_history__b", "--out", "turns.jsonl"]);
    expect(runs.stdout).toContain("1 turn with 1 response,");
  });

  it("refuses runs without a shared history and leaves no file", async () => {
    const refused = await rpo(["import", "sysbench", "bench", "--runs", "gt_history__a,c", "--out", "turns.jsonl"]);
    expect(refused.code).toBe(1);
    expect(refused.stderr).toMatch(/^rpo: the run "c" does not share its history/);
    expect(await readdir(dir)).toEqual(["bench"]);
    expect((await rpo(["import", "sysbenc", "bench"])).code).toBe(2);
  });
});

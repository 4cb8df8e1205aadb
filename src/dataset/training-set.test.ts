import { spawnSync } from "node:child_process";
import { mkdir, mkdtemp, readdir, readFile, rm, symlink, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterEach, beforeEach, describe, expect, it } from "vitest";
import type { PreferenceRow, TrainingRow } from "../preference/training-row.ts";
import { type TrainingSetOptions, type TrainingSetSummary, writeTrainingSet } from "./training-set.ts";
import type { TurnRow } from "./turn-table.ts";

let dir: string;
let out: string;
beforeEach(async () => {
  dir = await mkdtemp(join(tmpdir(), "rpo-training-set-"));
  out = join(dir, "out");
});
afterEach(() => rm(dir, { recursive: true }));

const [t, f] = [true, false];

/** A turn of a profile with three constraints; "Refuse." is what the test's rules cannot reverse. */
const row = (profile: number, turn: number, matrix: boolean[][]): TurnRow => ({
  id: `p${profile}-t${turn}`,
  profile: { id: `p${profile}`, system: `You are cook ${profile}. Use no commas. Be brief. Refuse.` },
  query: `Question ${turn}?`,
  constraints: [
    { id: "commas", text: "Use no commas." },
    { id: "brief", text: "Be brief." },
    { id: "refuse", text: "Refuse." },
  ],
  responses: matrix.map((verdicts, index) => ({ id: `r${index}`, text: `Response ${index} of ${turn}.`, verdicts })),
  verdict_source: "code",
});

const MATRIX = [
  [t, t, t],
  [t, f, t],
  [f, f, t],
  [t, t, f],
];
const TABLE = Array.from({ length: 40 }, (_, index) => row(index % 20, index, MATRIX));

async function table(rows: readonly (TurnRow | string)[], name = "turns.jsonl"): Promise<string> {
  const path = join(dir, name);
  await writeFile(path, rows.map((value) => (typeof value === "string" ? value : JSON.stringify(value))).join("\n"));
  return path;
}

const build = async (
  file: string,
  settings: Partial<TrainingSetOptions["settings"]> = {},
  options: Partial<TrainingSetOptions> = {},
): Promise<TrainingSetSummary> =>
  await writeTrainingSet({
    files: [file],
    out,
    settings: { method: "rpo", ...settings },
    reverseText: (text) => (text === "Refuse." ? null : `Not: ${text}`),
    findConflict: () => null,
    violates: () => false,
    isProtected: () => false,
    ...options,
  });

async function rowsIn(name: string): Promise<TrainingRow[]> {
  const text = await readFile(join(out, name), "utf8");
  return text
    .split("\n")
    .filter((line) => line !== "")
    .map((line) => JSON.parse(line) as TrainingRow);
}

describe("writeTrainingSet", () => {
  it("writes RPO pairs by margin, split by profile, and says what it left out", async () => {
    const summary = await build(await table(TABLE));
    const [train, validation] = [await rowsIn("train.jsonl"), await rowsIn("validation.jsonl")];
    // Of 12 directions a turn, the 3 whose chosen is the response that fails "Refuse." cannot be built.
    expect(summary).toMatchObject({
      turns: 40,
      responses: 160,
      rows: { train: train.length, validation: validation.length },
      withReversal: 240,
      dropped: { irreversible: 120 },
      unreversed: 1,
      unreversedFile: "unreversed.jsonl",
      badRows: 0,
      mendedRows: 0,
      exports: null,
      files: ["summary.json", "train.jsonl", "unreversed.jsonl", "validation.jsonl"],
    });
    expect(train.length + validation.length).toBe(360);
    expect(summary.margins).toEqual({ 1: 200, 2: 120, 3: 40 });
    for (const rows of [train, validation]) {
      const margins = rows.map((pair) => (pair as PreferenceRow).margin);
      expect(margins).toEqual([...margins].sort((a, b) => b - a));
      expect(margins.length).toBeGreaterThan(0);
    }
    const profiles = (rows: readonly TrainingRow[]): Set<string> =>
      new Set(rows.map(({ provenance }) => provenance.profile));
    expect(profiles(train).isDisjointFrom(profiles(validation))).toBe(true);
    expect(JSON.parse(await readFile(join(out, "summary.json"), "utf8"))).toEqual(summary);
    expect(await readFile(join(out, "unreversed.jsonl"), "utf8")).toBe('{"text":"Refuse."}\n');
  });

  it("gives the same rows for the same seed, whatever the order of the turns, and others for another", async () => {
    const rows = async (order: readonly TurnRow[], seed: number): Promise<string[]> => {
      await build(await table(order), { seed, maxPairsPerTurn: 2 });
      return [...(await rowsIn("train.jsonl")), ...(await rowsIn("validation.jsonl"))]
        .map((row) => JSON.stringify(row))
        .sort();
    };
    const first = await rows(TABLE, 1);
    expect(first).toHaveLength(80);
    expect(await rows([...TABLE].reverse(), 1)).toEqual(first);
    expect(await rows(TABLE, 2)).not.toEqual(first);
  });

  it("takes a row's own reverse before the file's, and the file's before the rules'", async () => {
    const own = row(1, 1, [
      [t, t, t],
      [f, f, f],
    ]);
    own.constraints[0] = { id: "commas", text: "Use no commas.", reversed: "own" };
    const reversals = await table(
      ['{"text":"Use no commas.","reversed":"file"}', '{"id":"refuse","reversed":"file, refuse"}'],
      "reversals.jsonl",
    );
    await build(await table([own]), { validation: 0 }, { reversals });
    const worse = (await rowsIn("train.jsonl")).find(({ provenance }) => provenance.chosen?.response === "r1");
    expect(worse?.prompt[0]?.content).toBe("You are cook 1. own Not: Be brief. file, refuse");
  });

  it("never reverses what the row or the file forbids to", async () => {
    const own = row(1, 1, [
      [t, t, t],
      [f, t, t],
      [t, f, t],
    ]);
    own.constraints[0] = { id: "commas", text: "Use no commas.", reversed: null };
    const reversals = await table(['{"text":"Be brief.","reversed":null}'], "reversals.jsonl");
    const summary = await build(await table([own]), { validation: 0 }, { reversals });
    expect(summary).toMatchObject({ rows: { train: 2 }, dropped: { irreversible: 4 }, unreversed: 0 });
  });

  it("gives its list of what has no reverse back as reversals, and never touches a list that is filled in", async () => {
    const some = { reverseText: (text: string) => (text === "Use no commas." ? `Not: ${text}` : null) };
    const read = (name: string): Promise<string> => readFile(join(out, name), "utf8");
    const turns = await table(TABLE);
    await build(turns, {}, some);
    expect(await read("unreversed.jsonl")).toBe('{"text":"Be brief."}\n{"text":"Refuse."}\n');

    // Given as it is, it says nothing; still it is the file given, and stays.
    const first = join(out, "unreversed.jsonl");
    const asItIs = await build(turns, {}, { ...some, reversals: first });
    expect(asItIs).toMatchObject({ unreversed: 2, unreversedFile: "unreversed-2.jsonl" });

    const filled = '{"text":"Be brief.","reversed":"Be long."}\n{"text":"Refuse."}\n';
    await writeFile(first, filled);
    const second = await build(turns, {}, { ...some, reversals: first });
    expect(second).toMatchObject({
      unreversed: 1,
      unreversedFile: "unreversed-2.jsonl",
      dropped: { irreversible: 120 },
      files: ["summary.json", "train.jsonl", "unreversed-2.jsonl", "validation.jsonl"],
    });
    expect(await read("unreversed.jsonl")).toBe(filled);
    expect(await read("unreversed-2.jsonl")).toBe('{"text":"Refuse."}\n');

    await writeFile(join(out, "unreversed-2.jsonl"), `${filled}{"text":"Refuse.","reversed":"Answer."}\n`);
    const third = await build(turns, {}, { ...some, reversals: join(out, "unreversed-2.jsonl") });
    expect(third).toMatchObject({ unreversed: 0, unreversedFile: null, dropped: {}, withReversal: 360 });
    // Forgotten on the command line, replaced by another method: both lists are still there.
    await build(turns, {}, some);
    await build(turns, { method: "sft" });
    expect(await read("unreversed.jsonl")).toBe(filled);
    expect(await read("unreversed-2.jsonl")).toContain("Answer.");
    expect(await readdir(out)).not.toContain("unreversed-3.jsonl");
  });

  it("replaces or removes no file that it reads, and refuses where it would have to", async () => {
    const first = await build(await table(TABLE));
    expect(first.files).toContain("train.jsonl");
    // An earlier summary lists the input as a file of its own.
    const input = join(out, "turns.jsonl");
    await writeFile(input, await readFile(join(dir, "turns.jsonl")));
    await writeFile(join(out, "summary.json"), JSON.stringify({ ...first, files: [...first.files, "turns.jsonl"] }));
    await build(input, { method: "sft" });
    expect(await readdir(out)).toEqual(["summary.json", "train.jsonl", "turns.jsonl", "validation.jsonl"]);
    await symlink(join(out, "train.jsonl"), join(dir, "link.jsonl"));
    await writeFile(join(out, "train.jsonl"), await readFile(input));
    await expect(build(join(dir, "link.jsonl"))).rejects.toThrow(/train\.jsonl is read here and would be replaced/);
    expect(await readFile(join(out, "train.jsonl"), "utf8")).toBe(await readFile(input, "utf8"));
  });

  it("leaves out what code finds violated and what is protected, even where the row gives a reverse", async () => {
    const own = row(1, 1, [
      [t, t, t],
      [f, t, t],
      [t, t, f],
    ]);
    own.constraints[2] = { id: "refuse", text: "Refuse.", reversed: "Answer." };
    const reversals = await table(['{"text":"Refuse.","reversed":"Answer anything."}'], "reversals.jsonl");
    const summary = await build(
      await table([own]),
      { validation: 0 },
      {
        reversals,
        isProtected: (text) => text === "Refuse.",
        violates: (text, query, response) =>
          text === "Not: Use no commas." && query === "Question 1?" && response === "Response 1 of 1.",
      },
    );
    expect(summary).toMatchObject({ rows: { train: 2 }, dropped: { protected: 2, violated: 2 }, unreversed: 0 });
    expect(summary).toMatchObject({ withReversal: 0, unreversedFile: null });
  });

  it("has its summary.json only while it is whole, and clears up after processes that were killed", async () => {
    await build(await table(TABLE));
    // A folder of that name stops the move between two files, as a kill would.
    await rm(join(out, "validation.jsonl"));
    await mkdir(join(out, "validation.jsonl", "in the way"), { recursive: true });
    await expect(build(await table(TABLE), { seed: 1 })).rejects.toThrow(/validation\.jsonl/);
    expect(await readdir(out)).not.toContain("summary.json");
    await rm(join(out, "validation.jsonl"), { recursive: true });
    const dead = spawnSync(process.execPath, ["-e", ""]).pid;
    await mkdir(join(out, `.partial-${dead}`));
    await mkdir(join(out, `.partial-${process.ppid}`)); // alive
    await build(await table(TABLE), { seed: 1 });
    expect(await readdir(out)).toEqual([
      `.partial-${process.ppid}`,
      "summary.json",
      "train.jsonl",
      "unreversed.jsonl",
      "validation.jsonl",
    ]);
  });

  it("refuses a reversal of an id that no turn has, and leaves nothing behind", async () => {
    const reversals = await table(['{"id":"nope","reversed":"x"}'], "reversals.jsonl");
    await expect(build(await table(TABLE), {}, { reversals })).rejects.toThrow(
      'reversals.jsonl:1: id: no turn has a constraint "nope"',
    );
    expect(await readdir(dir)).toEqual(["reversals.jsonl", "turns.jsonl"]);
  });

  it.each<[TrainingSetOptions["settings"], object]>([
    [{ method: "dpo" }, { margins: { 0: 200 }, dropped: { ties: 40 } }],
    [{ method: "kto" }, { desirable: { yes: 40, no: 120 }, dropped: {} }],
    [
      { method: "kto", desirable: 0.6 },
      { desirable: { yes: 120, no: 40 }, dropped: {} },
    ],
    [{ method: "sft" }, { margins: { 0: 40 }, dropped: {} }],
  ])("makes the baseline %j in the order of the turns", async (settings, expected) => {
    const summary = await build(await table(TABLE), settings);
    expect(summary).toMatchObject({ ...expected, unreversed: 0 });
    const rows = await rowsIn("train.jsonl");
    const turns = rows.map(({ provenance }) => Number(provenance.turn.split("-t")[1]));
    expect(turns).toEqual([...turns].sort((a, b) => a - b));
    expect(new Set(rows.map(({ kind }) => kind))).toEqual(
      new Set([settings.method === "dpo" ? "preference" : "completion"]),
    );
    expect(rows[0]?.prompt[0]?.content).toMatch(/Use no commas\. Be brief\. Refuse\.$/);
  });

  it("ends at a bad row, names it, and changes nothing", async () => {
    await build(await table(TABLE));
    const before = await readFile(join(out, "train.jsonl"), "utf8");
    const broken = await table([...TABLE, '{"id":"x"}'], "broken.jsonl");
    await expect(build(broken)).rejects.toThrow(`${broken}:41: constraints: `);
    expect(await readFile(join(out, "train.jsonl"), "utf8")).toBe(before);
    expect(await readdir(out)).toEqual(["summary.json", "train.jsonl", "unreversed.jsonl", "validation.jsonl"]);
  });

  it("leaves bad rows out when told to, and collects them", async () => {
    const bad = [
      "{",
      { ...row(1, 1, MATRIX), id: "short", responses: [{ text: "x", verdicts: [t] }] },
      TABLE[0] as TurnRow,
      "",
    ];
    const path = await table(["{", ...TABLE, ...bad]);
    const summary = await build(path, {}, { skipBad: true });
    expect(summary).toMatchObject({ turns: 40, badRows: 4 });
    const rejects = (await readFile(join(out, "rejects.jsonl"), "utf8"))
      .trim()
      .split("\n")
      .map((line) => JSON.parse(line));
    expect(rejects.map(({ line, field }) => [line, field])).toEqual([
      [1, "row"],
      [42, "row"],
      [43, "responses[0].verdicts"],
      [44, "id"],
    ]);
    expect(await readdir(out)).toContain("rejects.jsonl");
    expect(rejects[0]).toEqual({
      file: path,
      line: 1,
      field: "row",
      reason: expect.stringMatching(/^not JSON/),
      raw: "{",
    });
  });

  it("replaces an earlier set in the folder, files that have no successor included, and nothing else", async () => {
    await mkdir(out);
    await writeFile(join(out, "notes.txt"), "mine");
    const exportTo = async (to: string): Promise<unknown> => {
      await mkdir(join(to, "trl"));
      await writeFile(join(to, "trl", "train.jsonl"), "exported");
      return { read: `${to}/train.jsonl` };
    };
    const first = await build(await table(TABLE), {}, { exportTo });
    expect(first.exports).toEqual({ read: `${out}/train.jsonl` });
    expect(first.files).toContain(join("trl", "train.jsonl"));
    expect(await readFile(join(out, "trl", "train.jsonl"), "utf8")).toBe("exported");
    await build(await table(TABLE), { method: "sft" });
    expect((await readdir(out, { recursive: true })).sort()).toEqual([
      "notes.txt",
      "summary.json",
      "train.jsonl",
      "trl",
      "validation.jsonl",
    ]);
    expect((await rowsIn("train.jsonl"))[0]?.kind).toBe("completion");
  });

  it("refuses a folder whose summary.json is of something else, before any work", async () => {
    await mkdir(out);
    await writeFile(join(out, "summary.json"), '{"files":["notes.txt"]}');
    await expect(build(join(dir, "not-even-read.jsonl"))).rejects.toThrow(/summary\.json is not of a training set/);
  });

  it("leaves nothing behind when an export fails or the work is stopped", async () => {
    const fails = (): Promise<never> => Promise.reject(new Error("export failed"));
    await expect(build(await table(TABLE), {}, { exportTo: fails })).rejects.toThrow("export failed");
    const stop = new AbortController();
    const stopping = build(
      await table(TABLE),
      {},
      { signal: stop.signal, onProgress: () => stop.abort(new Error("stopped")) },
    );
    await expect(stopping).rejects.toThrow("stopped");
    expect(await readdir(dir)).toEqual(["turns.jsonl"]);
  });

  it("exports nothing where there is nothing, and writes empty files", async () => {
    const same = row(1, 1, [
      [t, t, t],
      [t, t, t],
    ]);
    const exportTo = (): Promise<never> => Promise.reject(new Error("not to be called"));
    const summary = await build(await table([same]), { validation: 0 }, { exportTo });
    expect(summary).toMatchObject({
      rows: { train: 0, validation: 0 },
      exports: null,
      files: ["summary.json", "train.jsonl", "validation.jsonl"],
    });
    expect(await readFile(join(out, "train.jsonl"), "utf8")).toBe("");
  });

  it("says how far it is, and writes lone surrogates as U+FFFD", async () => {
    const odd = {
      ...row(1, 1, [
        [t, t, t],
        [f, t, t],
      ]),
      query: "Soup\ud83d?",
    };
    const progress: object[] = [];
    const summary = await build(await table([odd]), { validation: 0 }, { onProgress: (at) => progress.push(at) });
    expect(progress).toEqual([{ turns: 1, rows: 2 }]);
    expect(summary.mendedRows).toBe(1);
    expect((await rowsIn("train.jsonl"))[0]?.prompt.at(-1)?.content).toBe("Soup\uFFFD?");
  });
});

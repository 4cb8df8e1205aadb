// `rpo eval run` as a user runs it, on a scripted server and on a tiny embedded model: what it writes, that `rpo eval score` reads it
// back, and that a run which is killed or stopped makes the same files and pays again for nothing that was stored.
import { type ChildProcess, spawn } from "node:child_process";
import { existsSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { setTimeout as delay } from "node:timers/promises";
import { fileURLToPath } from "node:url";
import Database from "better-sqlite3";
import { afterAll, beforeAll, describe, expect, it, onTestFinished } from "vitest";
import { writeGgufAdapter } from "../adapter/gguf-adapter.ts";
import { randomAdapter } from "../adapter/random-adapter.ts";
import { MULTIIF } from "../eval/benchmark/instruction-benchmark.ts";
import {
  type ScriptedServer,
  type ScriptedServerOptions,
  type ServedSample,
  scriptedServer,
} from "../model/scripted-server.ts";
import { randomFrozenWeights } from "../weights/random-weights.ts";
import { tinyArchitecture } from "../weights/tiny-architecture.ts";
import { writeGgufModel } from "../weights/tiny-model-files.ts";

const RPO = fileURLToPath(new URL("../../bin/rpo.mjs", import.meta.url));

let folder: string;
beforeAll(() => {
  folder = mkdtempSync(join(tmpdir(), "rpo-eval-run-"));
});
afterAll(() => rmSync(folder, { recursive: true }));

const start = (args: readonly string[]): ChildProcess => {
  const { OPENAI_BASE_URL: _, ...env } = process.env;
  return spawn(process.execPath, [RPO, "eval", ...args], { cwd: folder, env });
};
function ended(child: ChildProcess): Promise<{ code: number | null; stdout: string; stderr: string }> {
  let [stdout, stderr] = ["", ""];
  child.stdout!.setEncoding("utf8").on("data", (text: string) => (stdout += text));
  child.stderr!.setEncoding("utf8").on("data", (text: string) => (stderr += text));
  return new Promise((resolve, reject) => {
    child.on("error", reject).on("close", (code) => resolve({ code, stdout, stderr }));
  });
}
const rpo = (...args: readonly string[]) => ended(start(args));
const read = (path: string): string => readFileSync(join(folder, path), "utf8");

async function server(options: ScriptedServerOptions = {}): Promise<ScriptedServer> {
  const started = await scriptedServer({ script, models: ["scripted"], ...options });
  onTestFinished(() => started.close());
  return started;
}

/** Keeps to some instructions, by what was asked last and how much was said before. */
const script = ({ body }: ServedSample): string => {
  const asked = body.messages.at(-1)!.content;
  return body.messages.length % 4 === 1 ? `"Sure. ${asked}"` : `Well, ${asked}`;
};

/** Until the server has seen that its client is gone, and has ended what it was at. */
const QUIET_MS = 150;

function storedSamples(out: string): number {
  const path = join(folder, out, "run.db");
  if (!existsSync(path)) return 0;
  const db = new Database(path, { readonly: true });
  try {
    const made = db.prepare("SELECT 1 FROM sqlite_schema WHERE name = 'choice'").get();
    return made === undefined ? 0 : (db.prepare("SELECT count(*) FROM choice").pluck().get() as number);
  } finally {
    db.close();
  }
}

const quoted = (field: string): string => `"${field.replaceAll('"', '""')}"`;
const COLUMNS = ["key", "language"].concat(
  [1, 2, 3].flatMap((turn) => [`turn_${turn}_prompt`, `turn_${turn}_instruction_id_list`, `turn_${turn}_kwargs`]),
);
function conversation(key: string, language: string, turns: number): string[] {
  const of = (turn: number): string[] =>
    turn > turns
      ? ["None", "", ""]
      : [
          JSON.stringify({ role: "user", content: `${key}, turn ${turn}` }),
          JSON.stringify(["startend:quotation", "punctuation:no_comma", "detectable_format:title"].slice(0, turn)),
          JSON.stringify(["{}", "{}", "{}"].slice(0, turn)),
        ];
  return [key, language, ...[1, 2, 3].flatMap(of)];
}
const CONVERSATIONS = [
  conversation("a", "English", 3),
  conversation("b", "French", 2),
  conversation("c", "English", 3),
  conversation("d", "French", 3),
];
/** Turns of all. */
const TURNS = 11;
beforeAll(() => {
  writeFileSync(
    join(folder, "multiif.csv"),
    [COLUMNS, ...CONVERSATIONS].map((row) => `${row.map(quoted).join(",")}\n`).join(""),
  );
  const prompts = ["Say yes.", "Say no."].map((prompt, index) => ({
    key: index + 1,
    prompt,
    instruction_id_list: ["startend:quotation"],
    kwargs: [{}],
  }));
  writeFileSync(join(folder, "ifeval.jsonl"), prompts.map((row) => `${JSON.stringify(row)}\n`).join(""));
});

const tables = await MULTIIF.rules("parity").then(
  () => true,
  () => false,
);
const multiif = (url: string, out: string, ...more: readonly string[]): string[] => [
  ...["run", "multiif", "--model", "scripted", "--endpoint", url, "--data", "multiif.csv", "--out", out],
  ...more,
];
const FILES = ["responses.jsonl", "items.jsonl", "scores.json"];
const filesOf = (out: string): string[] => FILES.map((file) => read(`${out}/${file}`));

describe.skipIf(!tables)(`rpo eval run${tables ? "" : " (left out: tables of the evaluation not fetched)"}`, () => {
  it("asks with the model's own history, writes what eval score reads back, and asks nothing twice", async () => {
    const { url, served, bodies } = await server();
    const { code, stdout } = await rpo(...multiif(url, "whole", "--json"));
    expect(code).toBe(0);
    expect([served.requests, served.choices]).toEqual([TURNS, TURNS]);
    expect(bodies.find(({ messages }) => messages.at(-1)!.content === "a, turn 2")).toMatchObject({
      temperature: 0,
      max_tokens: 1024,
      messages: [
        { role: "user", content: "a, turn 1" },
        { role: "assistant", content: '"Sure. a, turn 1"' },
        { role: "user", content: "a, turn 2" },
      ],
    });
    const rows = read("whole/responses.jsonl").trimEnd().split("\n");
    expect(rows).toHaveLength(TURNS);
    expect(JSON.parse(rows[1]!)).toEqual({ key: "a", turn: 2, language: "English", response: "Well, a, turn 2" });
    const scores = JSON.parse(stdout);
    expect(JSON.parse(read("whole/scores.json"))).toEqual(scores);
    expect(scores).toMatchObject({ complete: true, missing: [], responses: { items: 4, of: 4, failed: 0 } });

    const again = ["score", "multiif", "--data", "multiif.csv", "--responses", "whole/responses.jsonl", "--json"];
    const scored = JSON.parse((await rpo(...again, "--items", "again.jsonl", "--name", "scripted")).stdout);
    expect(scored.turns).toEqual(scores.turns);
    expect(read("again.jsonl")).toBe(read("whole/items.jsonl"));

    const before = filesOf("whole");
    expect((await rpo(...multiif(url, "whole"))).code).toBe(0);
    expect(served.requests).toBe(TURNS);
    expect(filesOf("whole")).toEqual(before);
  });

  it("killed after any number of answers, makes the same files and pays for nothing twice that was stored", async () => {
    const undisturbed = await server();
    await rpo(...multiif(undisturbed.url, "undisturbed"));
    const { url, served } = await server({ latencyMs: 20, slots: 2 });
    let lost = 0;
    for (const answers of [1, 5, 9]) {
      const child = start(multiif(url, "killed"));
      const exit = ended(child);
      while (served.choices < answers + lost && child.exitCode === null) await delay(2);
      child.kill("SIGKILL");
      await exit;
      await delay(QUIET_MS);
      // Answered, and not stored yet when the kill came: these and no others may be asked for again.
      lost = served.choices - storedSamples("killed");
    }
    expect((await rpo(...multiif(url, "killed"))).code).toBe(0);
    expect(filesOf("killed")).toEqual(filesOf("undisturbed"));
    expect(served.choices).toBe(TURNS + lost);
    expect(served.answers.size).toBe(TURNS);
  });

  it("stops at Ctrl-C with what is done kept, and lets no second process in", async () => {
    // The first answers come at once, what is asked after them in a minute.
    const slow: ScriptedServer = await server({
      script: (sample) => {
        slow.set({ script, latencyMs: 60_000 });
        return script(sample);
      },
    });
    const { url, served } = slow;
    const child = start(multiif(url, "stopped"));
    const exit = ended(child);
    while (served.choices < 1) await delay(5);
    const second = await rpo(...multiif(url, "stopped"));
    expect([second.code, second.stderr]).toEqual([1, expect.stringContaining("is at work on this run")]);
    child.kill("SIGINT");
    const { code, stdout, stderr } = await exit;
    expect([code, stdout]).toEqual([130, ""]);
    expect(stderr).toContain("the same command goes on from there");
    expect(existsSync(join(folder, "stopped/scores.json"))).toBe(false);
    slow.set({ latencyMs: 0 });
    const stored = storedSamples("stopped");
    const answered = served.choices;
    expect((await rpo(...multiif(url, "stopped"))).code).toBe(0);
    expect(served.choices).toBe(answered + TURNS - stored);
  });

  it("counts an item that fails as missing, not as a fail, and asks for it again", async () => {
    const failing = await server({
      script: (sample) => (sample.body.messages.at(-1)!.content === "c, turn 2" ? null : script(sample)),
    });
    const { code, stdout, stderr } = await rpo(...multiif(failing.url, "failing"));
    expect(code).toBe(1);
    expect(stdout).toContain("Multi-IF, scripted, mode parity: INCOMPLETE: 3 turns without a verdict");
    expect(stdout).toContain("1 failed (failed.jsonl)");
    expect(stderr).toContain("the score is incomplete");
    const failed = JSON.parse(read("failing/failed.jsonl"));
    expect(failed.key).toBe("c");
    const scores = JSON.parse(read("failing/scores.json"));
    expect(scores).toMatchObject({ complete: false, responses: { failed: 1 } });
    expect(scores.missing[0]).toEqual({ key: "c", turn: 1, cause: failed.cause });
    expect(scores.turns.map(({ prompts }: { prompts: number }) => prompts)).toEqual([3, 3, 2]);

    failing.set({ script });
    expect((await rpo(...multiif(failing.url, "failing"))).code).toBe(0);
    expect(existsSync(join(folder, "failing/failed.jsonl"))).toBe(false);
    const whole = await server();
    await rpo(...multiif(whole.url, "whole-again"));
    expect(filesOf("failing")).toEqual(filesOf("whole-again"));
  });

  it("asks only the first items where it is told to, and calls that no score", async () => {
    const { url, served } = await server();
    const { code, stdout, stderr } = await rpo(...multiif(url, "first", "--limit", "2", "--json"));
    expect([code, served.requests, JSON.parse(stdout).complete]).toEqual([0, 5, false]);
    expect(stderr).toContain("no score to publish: only the first 2 of 4 items");
  });

  it("refuses bad data and wrong flags before it asks anything, and a directory of another run", async () => {
    const { url, served } = await server({ models: ["scripted", "other"] });
    writeFileSync(join(folder, "bad.csv"), read("multiif.csv").replaceAll("no_comma", "no_commas"));
    const bad = await rpo(...multiif(url, "bad").map((arg) => (arg === "multiif.csv" ? "bad.csv" : arg)));
    expect([bad.code, bad.stderr]).toEqual([1, expect.stringContaining("bad.csv:2: turn_2_instruction_id_list[1]:")]);
    expect((await rpo("run", "multiif", "--model", "scripted", "--data", "multiif.csv")).code).toBe(2);
    const adapted = await rpo(...multiif(url, "adapted", "--adapter", "a.gguf"));
    expect([adapted.code, adapted.stderr]).toEqual([1, expect.stringContaining("--adapter is for a model of this")]);
    expect(served.requests).toBe(0);
    await rpo(...multiif(url, "taken"));
    const other = await rpo(...multiif(url, "taken").map((arg) => (arg === "scripted" ? "other" : arg)));
    expect([other.code, other.stderr]).toEqual([1, expect.stringContaining("name another directory as --out")]);
    expect(served.requests).toBe(TURNS);
  });

  it("takes the policy of an rpo.yaml, greedy whatever the file says for data construction", async () => {
    const { url, bodies } = await server();
    const roles = { policy: { temperature: 0.7, maxTokens: 9 } };
    writeFileSync(join(folder, "rpo.yaml"), JSON.stringify({ endpoints: { here: { url, model: "scripted" } }, roles }));
    const args = ["run", "ifeval", "--config", "rpo.yaml", "--data", "ifeval.jsonl", "--out", "configured", "--json"];
    const { code, stdout } = await rpo(...args);
    expect([code, JSON.parse(stdout).model]).toEqual([0, { name: "scripted", identity: "scripted" }]);
    expect(bodies[0]).toMatchObject({ temperature: 0, max_tokens: 1280 });
  });

  it("runs a model of this machine, with an adapter and without, to the same bytes again", async () => {
    const weights = randomFrozenWeights(tinyArchitecture("llama"), 1, join(folder, "tiny.bin"));
    await writeGgufModel(join(folder, "tiny.gguf"), weights);
    await writeGgufAdapter(join(folder, "lora.gguf"), randomAdapter(weights, 1), weights.architecture);
    const tiny = (out: string, ...more: readonly string[]) =>
      rpo(
        ...["run", "ifeval", "--model", "./tiny.gguf", "--data", "ifeval.jsonl", "--max-tokens", "12", "--out", out],
        ...more,
      );
    expect((await tiny("tiny")).code).toBe(0);
    expect((await tiny("tiny-again")).code).toBe(0);
    expect(filesOf("tiny-again")).toEqual(filesOf("tiny"));
    expect((await tiny("adapted-tiny", "--adapter", "lora.gguf")).code).toBe(0);
    const [base, adapted] = ["tiny", "adapted-tiny"].map((out) => JSON.parse(read(`${out}/scores.json`)).model);
    expect([base.name, adapted.name]).toEqual(["tiny", "tiny+lora"]);
    expect(adapted.identity).toMatch(new RegExp(`^${base.identity}\\+[0-9a-f]{64}$`));
    expect(read("adapted-tiny/responses.jsonl")).not.toBe(read("tiny/responses.jsonl"));
  });
});

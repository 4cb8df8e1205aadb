// `rpo run` as its users meet it: the command in a process of its own, an endpoint that gives typical answers, from inspiring texts to
// pairs in two languages; and what it says where something is wrong. Faults of the endpoint are in run-faults.test.ts, kills in
// run-kill.test.ts; what each stage makes is in src/construct.
import { mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { basename, join } from "node:path";
import { afterAll, beforeAll, describe, expect, it, onTestFinished } from "vitest";
import { render } from "../src/constraint/wording/render.ts";
import type { RunPlan } from "../src/construct/plan.ts";
import { constraintOf } from "../src/eval/ifeval/constraint-of.ts";
import { type ScriptedServer, type ScriptedServerOptions, scriptedServer } from "../src/model/scripted-server.ts";
import { lockRun } from "../src/run/run-lock.ts";
import {
  INSPIRATIONS,
  type RunSettings,
  resultOf,
  rowsOf,
  rpo,
  schemaOf,
  startRpo,
  typicalScript,
  writeRun,
} from "./construction-run.ts";

let folder: string;
let runs = 0;
beforeAll(() => {
  folder = mkdtempSync(join(tmpdir(), "rpo-run-"));
});
afterAll(() => rmSync(folder, { recursive: true }));

/** A folder with an rpo.yaml, and its server, which ends with the test. */
async function begin(
  settings: RunSettings = {},
  server: ScriptedServerOptions = {},
): Promise<{ readonly dir: string; readonly server: ScriptedServer }> {
  const own = await scriptedServer({ script: typicalScript, ...server });
  onTestFinished(() => own.close());
  runs += 1;
  return { server: own, dir: writeRun(join(folder, `run-${runs}`), own.url, settings) };
}

/** Answers that were given again, over all requests. */
const again = ({ served }: ScriptedServer): number =>
  [...served.answers.values()].reduce((sum, times) => sum + times - 1, 0);

/** Escape sequences, and everything else that a terminal obeys but the end of a line. */
const COMMANDS_TO_TERMINALS = /[\u0000-\u0009\u000b-\u001f\u007f-\u009f\u202a-\u202e\u2066-\u2069]/;

const SMALL: RunSettings = { language: ["en"], count: 1, turns: 1 };

describe("rpo run", () => {
  it("goes from inspiring texts to pairs in two languages, and asks for nothing the second time", async () => {
    const { dir, server } = await begin({ count: 4, samples: 3 });
    const first = resultOf(await rpo(["run", dir, "--json"]));
    expect(first.stages.profiles).toEqual({ done: 4, reused: 0, failed: 0 });
    for (const { failed } of Object.values(first.stages)) expect(failed).toBe(0);

    const turns = new Map(rowsOf(join(dir, "turns.jsonl")).map((row) => [row.id as string, row]));
    expect(turns.size).toBe(first.pairs.turns);
    const systems = [...turns.values()].map(({ messages }) => (messages as { content: string }[])[0]!.content);
    expect(systems.some((text) => /\p{sc=Han}/u.test(text))).toBe(true);
    expect(systems.some((text) => !/\p{sc=Han}/u.test(text))).toBe(true);
    const rows = rowsOf<{ chosen: string; rejected: string; provenance: { turn: string } }>(
      join(dir, "dataset", "train.jsonl"),
    );
    expect(rows.length).toBeGreaterThan(0);
    expect(rows).toHaveLength(first.pairs.pairs!.rows.train);
    for (const { chosen, rejected, provenance } of rows) {
      const responses = turns.get(provenance.turn)!.responses as { text: string }[];
      expect(responses.map(({ text }) => text)).toEqual(expect.arrayContaining([chosen, rejected]));
    }
    const exported = rowsOf<{ chosen: { value: string } }>(join(dir, "dataset", "llamafactory", "train.jsonl"));
    expect(exported.map(({ chosen }) => chosen.value)).toEqual(rows.map(({ chosen }) => chosen));
    expect(new Set(server.served.answers.values())).toEqual(new Set([1]));

    const asked = server.served.requests;
    const second = resultOf(await rpo(["run", dir, "--json"]));
    expect(server.served.requests).toBe(asked);
    for (const { done, reused } of Object.values(second.stages)) expect(reused).toBe(done);
    expect(second.pairs).toEqual(first.pairs);
  });

  it("says beforehand what it will take, asks nobody for that, and works one stage alone", async () => {
    const { dir, server } = await begin({ ...SMALL, more: { prices: { scripted: { input: 1, output: 2 } } } });
    const planned = await rpo(["run", dir, "--dry-run"]);
    expect(planned).toMatchObject({ code: 0, stderr: "" });
    expect(planned.stdout).toMatch(/^1 profile, 0 of them with answered turns/);
    expect(planned.stdout).toMatch(/^sessions +responder +scripted +[\d,]+ +[\d,]+ +[\d,]+$/m);
    expect(planned.stdout).toMatch(/^cost 0\.\d\d to 0\.\d\d$/m);
    const judged = async (...votes: string[]): Promise<number> => {
      const { rows } = JSON.parse((await rpo(["run", dir, "--dry-run", "--json", ...votes])).stdout) as RunPlan;
      return rows.find(({ stage, role }) => stage === "responses" && role === "judge")?.least.requests ?? 0;
    };
    expect(await judged("--votes", "3")).toBe(3 * (await judged()));
    expect((await rpo(["run", dir, "--votes", "2"])).code).toBe(2);
    expect(server.served.requests).toBe(0);

    // Users are those of profiles, which are not written yet.
    expect(resultOf(await rpo(["run", dir, "--only", "users", "--json"])).stages).toEqual({
      users: { done: 0, reused: 0, failed: 0 },
    });
    const { stages, pairs } = resultOf(await rpo(["run", dir, "--only", "profiles,users", "--json"]));
    expect(Object.keys(stages)).toEqual(["profiles", "users"]);
    expect(stages.users).toEqual({ done: 1, reused: 0, failed: 0 });
    expect(pairs).toBeNull();
    expect(readdirSync(dir)).not.toContain("turns.jsonl");
    const unknown = await rpo(["run", dir, "--only", "user"]);
    expect(unknown.code).toBe(2);
    expect(unknown.stderr).toContain("users");
  });

  it("shows what its stages made, and asks nobody for that", async () => {
    const { dir, server } = await begin({ ...SMALL, count: 2 });
    resultOf(await rpo(["run", dir, "--only", "profiles,users,sessions", "--json"]));
    const asked = server.served.requests;
    const { code, stdout } = await rpo(["items", "sessions", dir, "--limit", "1"]);
    expect(code).toBe(0);
    const [item, ...others] = stdout.trimEnd().split("\n");
    expect(others).toEqual([]);
    expect(JSON.parse(item!)).toMatchObject({ output: { turns: [{ turn: 1 }], end: {} } });
    const unknown = await rpo(["items", "session", dir]);
    expect(unknown.code).toBe(1);
    expect(unknown.stderr).toContain(
      'there is no stage "session"; there are profiles, users, sessions, responses, reversals',
    );
    expect(server.served.requests).toBe(asked);
  });

  it("shows nothing of a run that has not begun, and makes none", async () => {
    const { dir } = await begin(SMALL);
    const { code, stderr } = await rpo(["items", "users", dir]);
    expect([code, stderr]).toEqual([1, `rpo: ${dir}: no run is kept there yet; rpo run ${dir} begins it\n`]);
    expect(readdirSync(dir)).toEqual(["rpo.yaml"]);
  });

  it("shows what there is while a run is at work", async () => {
    const { dir } = await begin(SMALL);
    resultOf(await rpo(["run", dir, "--only", "profiles", "--json"]));
    const working = lockRun(dir, () => new Date());
    onTestFinished(() => working.release());
    expect((await rpo(["run", dir])).stderr).toContain(`process ${process.pid}, since`);
    const { code, stdout } = await rpo(["items", "profiles", dir]);
    expect([code, stdout.trimEnd().split("\n").length]).toEqual([0, 1]);
  });

  it("ends cleanly at its budget, and goes on with a larger one", async () => {
    const prices = { scripted: { input: 1, output: 1 } };
    const { dir, server } = await begin({ ...SMALL, count: 2, more: { prices } });
    const short = await rpo(["run", dir, "--budget", "0.005"]);
    expect(short.code, short.stderr).toBe(3);
    expect(short.stderr).toMatch(/budget/);
    const paid = server.served.answers.size;
    expect(paid).toBeGreaterThan(0);
    const { stages } = resultOf(await rpo(["run", dir, "--budget", "10", "--json"]));
    for (const { failed } of Object.values(stages)) expect(failed).toBe(0);
    expect(server.served.answers.size).toBeGreaterThan(paid);
    expect(again(server)).toBe(0);
  });

  it("is stopped by Ctrl-C with what it has, and goes on from there", async () => {
    const concurrency = 2;
    const { dir, server } = await begin({ endpoint: { concurrency }, count: 4 }, { latencyMs: 20 });
    let told = false;
    const stopped = await rpo(["run", dir], {
      onStderr: (said, child) => {
        if (told || !said.includes("playing sessions")) return;
        told = true; // a second signal would end the process at once
        child.kill("SIGINT");
      },
    });
    expect(stopped.code, stopped.stderr).toBe(130);
    expect(stopped.stderr).toMatch(/stopped with \d of 4 items of this stage done; rpo run .* goes on from there/);
    const { stages } = resultOf(await rpo(["run", dir, "--json"]));
    expect(stages.sessions).toMatchObject({ done: 4, failed: 0 });
    expect(stages.users).toMatchObject({ done: 4, reused: 4 });
    // What was under way at the signal was given up.
    expect(again(server)).toBeLessThanOrEqual(concurrency);
  });

  it("is refused where another process is at work on the run, and says who", async () => {
    const { dir, server } = await begin(SMALL, { latencyMs: 60_000 });
    const first = startRpo(["run", dir]);
    const ended = new Promise((resolve) => first.on("close", resolve));
    first.stdout?.resume();
    first.stderr?.resume();
    await expect.poll(() => server.served.requests, { timeout: 30_000 }).toBeGreaterThan(0);
    const second = await rpo(["run", dir]);
    expect(second.code).toBe(1);
    expect(second.stderr).toMatch(new RegExp(`process ${first.pid}, since 20\\d\\d-.*is at work on this run`));
    first.kill("SIGKILL");
    await ended;
  });
});

describe("rpo run with an instruction that an official program judges", () => {
  const env = { RPO_CACHE: join(tmpdir(), "rpo-no-cache") };
  const stated = (instruction_id: string, kwargs: Record<string, unknown> = {}): string =>
    render(constraintOf({ instruction_id, kwargs }, { suite: "ifbench" }), "en");
  /** A run of one profile that states the constraint; the profile is there, or an inspiration that it is written from. */
  function withConstraint(text: string, place: "profile" | "inspiration"): RunSettings {
    const name = join(folder, `${place}-${runs + 1}.jsonl`);
    const profile = { id: "cook", language: "en", split: "train", name: "Cook", persona: "A cook.", queries: [] };
    const [inspiration] = rowsOf(INSPIRATIONS);
    const row =
      place === "profile" ? { ...profile, constraints: [{ id: "c1", text }] } : { ...inspiration, constraints: [text] };
    writeFileSync(name, JSON.stringify(row));
    const bank = place === "profile" ? { profiles: name } : { profiles: "none", generate: { from: name, count: 1 } };
    return { ...SMALL, samples: 4, more: { bank } };
  }

  it("judges by code", async () => {
    const { dir } = await begin(withConstraint(stated("count:numbers", { N: 3 }), "profile"));
    const { stages } = resultOf(await rpo(["run", dir, "--json"], { env }));
    for (const { failed } of Object.values(stages)) expect(failed).toBe(0);
    const turns = rowsOf<{ responses: { text: string; verdicts: (boolean | null)[] }[] }>(join(dir, "turns.jsonl"));
    const responses = turns.flatMap((turn) => turn.responses);
    expect(responses.length).toBeGreaterThan(0);
    // The typical answers have a list of three, or no number.
    for (const { text, verdicts } of responses) expect([text, verdicts]).toEqual([text, [/^3\. /m.test(text)]]);
  });

  it.each(["profile", "inspiration"] as const)("asks nobody where its tables are not here: %s", async (place) => {
    const { dir, server } = await begin(withConstraint(stated("words:odd_even_syllables"), place));
    for (const flags of [[], ["--dry-run"]]) {
      const { code, stderr } = await rpo(["run", dir, ...flags], { env });
      expect([code, stderr]).toEqual([
        1,
        expect.stringMatching(/^rpo: code cannot judge .*: needs syllapy's syllables: .* rpo eval tables --pull\n$/),
      ]);
    }
    expect(server.served.requests).toBe(0);
  });
});

describe("rpo run where something is wrong", () => {
  it("names the setting that is not known, and the one that was likely meant", async () => {
    const { dir, server } = await begin({ more: { dialog: { turns: 3 } } });
    const { code, stderr } = await rpo(["run", dir]);
    expect(code).toBe(1);
    expect(stderr).toMatch(/rpo\.yaml:\d+.*dialog.*dialogue/);
    expect(server.served.requests).toBe(0);
    const nowhere = await rpo(["run", join(folder, "nowhere.yaml")]);
    expect(nowhere.code).toBe(1);
    expect(nowhere.stderr).toContain("no such file; rpo init writes one");
    expect((await rpo(["run", folder])).stderr).toBe(
      `rpo: ${join(folder, "rpo.yaml")}: no such file; rpo init writes one, with every setting and what it means\n`,
    );
  });

  it.each([
    ["a wrong key", { key: "the right key" }, /Incorrect API key/],
    ["an unknown model", { models: ["another"] }, /`scripted` does not exist/],
  ])("ends at once at %s, after few requests", async (_, options, message) => {
    const concurrency = 4;
    const { dir, server } = await begin({ endpoint: { keyEnv: "RPO_TEST_KEY", concurrency }, count: 12 }, options);
    const key = "sk-wrong-key-of-the-tests";
    const { code, stdout, stderr } = await rpo(["run", dir], { env: { RPO_TEST_KEY: key } });
    expect(code).toBe(1);
    expect(stderr).toMatch(message);
    expect(stderr).toContain("the same command goes on from there");
    expect(server.served.requests).toBeLessThanOrEqual(concurrency);
    expect(stdout + stderr).not.toContain(key);
    for (const name of readdirSync(dir)) expect(readFileSync(join(dir, name), "latin1"), name).not.toContain(key);
  });

  it("ends soon where nobody answers, instead of failing item by item", async () => {
    const { dir, server } = await begin({ endpoint: { retries: 1, concurrency: 3 }, count: 24 });
    await server.close();
    const { code, stderr } = await rpo(["run", dir]);
    expect(code).toBe(1);
    expect(stderr).toMatch(/8 items in a row failed alike, so the others are not tried: .*127\.0\.0\.1/);
    expect(stderr).toContain("the same command goes on from there");
    const { stdout } = await rpo(["items", "profiles", dir, "--failed"]);
    const failed = stdout.trimEnd().split("\n").length;
    expect(failed).toBeGreaterThanOrEqual(8);
    expect(failed).toBeLessThan(8 + 3);
  });

  it("fails the items whose requests do not fit the model's context, and ends", async () => {
    const { dir, server } = await begin({ ...SMALL, count: 2 });
    resultOf(await rpo(["run", dir, "--only", "profiles,users", "--json"]));
    server.set({ context: 500 });
    const { code, stdout, stderr } = await rpo(["run", dir]);
    expect(code).toBe(1);
    expect(stderr).toMatch(
      /sessions: 2 items failed and will be tried again by the next run:\n.*maximum context length/,
    );
    expect(stdout).toContain("no turn was answered, so there are no pairs");
  });

  it("shows what models and data say as text: no command to the terminal, no path", async () => {
    const hostile = '\u001b[2J\u001b]0;owned\u0007\u009b31m\u202e../../x<script>alert("x")</script>';
    const inspirations = join(folder, "hostile.jsonl");
    const row = (id: string) => ({
      id,
      source: "../..",
      name: hostile,
      description: hostile,
      corpus: hostile,
      language: "en",
      constraints: [],
      meta: { [hostile]: hostile },
    });
    const inspire = (...ids: string[]) =>
      writeFileSync(inspirations, ids.map((id) => `${JSON.stringify(row(id))}\n`).join(""));
    const { dir, server } = await begin({
      language: ["en"],
      more: { bank: { profiles: "none", generate: { from: inspirations, count: 2 } } },
    });
    inspire("one", hostile);
    const refused = await rpo(["run", dir]);
    expect(refused.code).toBe(1);
    expect(refused.stderr).toContain("hostile.jsonl:2: id: ids are 1 to 100 letters, digits, - and _");
    expect(refused.stderr).not.toMatch(COMMANDS_TO_TERMINALS);
    inspire("one", "two");
    server.set({
      script: (sample) => {
        const text = typicalScript(sample);
        const name = schemaOf(sample)?.name;
        if (name === "profile") return JSON.stringify({ ...JSON.parse(text), name: hostile, [hostile]: 1 });
        if (name === "triggered") return text.replaceAll('"c1"', JSON.stringify(hostile));
        return name === undefined ? `${hostile} ${text}` : text;
      },
    });
    const before = readdirSync(folder).sort();
    const failing = await rpo(["run", dir]);
    expect(failing.code, failing.stderr).toBe(1);
    expect(failing.stderr).toMatch(/sessions: 2 items failed/); // no answer names what was asked about
    expect(failing.stderr).toMatch(/there is no .*owned/); // the cause quotes it
    const shown = [failing];
    for (const stage of ["profiles", "users", "sessions"]) shown.push(await rpo(["items", stage, dir]));
    shown.push(await rpo(["items", "sessions", dir, "--failed"]));
    for (const [i, { code, stdout, stderr }] of shown.entries()) {
      expect(code).toBe(i === 0 ? 1 : 0); // the run made no session
      expect(stdout).not.toMatch(COMMANDS_TO_TERMINALS);
      expect(stderr).not.toMatch(COMMANDS_TO_TERMINALS);
    }
    // Escaped, and all there.
    const [item] = shown[1]!.stdout.split("\n");
    expect(JSON.parse(item!)).toMatchObject({ id: "one-en", output: { profile: { name: hostile } } });

    server.set({ script: (sample) => (schemaOf(sample) === null ? `${hostile} ` : "") + typicalScript(sample) });
    const finished = await rpo(["run", dir]);
    expect(finished.code, finished.stderr).toBe(0);
    expect(finished.stdout + finished.stderr).not.toMatch(COMMANDS_TO_TERMINALS);
    expect(rowsOf(join(dir, "turns.jsonl")).length).toBeGreaterThan(0);
    expect(readdirSync(folder).sort()).toEqual(before);
    const made = readdirSync(dir, { recursive: true, encoding: "utf8" }).map((path) => basename(path));
    expect(made.filter((path) => /script|escaped|owned/.test(path))).toEqual([]);
  });
});

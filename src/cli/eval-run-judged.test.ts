// `rpo eval run sysbench` and `rpo eval run profiles` as a user runs them, on a scripted server.
import { spawn } from "node:child_process";
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { setTimeout as delay } from "node:timers/promises";
import { fileURLToPath } from "node:url";
import { afterAll, beforeAll, describe, expect, it, onTestFinished } from "vitest";
import { render } from "../constraint/wording/render.ts";
import { constraintOf } from "../eval/ifeval/constraint-of.ts";
import { type ScriptedServer, type ServedSample, scriptedServer } from "../model/scripted-server.ts";

const RPO = fileURLToPath(new URL("../../bin/rpo.mjs", import.meta.url));

let folder: string;
beforeAll(() => {
  folder = mkdtempSync(join(tmpdir(), "rpo-eval-judged-"));
  const line = (id: number, gold: boolean): string =>
    JSON.stringify({
      ...{ system_id: id, rounds_related: id === 1, system_prompt: `你是助手${id}。` },
      rounds: [1, 2, 3, 4, 5].map((round) => ({
        ...{ round, prompt: `第${round}问`, alignment: round === 2 ? "misalign" : "align" },
        criteria: [
          { criteria_id: "1", criteria_content: "简短", criteria_type: "风格约束" },
          { criteria_id: "2", criteria_content: "礼貌", criteria_type: "内容约束" },
        ],
        gt_assistant: gold ? `金${round}` : null,
      })),
    });
  writeFileSync(join(folder, "sessions.jsonl"), `${line(1, false)}\n${line(2, false)}\n`);
  writeFileSync(join(folder, "gold.jsonl"), `${line(1, true)}\n`);
  const profile = (id: string, split: string): object => ({
    ...{ id, language: "en", split, name: "Cook", persona: "You are a cook.", queries: ["How?", "Why?"] },
    constraints: [
      { id: "c1", text: "Use no commas." },
      { id: "c2", text: "Use at most 20 words." },
      { id: "c3", text: "Be kind." },
    ],
  });
  writeFileSync(join(folder, "cook.json"), JSON.stringify(profile("cook", "held-out")));
  writeFileSync(
    join(folder, "profiles.jsonl"),
    [profile("cook", "held-out"), profile("baker", "train")].map((one) => JSON.stringify(one)).join("\n"),
  );
});
afterAll(() => rmSync(folder, { recursive: true }));

interface Ended {
  readonly code: number | null;
  readonly stdout: string;
  readonly stderr: string;
}
function start(...args: readonly string[]) {
  const { OPENAI_BASE_URL: _, ...given } = process.env;
  const env = { ...given, RPO_CACHE: join(folder, "cache") };
  const child = spawn(process.execPath, [RPO, "eval", ...args], { cwd: folder, env });
  let [stdout, stderr] = ["", ""];
  child.stdout.setEncoding("utf8").on("data", (text: string) => (stdout += text));
  child.stderr.setEncoding("utf8").on("data", (text: string) => (stderr += text));
  const ended = new Promise<Ended>((resolve, reject) => {
    child.on("error", reject).on("close", (code) => resolve({ code, stdout, stderr }));
  });
  return { child, ended };
}
const rpo = (...args: readonly string[]): Promise<Ended> => start(...args).ended;
const read = (path: string): string => readFileSync(join(folder, path), "utf8");
const rowsOf = (path: string): Record<string, unknown>[] =>
  read(path)
    .trimEnd()
    .split("\n")
    .map((line) => JSON.parse(line));

async function server(script: (sample: ServedSample) => string): Promise<ScriptedServer> {
  const started = await scriptedServer({ script, models: ["m", "j"] });
  onTestFinished(() => started.close());
  return started;
}

/** The model answers with what it was asked and how much stood before; the judge by what the reply is. */
const conversation =
  (judged: (reply: string, body: ServedSample["body"]) => string) =>
  ({ body }: ServedSample): string => {
    const last = body.messages.at(-1)!.content;
    if (body.model === "m") return `${last}：${body.messages.length}`;
    return judged(/\[\[REPLY [0-9a-f]{8}\]\]\n([\s\S]*?)\n\[\[/.exec(last)![1]!, body);
  };
const verdicts = (second: string): string => JSON.stringify({ reason: "因为", verdicts: { 1: "是", 2: second } });

const sysbench = (url: string, out: string, ...more: readonly string[]): string[] => [
  ...["run", "sysbench", "--model", "m", "--judge", "j", "--endpoint", url, "--data", "sessions.jsonl", "--out", out],
  ...more,
];

describe("rpo eval run sysbench", () => {
  it("asks five rounds a session on the model's own replies, judges each, and writes what eval score reads", async () => {
    const { url, served, bodies } = await server(
      conversation((reply) => verdicts(reply.startsWith("第3问") ? "否" : "是")),
    );
    const { code, stdout, stderr } = await rpo(...sysbench(url, "own", "--json"));
    expect([code, stderr]).toEqual([0, ""]);
    expect(served.requests).toBe(20);
    const third = bodies
      .filter(({ model, messages }) => model === "m" && messages.at(-1)!.content === "第3问")
      .map(({ messages }) => messages.map(({ content }) => content));
    // Two sessions at once: either may come first.
    expect(new Set(third)).toEqual(
      new Set(
        ["你是助手1。", "你是助手2。"].map((system) => [system, "第1问", "第1问：2", "第2问", "第2问：4", "第3问"]),
      ),
    );
    const scores = JSON.parse(stdout);
    expect(scores).toMatchObject({
      ...{ benchmark: "sysbench", mode: "parity", run: "m", complete: true, history: "own", sessions: 2 },
      judge: { name: "j" },
      ...{ CSR: { total: 0.9, content: 0.8 }, ISR: { total: 0.8, misaligned: 1 }, SSR: { total: 0.4 } },
    });
    expect(JSON.parse(read("own/scores.json"))).toEqual(scores);
    expect(rowsOf("own/items.jsonl")[0]).toMatchObject({ run: "m", setting: { judge: "j", history: "own" } });
    const again = [
      "--verdicts",
      "own/verdicts.jsonl",
      "--sessions",
      "sessions.jsonl",
      "--items",
      "again.jsonl",
      "--name",
      "m",
    ];
    const scored = await rpo("score", "sysbench", ...again, "--json");
    const { CSR, ISR, SSR, per_round_isr } = scores;
    expect(JSON.parse(scored.stdout)).toMatchObject({ CSR, ISR, SSR, per_round_isr });
    expect(rowsOf("again.jsonl").slice(1)).toEqual(rowsOf("own/items.jsonl").slice(1));
    expect((await rpo("compare", "own/items.jsonl", "again.jsonl")).code).toBe(0);

    const before = ["scores.json", "items.jsonl", "verdicts.jsonl", "responses.jsonl"].map((file) =>
      read(`own/${file}`),
    );
    expect((await rpo(...sysbench(url, "own"))).stdout).toMatch(/^ISR, rounds that satisfy all +80\.0%/m);
    expect(served.requests).toBe(20);
    expect(
      ["scores.json", "items.jsonl", "verdicts.jsonl", "responses.jsonl"].map((file) => read(`own/${file}`)),
    ).toEqual(before);
  });

  it("goes on from gold replies, and says where there are none", async () => {
    const { url, bodies } = await server(conversation(() => verdicts("是")));
    const { code } = await rpo(...sysbench(url, "gold", "--history", "gold", "--data", "gold.jsonl"));
    expect(code).toBe(0);
    const said = (model: string) =>
      bodies.filter((body) => body.model === model).map(({ messages }) => JSON.stringify(messages));
    expect(said("m").filter((text) => text.includes("金2"))).toHaveLength(3);
    expect(said("j").filter((text) => text.includes("金2"))).toHaveLength(3);
    expect(said("j").filter((text) => text.includes("金5"))).toHaveLength(0);
    const missing = await rpo(...sysbench(url, "none", "--history", "gold"));
    expect([missing.code, missing.stderr]).toEqual([
      1,
      expect.stringMatching(/sessions\.jsonl: session 1 has no gold reply to round 1 .*--history own/),
    ]);
  });

  it("keeps other verdicts in parity and tells of them; asks again in fixed", async () => {
    let odd = 0;
    const { url } = await server(
      conversation((reply, { seed }) => {
        if (!reply.startsWith("第4问")) return verdicts("是");
        odd += 1;
        return verdicts(seed! % 3 === 0 ? "否" : "不适用");
      }),
    );
    const parity = await rpo(...sysbench(url, "parity"));
    expect(parity.stdout).toMatch(/[12] verdicts? other than 是 and 否 \(不适用 [12]\)/);
    const asked = odd;
    const fixed = JSON.parse((await rpo(...sysbench(url, "fixed", "--mode", "fixed", "--json"))).stdout);
    expect(odd).toBeGreaterThan(asked + 2);
    expect(fixed).toMatchObject({ mode: "fixed", other_verdicts: {}, ISR: { total: 0.8 } });
  });

  it("says what is missing where the judge gives no usable answer, and asks for just that again", async () => {
    const { url, served, set } = await server(
      conversation((reply, { messages }) =>
        reply.startsWith("第2问") && messages[0]!.content.includes("助手2") ? "不清楚" : verdicts("是"),
      ),
    );
    const first = await rpo(...sysbench(url, "deaf", "--json"));
    expect(first.code).toBe(1);
    expect(JSON.parse(first.stdout)).toMatchObject({
      ...{ complete: false, sessions: 1, missing: [{ key: "2/2", cause: expect.stringContaining("in 10 answers") }] },
    });
    expect(served.requests).toBe(10 + 9 + 10);
    set({ script: conversation(() => verdicts("是")), models: ["m", "j"] });
    const second = await rpo(...sysbench(url, "deaf", "--json"));
    expect([second.code, served.requests]).toEqual([0, 30]);
    expect(JSON.parse(second.stdout)).toMatchObject({ complete: true, sessions: 2 });
  });

  it("stopped while it judges, pays for nothing twice", async () => {
    const { url, served, set } = await server(conversation(() => verdicts("是")));
    set({ script: conversation(() => verdicts("是")), models: ["m", "j"], latencyMs: 40, slots: 1 });
    const { child, ended } = start(...sysbench(url, "stopped"));
    while (served.choices < 13 && child.exitCode === null) await delay(5);
    child.kill("SIGINT");
    expect((await ended).code).toBe(130);
    await delay(150);
    set({ script: conversation(() => verdicts("是")), models: ["m", "j"] });
    expect((await rpo(...sysbench(url, "stopped"))).code).toBe(0);
    // What was under way when it stopped is all that may have been answered for nothing.
    expect(served.answers.size).toBe(20);
    expect(served.choices).toBeLessThanOrEqual(21);
  });
});

describe("rpo eval run profiles", () => {
  /** Heeds commas, not lengths. */
  const heeds = ({ body }: ServedSample): string =>
    /Use no commas|contain no commas/.test(body.messages[0]!.content) ? "Cut it and fry it." : "Cut it, fry it.";
  const profiles = (url: string, out: string, ...more: readonly string[]): string[] => [
    ...["run", "profiles", "--model", "m", "--endpoint", url, "--profiles", "profiles.jsonl", "--out", out],
    ...more,
  ];

  it("asks held-out profiles in all forms, and scores by code", async () => {
    const { url, served, bodies } = await server(heeds);
    const { code, stdout, stderr } = await rpo(...profiles(url, "heeds", "--json"));
    expect([code, stderr]).toEqual([0, "rpo: left out of the prompts: 1 constraint that only a judge could decide\n"]);
    expect(served.requests).toBe(6);
    expect(bodies.every(({ messages }) => !messages[0]!.content.includes("Be kind"))).toBe(true);
    const scores = JSON.parse(stdout);
    expect(scores).toMatchObject({
      ...{ benchmark: "profiles", mode: "fixed", complete: true, forms: ["original", "reversed", "mixed"] },
      measures: {
        "satisfied.original": { value: 1, of: 4 },
        "satisfied.reversed": { value: 0.5, of: 4 },
        "all_satisfied.original": { value: 1 },
      },
      by_profile: [{ profile: "cook", responses: 6 }],
    });
    const table = rowsOf("heeds/responses.jsonl");
    expect(table.map(({ id }) => id)).toContain("cook/q2/reversed");
    const again = await rpo(
      "score",
      "profiles",
      "heeds/responses.jsonl",
      "--name",
      "m",
      "--items",
      "again-profiles.jsonl",
      "--json",
    );
    expect(JSON.parse(again.stdout).measures).toEqual(scores.measures);
    expect(read("again-profiles.jsonl")).toBe(read("heeds/items.jsonl"));
  });

  it("compares two models on the same questions, several samples each", async () => {
    const samples = ["--samples", "3", "--temperature", "1", "--forms", "original,reversed", "--all-profiles"];
    const one = await server(heeds);
    expect((await rpo(...profiles(one.url, "one", ...samples, "--name", "heedful"))).code).toBe(0);
    expect(one.served.requests).toBe(2 * 2 * 2 * 3);
    const other = await server(() => "Cut it, fry it.");
    expect((await rpo(...profiles(other.url, "other", ...samples, "--name", "heedless"))).code).toBe(0);
    const compared = JSON.parse((await rpo("compare", "other/items.jsonl", "one/items.jsonl", "--json")).stdout);
    expect(compared).toMatchObject({ a: "heedless", b: "heedful", items: 24, clusters: 4, onlyInA: 0 });
    const satisfied = compared.measures.find(({ measure }: { measure: string }) => measure === "satisfied");
    // Four questions that all say the same are too few to be sure of others.
    expect(satisfied).toMatchObject({ a: { value: 0.5 }, b: { value: 0.75 }, finding: "no difference shown" });
    expect(satisfied.difference.value).toBeCloseTo(0.25, 12);
  });

  it("scores instructions by their official programs, and asks nobody where their tables are not here", async () => {
    const { url, served } = await server(({ body }) => (/ not /.test(body.messages[0]!.content) ? "1" : "1 2"));
    const write = (instruction_id: string, kwargs: Record<string, unknown> = {}): void => {
      const text = render(constraintOf({ instruction_id, kwargs }, { suite: "ifbench" }), "en");
      const constraints = [{ id: "c1", text }];
      writeFileSync(join(folder, "counter.jsonl"), JSON.stringify({ ...JSON.parse(read("cook.json")), constraints }));
    };
    const run = (out: string) => rpo(...profiles(url, out, "--profiles", "counter.jsonl", "--json"));
    write("words:odd_even_syllables");
    expect(await run("untabled")).toMatchObject({
      code: 1,
      stderr: expect.stringMatching(
        /^rpo: code cannot judge .*: needs syllapy's syllables: .* rpo eval tables --pull\n$/,
      ),
    });
    expect(served.requests).toBe(0);
    write("count:numbers", { N: 2 });
    const { code, stdout } = await run("counted");
    expect(code).toBe(0);
    expect(JSON.parse(stdout)).toMatchObject({
      complete: true,
      measures: { "satisfied.original": { value: 1, of: 2 }, "satisfied.reversed": { value: 1, of: 2 } },
    });
  });

  it("refuses what it can't do", async () => {
    const { url } = await server(heeds);
    const several = await rpo(...profiles(url, "x", "--samples", "2"));
    expect([several.code, several.stderr]).toEqual([2, expect.stringContaining("give a temperature")]);
    writeFileSync(join(folder, "train.jsonl"), read("profiles.jsonl").replace("held-out", "train"));
    const none = await rpo(...profiles(url, "x", "--profiles", "train.jsonl"));
    expect([none.code, none.stderr]).toEqual([1, expect.stringContaining("--all-profiles")]);
    expect((await rpo(...profiles(url, "x", "--forms", "sideways"))).code).toBe(2);
  });
});

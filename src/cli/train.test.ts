// `rpo train` as a user runs it, on a tiny random model: what it leaves, how it is stopped and goes on, what it refuses.
import { spawn } from "node:child_process";
import { cp, mkdir, mkdtemp, readdir, readFile, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { setTimeout as delay } from "node:timers/promises";
import { fileURLToPath } from "node:url";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { jsonLine } from "../dataset/jsonl.ts";
import { sha256OfFile } from "../model/file-hash.ts";
import { readTrainingRecords } from "../train/training-record.ts";
import { randomFrozenWeights } from "../weights/random-weights.ts";
import { tinyArchitecture } from "../weights/tiny-architecture.ts";
import { writeGgufModel, writeHfModel } from "../weights/tiny-model-files.ts";

const RPO = fileURLToPath(new URL("../../bin/rpo.mjs", import.meta.url));

const STEPS = 24;
const GAMMA = 0.5;
/** On which all trainings here agree. */
const SETTINGS = [
  ...["--method", "rpo", "--gamma", String(GAMMA), "--steps", String(STEPS), "--batch", "4", "--learning-rate", "0.01"],
  ...[
    "--rank",
    "4",
    "--dropout",
    "0.1",
    "--save-every",
    "5",
    "--eval-every",
    "6",
    "--max-length",
    "128",
    "--threads",
    "1",
  ],
];

let dir: string;
beforeAll(async () => {
  dir = await mkdtemp(join(tmpdir(), "rpo-train-"));
  const weights = randomFrozenWeights(tinyArchitecture("qwen2"), 1, join(dir, "weights.bin"));
  await writeHfModel(join(dir, "model"), weights);
  await writeGgufModel(join(dir, "model.gguf"), weights);
  await mkdir(join(dir, "data"));
  await writeFile(join(dir, "data", "train.jsonl"), pairs(20).join(""));
  await writeFile(join(dir, "data", "validation.jsonl"), pairs(4).join(""));
  const whole = await rpo(["data", "--model", "model", "--out", "whole", ...SETTINGS]);
  expect(whole).toMatchObject({ code: 0 });
});
afterAll(() => rm(dir, { recursive: true }));

const pair = (index: number, changes: object = {}): object => ({
  kind: "preference",
  prompt: [
    { role: "system", content: `Be kind. Use at most ${index} words.` },
    { role: "user", content: "Soup?" },
  ],
  chosen: `Soup, please, ${"yes ".repeat(index % 5)}!`,
  rejected: `No ${"no ".repeat(index % 4)}.`,
  margin: 1 + (index % 3),
  provenance: {
    method: "rpo",
    turn: `t${index}`,
    profile: "cook",
    chosen: { response: "a", merged: ["a"] },
    rejected: { response: "b", merged: ["b"] },
    reversed: [],
    differ: ["c"],
    verdictSource: "code",
  },
  ...changes,
});
const pairs = (count: number): string[] => Array.from({ length: count }, (_, index) => jsonLine(pair(index)));

interface Ended {
  readonly code: number | null;
  readonly signal: NodeJS.Signals | null;
  readonly stdout: string;
  readonly stderr: string;
}

/** A started `rpo train`. */
interface Running {
  kill(signal: NodeJS.Signals): void;
  hasEnded(): boolean;
}

/** Runs `rpo train` in the test's folder. @param whileRunning called once it has started, to send it signals */
function rpo(
  args: readonly string[],
  whileRunning: (child: Running) => Promise<void> = async () => {},
): Promise<Ended> {
  return new Promise((resolve, reject) => {
    const env = { ...process.env, RPO_CACHE: join(dir, "cache") };
    const child = spawn(process.execPath, [RPO, "train", ...args], {
      cwd: dir,
      env,
      stdio: ["ignore", "pipe", "pipe"],
    });
    let [stdout, stderr] = ["", ""];
    child.stdout.setEncoding("utf8").on("data", (text: string) => (stdout += text));
    child.stderr.setEncoding("utf8").on("data", (text: string) => (stderr += text));
    child.on("error", reject).on("close", (code, signal) => resolve({ code, signal, stdout, stderr }));
    whileRunning({
      kill: (signal) => void child.kill(signal),
      hasEnded: () => child.exitCode !== null || child.signalCode !== null,
    }).catch(reject);
  });
}

const read = (...path: string[]): Promise<string> => readFile(join(dir, ...path), "utf8");
/** SHA-256 of the adapter in its two forms. */
const adapterOf = (out: string): Promise<string[]> =>
  Promise.all(["adapter/adapter_model.safetensors", "adapter.gguf"].map((file) => sha256OfFile(join(dir, out, file))));
const steps = async (out: string): Promise<number[]> =>
  (await readTrainingRecords(join(dir, out, "metrics.jsonl")))
    .filter(({ kind }) => kind === "step")
    .map(({ step }) => step);
const ALL_STEPS = Array.from({ length: STEPS }, (_, index) => index + 1);

/** Resolves when the training in the folder has made so many steps, or has ended. */
async function untilStep(child: Running, out: string, step: number): Promise<void> {
  while (!child.hasEnded() && ((await steps(out)).at(-1) ?? 0) < step) await delay(2);
}

describe("a training", () => {
  it("leaves an adapter in two forms, its course and a summary", async () => {
    expect((await readdir(join(dir, "whole"))).sort()).toEqual([
      "adapter",
      "adapter.gguf",
      "checkpoints",
      "metrics.jsonl",
      "rpo.yaml",
      "run.json",
      "summary.json",
      "training.svg",
    ]);
    expect(await steps("whole")).toEqual(ALL_STEPS);
    const records = await readTrainingRecords(join(dir, "whole", "metrics.jsonl"));
    expect(records.filter(({ kind }) => kind === "validation").map(({ step }) => step)).toEqual([0, 6, 12, 18, 24]);
    const summary = JSON.parse(await read("whole", "summary.json"));
    expect(summary).toMatchObject({
      settings: { method: "rpo", gamma: GAMMA, beta: 0.1, rank: 4, steps: STEPS, keep: "last" },
      model: { name: "model" },
      dataset: { train: { rows: 20 }, validation: { rows: 4 } },
      steps: STEPS,
      adapter: { step: STEPS },
    });
    // What the loss is at the untrained adapter, mean of softplus(γg) over the rows (spec/engines.md, "The self-check").
    const expected = [0, 1, 2, 3].reduce((sum, index) => sum + Math.log1p(Math.exp(GAMMA * (1 + (index % 3)))) / 4, 0);
    expect(summary.validation.before.loss).toBeCloseTo(expected, 5);
    expect(summary.validation.after.loss).toBeLessThan(expected - 0.05);
    expect(await read("whole", "training.svg")).toMatch(/^<svg .*Reward margin.*<\/svg>\n$/s);
  });

  it("is not done again when it is done, and says so", async () => {
    const before = await adapterOf("whole");
    const again = await rpo(["data", "--model", "model", "--out", "whole", "--json", ...SETTINGS]);
    expect(again).toMatchObject({ code: 0, stderr: expect.stringContaining("whole: this training is finished") });
    expect(JSON.parse(again.stdout)).toEqual(JSON.parse(await read("whole", "summary.json")));
    expect(await adapterOf("whole")).toEqual(before);
  });

  it("gives the same adapter from rpo.yaml, and from the one that a training leaves", async () => {
    const yaml = [
      "train:",
      ...["dataset: data", "model: model", "method: rpo", `gamma: ${GAMMA}`, "steps: 3", "batch: 4", "rank: 9"],
      ...["learningRate: 0.01", "dropout: 0.1", "saveEvery: 5", "evalEvery: 6", "maxLength: 128", "threads: 1"],
    ].join("\n  ");
    await writeFile(join(dir, "rpo.yaml"), yaml);
    const made = await rpo(["--config", "rpo.yaml", "--out", "by-file", "--rank", "4", "--steps", String(STEPS)]);
    expect(made).toMatchObject({ code: 0 });
    expect(await adapterOf("by-file")).toEqual(await adapterOf("whole"));
    await rm(join(dir, "by-file", "summary.json"));
    expect(await rpo(["--config", "by-file/rpo.yaml"])).toMatchObject({ code: 0 });
    expect(await adapterOf("by-file")).toEqual(await adapterOf("whole"));
  });
});

describe("the other methods", () => {
  const unpaired = (index: number): string =>
    jsonLine({
      kind: "completion",
      prompt: [{ role: "user", content: `Soup ${index}?` }],
      completion: index % 2 === 0 ? "Yes, please." : "No.",
      desirable: index % 2 === 0,
      provenance: {
        method: "kto",
        turn: `t${index}`,
        profile: "cook",
        reversed: [],
        differ: [],
        verdictSource: "code",
      },
    });

  it("train on their rows, and say what they leave out", async () => {
    await mkdir(join(dir, "unpaired"));
    await writeFile(join(dir, "unpaired", "train.jsonl"), Array.from({ length: 6 }, (_, i) => unpaired(i)).join(""));
    const common = ["--model", "model", "--steps", "2", "--batch", "2", "--learning-rate", "0.01", "--warmup", "0"];
    const [dpo, kto, sft] = await Promise.all([
      rpo(["data", "--method", "dpo", "--out", "dpo", ...common]),
      rpo(["unpaired", "--method", "kto", "--out", "kto", ...common]),
      rpo(["unpaired", "--method", "sft", "--out", "sft", ...common]),
    ]);
    for (const ended of [dpo, kto, sft]) expect(ended).toMatchObject({ code: 0 });
    const firstLoss = async (out: string): Promise<number | undefined> =>
      (await readTrainingRecords(join(dir, out, "metrics.jsonl"))).find(({ kind }) => kind === "step")?.loss;
    expect(await firstLoss("dpo")).toBeCloseTo(Math.LN2, 5);
    expect(await firstLoss("kto")).toBeCloseTo(0.5, 5); // 1 − σ(0)
    expect(await firstLoss("sft")).toBeGreaterThan(1);
    expect(JSON.parse(await read("kto", "summary.json")).settings).not.toHaveProperty("gamma");
    expect(sft?.stdout).toContain("train.jsonl: left out 3 rows: SFT: a completion that is not to be trained towards");
    expect(await read("sft", "training.svg")).not.toContain("Reward margin");
  });
});

describe("a training that was stopped", () => {
  it("goes on after a kill, and ends with the same bytes", async () => {
    const args = ["data", "--model", "model", "--out", "killed", ...SETTINGS];
    const killed = await rpo(args, async (child) => {
      await untilStep(child, "killed", 7);
      child.kill("SIGKILL");
    });
    expect(killed.signal).toBe("SIGKILL");
    expect(await readdir(join(dir, "killed"))).not.toContain("summary.json");
    const resumed = await rpo(args);
    expect(resumed).toMatchObject({
      code: 0,
      stderr: expect.stringMatching(/going on after step (?:5|10|15|20) of 24/),
    });
    expect(await adapterOf("killed")).toEqual(await adapterOf("whole"));
    expect(await steps("killed")).toEqual(ALL_STEPS);
  });

  it("stops at Ctrl-C after the current row, says how to go on, and goes on from there", async () => {
    const args = ["data", "--model", "model", "--out", "stopped", ...SETTINGS];
    const stopped = await rpo(args, async (child) => {
      await untilStep(child, "stopped", 2);
      child.kill("SIGINT");
    });
    expect(stopped).toMatchObject({ code: 130, stdout: "" });
    const [, at] = /stopped after (\d+) of 24 steps; the same command goes on from there\n$/.exec(stopped.stderr) ?? [];
    expect(Number(at)).toBeGreaterThanOrEqual(2);
    expect((await steps("stopped")).at(-1)).toBe(Number(at));
    const resumed = await rpo(args);
    expect(resumed).toMatchObject({ code: 0, stderr: expect.stringContaining(`going on after step ${at} of 24`) });
    expect(await adapterOf("stopped")).toEqual(await adapterOf("whole"));
    expect(await steps("stopped")).toEqual(ALL_STEPS);
  });
});

describe("a folder with a training", () => {
  it("refuses other settings, rows and models, and names what differs", async () => {
    await cp(join(dir, "data"), join(dir, "other"), { recursive: true });
    await writeFile(join(dir, "other", "train.jsonl"), pairs(19).join(""));
    const before = await adapterOf("whole");
    for (const out of ["one", "two", "three"]) await cp(join(dir, "whole"), join(dir, out), { recursive: true });
    const [settings, rows, model] = await Promise.all([
      rpo(["data", "--model", "model", "--out", "one", ...SETTINGS, "--beta", "0.3"]),
      rpo(["other", "--model", "model", "--out", "two", ...SETTINGS]),
      rpo(["data", "--model", "model.gguf", "--out", "three", ...SETTINGS]),
    ]);
    for (const ended of [settings, rows, model]) expect(ended).toMatchObject({ code: 1, stdout: "" });
    expect(settings.stderr).toContain("one: holds a training with beta 0.1, not 0.3; give the same to go on with it");
    expect(rows.stderr).toContain("two: holds a training with other training rows (20, now 19)");
    expect(model.stderr).toContain("three: holds a training with another model");
    for (const out of ["one", "two", "three"]) expect(await adapterOf(out)).toEqual(before);
  });

  it("is begun anew by --fresh", async () => {
    await cp(join(dir, "whole"), join(dir, "anew"), { recursive: true });
    const anew = await rpo(["data", "--model", "model", "--out", "anew", "--fresh", ...SETTINGS, "--steps", "2"]);
    expect(anew).toMatchObject({ code: 0 });
    expect(await steps("anew")).toEqual([1, 2]);
    expect(JSON.parse(await read("anew", "summary.json"))).toMatchObject({ steps: 2 });
  });

  it("is used by one process at a time, and a folder of something else not at all", async () => {
    await mkdir(join(dir, "alien", "adapter"), { recursive: true });
    await mkdir(join(dir, "busy"));
    await writeFile(join(dir, "busy", "run.json.lock"), String(process.pid));
    const [alien, busy] = await Promise.all(
      ["alien", "busy"].map((out) => rpo(["data", "--model", "model", "--out", out, ...SETTINGS])),
    );
    expect(alien).toMatchObject({ code: 1, stderr: expect.stringContaining("alien: holds adapter, but no run.json") });
    expect(busy).toMatchObject({ code: 1, stderr: `rpo: busy: process ${process.pid} is training in this folder\n` });
  });
});

describe("what can't be trained", () => {
  it.each([
    [
      "a method that there is not",
      ["data", "--method", "ppo"],
      /'ppo' is invalid. Allowed choices are rpo, dpo, kto, sft/,
    ],
    [
      "a flag of another method",
      ["data", "--method", "dpo", "--gamma", "1"],
      /--gamma is for rpo, not for --method dpo/,
    ],
    ["a value out of range", ["data", "--method", "rpo", "--rank", "0"], /argument '0' is invalid/],
    [
      "what is no number",
      ["data", "--method", "rpo", "--beta", "big"],
      /argument 'big' is invalid. It must be a number/,
    ],
    ["two lengths", ["data", "--method", "rpo", "--steps", "2", "--epochs", "2"], /give epochs or steps, not both/],
    ["no data set", ["--method", "rpo"], /a data set is not given/],
    ["no method", ["data"], /a method is not given/],
    [
      "a misspelt flag",
      ["data", "--lerning-rate", "1"],
      /unknown option '--lerning-rate'\s+\(Did you mean --learning-rate\?\)/,
    ],
  ])("%s is a wrong command line", async (_, args, message) => {
    const ended = await rpo([...args, "--model", "model", "--out", "refused"]);
    expect(ended).toMatchObject({ code: 2, stdout: "", stderr: expect.stringMatching(message) });
  });

  it("ends with one line that says where", async () => {
    await mkdir(join(dir, "bad"));
    await writeFile(join(dir, "bad", "train.jsonl"), [...pairs(3), jsonLine(pair(3, { margin: null }))].join(""));
    await writeFile(join(dir, "bad.yaml"), "train:\n  gama: 1\n");
    await writeFile(join(dir, "noise.gguf"), "noise");
    const ended = await Promise.all([
      rpo(["bad", "--model", "model", "--out", "failed-1", ...SETTINGS]),
      rpo(["nowhere", "--model", "model", "--out", "failed-2", ...SETTINGS]),
      rpo(["data", "--model", "smolm2", "--out", "failed-3", ...SETTINGS]),
      rpo(["data", "--model", "noise.gguf", "--out", "failed-4", ...SETTINGS]),
      rpo(["data", "--model", "model", "--config", "bad.yaml", "--out", "failed-5", ...SETTINGS]),
    ]);
    for (const { code, stderr } of ended) {
      expect(code).toBe(1);
      expect(stderr).toMatch(/(?:^|\n)rpo: .*\n$/); // progress may come before, on a busy machine
      expect(stderr).not.toMatch(/^ +at /m);
    }
    const [margin, dataset, name, file, yaml] = ended.map(({ stderr }) => stderr);
    expect(margin).toMatch(/bad\/train\.jsonl:4: margin: /);
    expect(dataset).toMatch(/nowhere has no train\.jsonl: make a data set there/);
    expect(name).toContain('no model "smolm2"');
    expect(file).toContain("noise.gguf is no GGUF file");
    expect(yaml).toContain("bad.yaml:2: train.gama: there is no such setting; did you mean gamma?");
  });
});

// `rpo train --engine …` with the real engines, on a tiny random model and the CPU: TRL to its end, undisturbed and stopped by Ctrl-C
// on the way, LLaMA-Factory as two processes of torchrun that Ctrl-C stops. Its stand-ins: src/engine/train-with-engine.test.ts.
import { spawn } from "node:child_process";
import { existsSync } from "node:fs";
import { mkdir, mkdtemp, readdir, readFile, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { setTimeout as delay } from "node:timers/promises";
import { fileURLToPath } from "node:url";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { readPeftAdapter } from "../src/adapter/peft.ts";
import { jsonLine } from "../src/dataset/jsonl.ts";
import { readTrainingRecords, type TrainingRecord } from "../src/train/training-record.ts";
import { randomFrozenWeights } from "../src/weights/random-weights.ts";
import { tinyArchitecture } from "../src/weights/tiny-architecture.ts";
import { writeHfModel } from "../src/weights/tiny-model-files.ts";

const RPO = fileURLToPath(new URL("../bin/rpo.mjs", import.meta.url));
const { trlPython, venvPython } = (await import(new URL("../setup/python.mjs", import.meta.url).href)) as {
  trlPython: string;
  venvPython: string;
};
const PYTHON = { trl: trlPython, llamafactory: venvPython };

const GAMMA = 0.5;
/** Imports of PyTorch on a machine that runs other tests. */
const PATIENCE_MS = 580_000;

let dir: string;
beforeAll(async () => {
  for (const python of Object.values(PYTHON))
    if (!existsSync(python)) throw new Error(`${python} is missing: \`npm test\` makes it, or \`npm run setup\``);
  dir = await mkdtemp(join(tmpdir(), "rpo-engines-train-"));
  await writeHfModel(join(dir, "model"), randomFrozenWeights(tinyArchitecture("llama"), 1, join(dir, "weights.bin")));
  await mkdir(join(dir, "data"));
  await writeFile(join(dir, "data", "train.jsonl"), Array.from({ length: 16 }, (_, i) => pair(i)).join(""));
  await writeFile(join(dir, "data", "validation.jsonl"), Array.from({ length: 4 }, (_, i) => pair(i)).join(""));
});
afterAll(() => rm(dir, { recursive: true }));

const pair = (index: number): string =>
  jsonLine({
    kind: "preference",
    prompt: [
      { role: "system", content: `Be kind. Use at most ${index} words.` },
      { role: "user", content: "Soup?" },
    ],
    chosen: `Soup, please, ${"yes ".repeat(index % 5)}!`,
    rejected: `No ${"no ".repeat(index % 4)}.`,
    margin: 1 + (index % 3),
  });

interface Ended {
  readonly code: number | null;
  readonly stdout: string;
  readonly stderr: string;
}

/** Runs `rpo train` in the test's folder. @param whileRunning is given what sends it signals */
function rpo(
  args: readonly string[],
  whileRunning: (kill: (signal: NodeJS.Signals) => void, hasEnded: () => boolean) => Promise<void> = async () => {},
): Promise<Ended> {
  return new Promise((resolve, reject) => {
    const child = spawn(process.execPath, [RPO, "train", ...args], {
      cwd: dir,
      env: { ...process.env, RPO_CACHE: join(dir, "cache") },
      stdio: ["ignore", "pipe", "pipe"],
    });
    let [stdout, stderr] = ["", ""];
    child.stdout.setEncoding("utf8").on("data", (text: string) => (stdout += text));
    child.stderr.setEncoding("utf8").on("data", (text: string) => (stderr += text));
    child.on("error", reject).on("close", (code) => resolve({ code, stdout, stderr }));
    whileRunning(
      (signal) => child.kill(signal),
      () => child.exitCode !== null || child.signalCode !== null,
    ).catch(reject);
  });
}

const settings = (engine: keyof typeof PYTHON, out: string, steps: number): string[] => [
  ...["data", "--model", "model", "--out", out, "--engine", engine, "--python", PYTHON[engine], "--device", "cpu"],
  ...["--method", "rpo", "--gamma", String(GAMMA), "--steps", String(steps), "--batch", "4", "--learning-rate", "1e-3"],
];
const records = (out: string): Promise<readonly TrainingRecord[]> =>
  readTrainingRecords(join(dir, out, "metrics.jsonl"));
const steps = async (out: string): Promise<number[]> =>
  (await records(out)).filter(({ kind }) => kind === "step").map(({ step }) => step);
const softplus = (x: number): number => Math.log1p(Math.exp(x));
/** Mean softplus(γg) of the validation rows: the loss where the adapter has not moved yet (spec/engines.md). */
const FIRST_LOSS = [0, 1, 2, 3].reduce((sum, index) => sum + softplus(GAMMA * (1 + (index % 3))) / 4, 0);

async function expectWhole(out: string, engine: string, stepsMade: number): Promise<void> {
  const looks = (await records(out)).filter(({ kind }) => kind === "validation");
  expect(looks[0]).toMatchObject({ step: 0 });
  expect(looks[0]?.loss).toBeCloseTo(FIRST_LOSS, 5);
  expect(looks.at(-1)?.loss).toBeLessThan(FIRST_LOSS - 0.05);
  const summary = JSON.parse(await readFile(join(dir, out, "summary.json"), "utf8"));
  expect(summary).toMatchObject({
    settings: { method: "rpo", gamma: GAMMA },
    dataset: { train: { rows: 16 }, validation: { rows: 4 } },
    steps: stepsMade,
    engine: { name: engine },
    adapter: { gguf: "adapter.gguf" },
  });
  const { lora } = await readPeftAdapter(join(dir, out, "adapter"));
  const moved = [...lora.pairs.values()].some(({ B }) => B.some((value) => value !== 0));
  expect([lora.config.rank, lora.pairs.size > 0, moved]).toEqual([16, true, true]);
  expect(await readdir(join(dir, out))).toEqual(expect.arrayContaining(["adapter.gguf", "training.svg"]));
}

/** Enough for a signal to come before the last one, in epochs of 4. */
const TRL_STEPS = 30;
let whole: Promise<Ended> | undefined;
/** TRL's training that nothing stops, in the folder "trl": made once, whichever test asks first. */
function undisturbed(): Promise<Ended> {
  whole ??= rpo(settings("trl", "trl", TRL_STEPS));
  return whole;
}

describe("a training on the real engine", () => {
  it("TRL: its first loss is that of the margins, and the adapter comes back in both forms", {
    timeout: PATIENCE_MS,
  }, async () => {
    const made = await undisturbed();
    expect(made.stderr).toContain("train.jsonl: 16 pairs");
    expect([made.code, made.code === 0 ? "" : made.stderr]).toEqual([0, ""]);
    expect(made.stdout).toMatch(/^30 steps \(rpo\) on 16 rows of data/);
    expect(await steps("trl")).toEqual(Array.from({ length: TRL_STEPS }, (_, index) => index + 1));
    await expectWhole("trl", "trl", TRL_STEPS);
  });

  it("TRL: stopped by Ctrl-C, the same command goes on as if nothing had been", {
    timeout: PATIENCE_MS,
  }, async () => {
    await undisturbed();
    const args = settings("trl", "trl-stopped", TRL_STEPS);
    const stopped = await rpo(args, async (kill, hasEnded) => {
      while (!hasEnded() && ((await steps("trl-stopped")).at(-1) ?? 0) < 6) await delay(20);
      kill("SIGINT");
    });
    expect([stopped.code, stopped.stdout]).toEqual([130, ""]);
    const [, at] = /stopped after (\d+) of 30 steps; the same command goes on from there\n$/.exec(stopped.stderr) ?? [];
    expect(await steps("trl-stopped")).toEqual(Array.from({ length: Number(at) }, (_, index) => index + 1));
    expect(Number(at)).toBeGreaterThanOrEqual(6);
    expect(Number(at)).toBeLessThan(TRL_STEPS);

    const gone = await rpo(args);
    expect([gone.code, gone.code === 0 ? "" : gone.stderr]).toEqual([0, ""]);
    expect(gone.stderr).toContain(`going on from the last checkpoint, after step ${at}`);
    const timeless = async (out: string) => (await records(out)).map((record) => ({ ...record, seconds: 0 }));
    expect(await timeless("trl-stopped")).toEqual(await timeless("trl"));
    const adapter = (out: string) => readFile(join(dir, out, "adapter", "adapter_model.safetensors"));
    expect((await adapter("trl-stopped")).equals(await adapter("trl"))).toBe(true);
  });

  it("LLaMA-Factory, two processes: Ctrl-C saves and ends all of them", {
    timeout: PATIENCE_MS,
  }, async () => {
    const STEPS = 40;
    const args = settings("llamafactory", "lf", STEPS);
    const stopped = await rpo([...args, "--gpus-per-node", "2"], async (kill, hasEnded) => {
      while (!hasEnded() && ((await steps("lf")).at(-1) ?? 0) < 2) await delay(50);
      kill("SIGINT");
    });
    expect([stopped.code, stopped.stdout]).toEqual([130, ""]);
    const [, at] = /stopped after (\d+) of 40 steps; the same command goes on from there\n$/.exec(stopped.stderr) ?? [];
    expect(Number(at)).toBeGreaterThanOrEqual(2);
    expect(Number(at)).toBeLessThan(STEPS);
    expect(await readdir(join(dir, "lf", "checkpoints"))).toContain(`checkpoint-${at}`);
  });
});

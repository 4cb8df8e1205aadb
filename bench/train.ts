// `npm run bench:train [STEPS]`: the embedded trainer beside TRL's DPOTrainer, each in a process of its own, one after the
// other: the same model file (SmolLM2-135M as fp32 safetensors), the same pairs of made-up token ids, LoRA on all linear layers,
// one pair a step, fp32, two threads. Pairs a second and peak memory, and the ratio to the floor: 4 FLOPs for each parameter and
// each token that needs it, at the rate of the machine's own matrix product.
import { spawnSync } from "node:child_process";
import { existsSync } from "node:fs";
import { mkdtemp, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { cacheDirectory } from "../src/model/model-cache.ts";
import { pull } from "../src/model/pull.ts";
import { seededRandom } from "../src/preference/seed.ts";
import { type Architecture, LINEAR_LAYERS, linearShape } from "../src/weights/architecture.ts";
import { openFrozenWeights } from "../src/weights/frozen-weights-file.ts";
import { writeHfFolder } from "../src/weights/hf-model-writer.ts";
import { frozenSource } from "../src/weights/model-source.ts";
import type { BenchSettings } from "./train/settings.ts";

const SHAPES = [
  { prompt: 256, completion: 128 },
  { prompt: 512, completion: 64 },
];
/** Steps of each side; the first is not counted: graphs are made and memory is taken in it. */
const STEPS = Number(process.argv[2] ?? 6);
/** <|im_end|> of SmolLM2, which both sides end a completion with. */
const END = 2;
const FIRST_ORDINARY = 17;
const THREADS = 2;

interface Outcome {
  readonly seconds: readonly number[];
  readonly losses: readonly number[];
  readonly peak_bytes: number;
}
interface OurOutcome extends Outcome {
  readonly referenceSeconds: number;
  /** FLOP/s. */
  readonly rate: number;
}

const { trlPython } = (await import(new URL("../setup/python.mjs", import.meta.url).href)) as { trlPython: string };
const here = (name: string): string => fileURLToPath(new URL(name, import.meta.url));
const scratch = await mkdtemp(join(tmpdir(), "rpo-bench-train-"));
try {
  const { settings: model } = await pull("smollm2-135m");
  const weights = await openFrozenWeights(model.path, { cacheDirectory: cacheDirectory(process.env) });
  const folder = join(scratch, "model");
  await writeHfFolder(folder, frozenSource(weights), { format: "F32" });
  for (const shape of SHAPES) await compare(shape, folder, weights.architecture);
} finally {
  await rm(scratch, { recursive: true, force: true });
}

async function compare(shape: (typeof SHAPES)[number], model: string, architecture: Architecture): Promise<void> {
  const pairs = join(scratch, "pairs.jsonl");
  await writeFile(pairs, madeUpPairs(shape, architecture.vocabulary));
  const common: BenchSettings = {
    model,
    pairs,
    rank: 16,
    alpha: 32,
    beta: 0.1,
    learning_rate: 1e-4,
    threads: THREADS,
    form: "whole",
    precompute: true,
    checkpointing: false,
    out: join(scratch, "trl"),
  };
  console.log(
    `\nprompt ${shape.prompt}, completions ${shape.completion} and ${shape.completion} tokens, one pair a step`,
  );
  const ours = await run<OurOutcome>(process.execPath, [here("train/ours.ts")], common);
  show("ours, whole graph", ours, `reference ${(ours.referenceSeconds / STEPS).toFixed(2)} s a pair beforehand`);
  const blocks = await run<OurOutcome>(process.execPath, [here("train/ours.ts")], { ...common, form: "blocks" });
  show("ours, in blocks", blocks, `reference ${(blocks.referenceSeconds / STEPS).toFixed(2)} s a pair beforehand`);
  const floor = floorOf(shape, architecture) / ours.rate;
  console.log(
    `  floor ${floor.toFixed(2)} s at ${(ours.rate / 1e9).toFixed(0)} GFLOP/s: whole graph ${(median(ours) / floor).toFixed(2)} ×, in blocks ${(median(blocks) / floor).toFixed(2)} ×`,
  );
  if (!existsSync(trlPython)) throw new Error("no environment for TRL: run `npm run bench:train`, which makes it");
  for (const [name, change] of [
    ["TRL, reference beforehand", {}],
    ["TRL, reference in every step", { precompute: false }],
    ["TRL, gradient checkpointing", { checkpointing: true }],
  ] as const) {
    const theirs = await run<Outcome>(trlPython, [here("train/trl_dpo.py")], { ...common, ...change });
    show(name, theirs, `ours is ${(median(theirs) / median(ours)).toFixed(1)} × as fast`);
  }
}

async function run<T>(program: string, args: readonly string[], settings: BenchSettings): Promise<T> {
  const file = join(scratch, "settings.json");
  await writeFile(file, JSON.stringify(settings));
  const { status, stdout, stderr } = spawnSync(program, [...args, file], {
    encoding: "utf8",
    maxBuffer: 1 << 26,
    env: { ...process.env, OMP_NUM_THREADS: String(THREADS), TOKENIZERS_PARALLELISM: "false", HF_HUB_OFFLINE: "1" },
  });
  if (status !== 0) throw new Error(`${program} ${args.join(" ")} ended with ${status}:\n${stderr.slice(-2000)}`);
  return JSON.parse(stdout.trim().split("\n").at(-1) ?? "") as T;
}

/** Seconds of the steps after the first. */
function median({ seconds }: Outcome): number {
  const sorted = seconds.slice(1).sort((a, b) => a - b);
  return sorted[Math.floor(sorted.length / 2)] ?? Number.NaN;
}

function show(name: string, outcome: Outcome, rest: string): void {
  const seconds = median(outcome);
  console.log(
    `  ${name.padEnd(30)} ${seconds.toFixed(2)} s a pair  ${(1 / seconds).toFixed(3)} pairs/s  peak ${(outcome.peak_bytes / 1e9).toFixed(2)} GB  ${rest}`,
  );
}

/** FLOPs of a step that nothing can save: with the frozen weights, forward and back to their inputs. */
function floorOf({ prompt, completion }: (typeof SHAPES)[number], architecture: Architecture): number {
  const block = LINEAR_LAYERS.reduce((sum, layer) => {
    const [out, width] = linearShape(architecture, layer);
    return sum + out * width;
  }, 0);
  const tokens = prompt + 2 * completion;
  const head = architecture.vocabulary * architecture.hidden;
  return 4 * (block * architecture.layers.length * tokens + head * 2 * completion);
}

function madeUpPairs({ prompt, completion }: (typeof SHAPES)[number], vocabulary: number): string {
  const random = seededRandom("bench:train", prompt, completion);
  const tokens = (count: number): number[] =>
    Array.from({ length: count }, () => FIRST_ORDINARY + Math.floor(random() * (vocabulary - FIRST_ORDINARY)));
  const text = (): number[] => [...tokens(completion - 1), END];
  return Array.from({ length: STEPS }, () =>
    JSON.stringify({ prompt: tokens(prompt), chosen: text(), rejected: text() }),
  ).join("\n");
}

// The embedded trainer's side of `npm run bench:train`: one training over made-up pairs in this process, as the worker of
// `rpo train` runs it. `node bench/train/ours.ts SETTINGS.json` prints one JSON object: seconds of every step, losses, seconds
// of the reference log-probabilities, the machine's matrix-product rate, peak memory.
import { mkdtemp, readFile, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { InferenceSession, Tensor } from "onnxruntime-node";
import { cacheDirectory } from "../../src/model/model-cache.ts";
import { checkpointFolder } from "../../src/train/checkpoint.ts";
import { embeddedEngine } from "../../src/train/embedded/engine.ts";
import { OnnxModel } from "../../src/train/embedded/onnx-model.ts";
import { initialLora } from "../../src/train/lora-init.ts";
import { DEFAULT_OBJECTIVE } from "../../src/train/objective.ts";
import type { TokenRow } from "../../src/train/token-row.ts";
import { train } from "../../src/train/train.ts";
import { trainingRows } from "../../src/train/training-rows.ts";
import { LINEAR_LAYERS } from "../../src/weights/architecture.ts";
import { openFrozenWeights } from "../../src/weights/frozen-weights-file.ts";
import type { BenchSettings } from "./settings.ts";

const settings: BenchSettings = JSON.parse(await readFile(process.argv[2] ?? "", "utf8"));
const pairs: { prompt: number[]; chosen: number[]; rejected: number[] }[] = (await readFile(settings.pairs, "utf8"))
  .trim()
  .split("\n")
  .map((line) => JSON.parse(line));
const rows: TokenRow[] = pairs.map(({ prompt, chosen, rejected }, i) => ({
  id: `pair ${i}`,
  prompt: Int32Array.from(prompt),
  completions: [Int32Array.from(chosen), Int32Array.from(rejected)],
  margin: 0,
  desirable: true,
}));
const scratch = await mkdtemp(join(tmpdir(), "rpo-bench-"));
try {
  const weights = await openFrozenWeights(settings.model, { cacheDirectory: cacheDirectory(process.env) });
  const config = { rank: settings.rank, alpha: settings.alpha, dropout: 0, targets: LINEAR_LAYERS };
  const engine = await embeddedEngine({
    weights,
    config,
    longest: Math.max(...pairs.map(({ prompt, chosen, rejected }) => prompt.length + chosen.length + rejected.length)),
    threads: settings.threads,
    form: settings.form,
  });
  const source = { length: rows.length, sha256: "0".repeat(64), get: async (i: number) => rows[i]! };
  const start = performance.now();
  const training = await trainingRows("dpo", {
    engine,
    rows: source,
    folder: scratch,
    modelIdentity: weights.identity,
    tokenisation: "bench",
  });
  const referenceSeconds = (performance.now() - start) / 1000;
  const seconds: number[] = [];
  const losses: number[] = [];
  await train({
    engine,
    training,
    validation: null,
    order: () => (position) => position,
    lora: initialLora(weights.architecture, config, 1),
    modelIdentity: weights.identity,
    objective: { ...DEFAULT_OBJECTIVE, method: "dpo", beta: settings.beta },
    learningRate: settings.learning_rate,
    schedule: "constant",
    warmup: { steps: 0 },
    length: { epochs: 1 },
    batch: 1,
    maxGradientNorm: 1,
    weightDecay: 0,
    seed: 1,
    evalEvery: 0,
    saveEvery: 0,
    checkpoints: checkpointFolder(join(scratch, "checkpoint")),
    resume: false,
    clock: () => performance.now(),
    onRecord: (record) => {
      if (record.kind !== "step") return;
      seconds.push(record.seconds);
      losses.push(record.loss);
    },
  });
  await engine.release();
  const peak = process.resourceUsage().maxRSS * 1024; // before the rate is measured, which needs memory of its own
  const { hidden, feedForward } = weights.architecture;
  const rate = await productRate(512, hidden, feedForward, settings.threads);
  process.stdout.write(`${JSON.stringify({ seconds, losses, referenceSeconds, rate, peak_bytes: peak })}\n`);
} finally {
  await rm(scratch, { recursive: true, force: true });
}

/** FLOP/s of ONNX Runtime's own matrix product [m, k] × [k, n], fp32: the best of some runs. */
async function productRate(m: number, k: number, n: number, threads: number): Promise<number> {
  const REPEATS = 20;
  const graph = new OnnxModel();
  const w = graph.input("w", "float32", [n, k]);
  let y = graph.input("x", "float32", [m, k]);
  // Each pair of products ends in the shape that it began with, so that all depend on one another and none is left out.
  for (let i = 0; i < REPEATS; i++) {
    const wide = graph.operator("Gemm", [y, w], { transB: 1 });
    y = graph.operator("Gemm", [wide, w], { alpha: { float: 1e-3 } });
  }
  graph.output(y, "y", "float32", [m, k]);
  const session = await InferenceSession.create(graph.bytes(), { intraOpNumThreads: threads, logSeverityLevel: 3 });
  const random = (size: number): Float32Array =>
    Float32Array.from({ length: size }, (_, i) => ((i * 7919) % 1000) / 1000);
  const feeds = { x: new Tensor("float32", random(m * k), [m, k]), w: new Tensor("float32", random(n * k), [n, k]) };
  await session.run(feeds);
  let best = Number.POSITIVE_INFINITY;
  for (let i = 0; i < 6; i++) {
    const start = performance.now();
    await session.run(feeds);
    best = Math.min(best, (performance.now() - start) / 1000);
  }
  await session.release();
  return (2 * REPEATS * 2 * m * k * n) / best;
}

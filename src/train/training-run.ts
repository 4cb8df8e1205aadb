// One training from a data set to an adapter, in this thread: weights, token rows, reference log-probabilities, steps, and the
// files that are left (run-directory.ts). Everything costly is kept as it is made, so that the same call goes on where an
// earlier one stopped. Ignores threads (train-in-worker.ts) and what is shown.
import { existsSync, readFileSync } from "node:fs";
import { readFile } from "node:fs/promises";
import { basename, join } from "node:path";
import { env as onnxRuntime } from "onnxruntime-node";
import { writeGgufAdapter } from "../adapter/gguf-adapter.ts";
import { writePeftAdapter } from "../adapter/peft.ts";
import { InputError } from "../dataset/input-error.ts";
import { RejectsFile } from "../dataset/rejects-file.ts";
import { writeWhole } from "../dataset/staged-file.ts";
import { cacheDirectory } from "../model/model-cache.ts";
import { trainingSvg } from "../report/training-chart.ts";
import { openTokenizer } from "../tokens/open-tokenizer.ts";
import { openFrozenWeights } from "../weights/frozen-weights-file.ts";
import type { BaseModel } from "./base-model.ts";
import { checkpointFolder } from "./checkpoint.ts";
import { methodNotice } from "./data-set-method.ts";
import { embeddedEngine } from "./embedded/engine.ts";
import { initialLora } from "./lora-init.ts";
import { rateOf, remember } from "./recent-rate.ts";
import { rowOrder } from "./row-order.ts";
import { prepareRunDirectory, type RunRecord, runPaths, takeUp, writeAsked } from "./run-directory.ts";
import { openTokenRows, type TokenRows } from "./token-rows.ts";
import { train } from "./train.ts";
import {
  DEFAULT_EPOCHS,
  decidingSettings,
  loraConfigOf,
  memoryBytes,
  objectiveOf,
  type TrainSettings,
} from "./train-settings.ts";
import { type TrainingProgress, TrainingStopped } from "./training-progress.ts";
import {
  openTrainingRecords,
  readTrainingRecords,
  type StepRecord,
  type TrainingRecordFile,
} from "./training-record.ts";
import { trainingRows } from "./training-rows.ts";
import { courseOf, type RowsSummary, type TrainingSummary } from "./training-summary.ts";

export interface TrainingJob {
  /** Folder of a data set: train.jsonl and, if there is one, validation.jsonl. */
  readonly dataset: string;
  readonly model: BaseModel;
  /** Run directory; a training that is there goes on. */
  readonly out: string;
  readonly settings: TrainSettings;
  /** Begin anew where there is a training. */
  readonly fresh: boolean;
}

export interface TrainingHooks {
  /** Ends the work after the current row; what is done is kept. */
  readonly signal: AbortSignal;
  readonly onProgress: (progress: TrainingProgress) => void;
  /** Told in words what a person would want to know. */
  readonly onNotice: (notice: string) => void;
  /** Clock in milliseconds. */
  readonly now: () => number;
}

const SPLITS = ["train", "validation"] as const;

/** Rows that a method needs: KTO compares each with another. */
const fewestRows = (settings: TrainSettings): number => (settings.method === "kto" ? 2 : 1);

/**
 * Trains, or goes on.
 * @throws TrainingStopped when the signal ends it; InputError for a data set, model or run directory that can't be used
 */
export async function runTraining(job: TrainingJob, hooks: TrainingHooks): Promise<TrainingSummary> {
  const release: (() => Promise<void>)[] = [];
  try {
    return await runSteps(job, hooks, (work) => release.push(work));
  } catch (error) {
    if (hooks.signal.aborted && error === hooks.signal.reason) throw new TrainingStopped(null, null);
    throw error;
  } finally {
    for (const work of release.reverse()) await work();
  }
}

async function runSteps(
  { dataset, model, out, settings, fresh }: TrainingJob,
  { signal, onProgress, onNotice, now }: TrainingHooks,
  onEnd: (work: () => Promise<void>) => void,
): Promise<TrainingSummary> {
  const paths = runPaths(out);
  const cache = cacheDirectory(process.env);
  await prepareRunDirectory(out, fresh);

  const weights = await openFrozenWeights(model.path, {
    cacheDirectory: cache,
    onProgress: (moved) => onProgress({ stage: "weights", moved }),
    onNotice,
    signal,
  });
  const tokenizer = await openTokenizer(model.path, model);
  const { vocabulary } = weights.architecture;
  if (tokenizer.vocabularySize > vocabulary)
    throw new InputError(
      `${model.path}: its tokenizer has ${tokenizer.vocabularySize} tokens and its weights know ${vocabulary}; are they of one model?`,
    );
  onEnd(() => tokenizer.dispose());
  const mismatch = await methodNotice(dataset, settings.method);
  if (mismatch !== null) onNotice(mismatch);
  const rejects = new RejectsFile(paths.rejects);
  const open = async (side: (typeof SPLITS)[number], fewest: number): Promise<TokenRows> => {
    const file = join(dataset, `${side}.jsonl`);
    const rows = await openTokenRows({
      file,
      method: settings.method,
      tokenizer,
      maxLength: Math.min(settings.maxLength, weights.architecture.contextLength),
      skipBad: settings.skipBad,
      fewest,
      ...(settings.skipBad && { onRefused: (row) => rejects.add(row) }),
      signal,
      onProgress: (done, share) => onProgress({ stage: "tokens", file: basename(file), done, share }),
    });
    onEnd(() => rows.close());
    return rows;
  };
  let rows: TokenRows;
  let held: TokenRows | null;
  try {
    rows = await open("train", fewestRows(settings));
    held = existsSync(join(dataset, "validation.jsonl")) ? await open("validation", 0) : null;
  } finally {
    rejects.close();
  }
  const heldRows = held !== null && held.length >= fewestRows(settings) ? held : null;

  const record: RunRecord = {
    format: 1,
    settings: { ...decidingSettings(settings) },
    model: { name: model.name, identity: weights.identity },
    rows: {
      train: { count: rows.length, sha256: rows.sha256 },
      validation: heldRows === null ? null : { count: heldRows.length, sha256: heldRows.sha256 },
    },
  };
  const goesOn = await takeUp(out, record);
  await writeAsked(out, { dataset, model: model.path, settings });
  if (goesOn) {
    const finished = await finishedSummary(paths.summary, settings);
    if (finished !== null) {
      onNotice(`${out}: this training is finished; --fresh begins anew`);
      return finished;
    }
  }
  const config = loraConfigOf(settings);
  const lora = initialLora(weights.architecture, config, settings.seed);
  const engine = await embeddedEngine({
    weights,
    config,
    device: settings.device,
    longest: Math.max(rows.longest, heldRows?.longest ?? 0),
    ...(settings.threads !== undefined && { threads: settings.threads }),
    ...(settings.memory !== undefined && { memory: memoryBytes(settings.memory) }),
  });
  onEnd(() => engine.release());

  const withReference = (side: (typeof SPLITS)[number], of: TokenRows) =>
    trainingRows(settings.method, {
      engine,
      rows: of,
      folder: join(cache, "reference"),
      modelIdentity: weights.identity,
      tokenisation: settings.device, // the rows' hash is over token ids
      signal,
      onProgress: (done, total) => onProgress({ stage: "reference", side, done, of: total }),
    });
  const training = await withReference("train", rows);
  const validation = heldRows === null ? null : await withReference("validation", heldRows);

  const stepsPerEpoch = Math.ceil(rows.length / settings.batch);
  const checkpoints = checkpointFolder(paths.checkpoints);
  const recent: StepRecord[] = [];
  const metrics: { file: TrainingRecordFile | null } = { file: null };
  onEnd(async () => metrics.file?.close());
  const result = await train({
    engine,
    training,
    validation,
    order: rowOrder(settings.order, rows.length, settings.seed, rows.isMirror),
    lora,
    modelIdentity: weights.identity,
    objective: objectiveOf(settings),
    learningRate: settings.learningRate,
    schedule: settings.schedule,
    warmup: settings.warmup < 1 ? { share: settings.warmup } : { steps: settings.warmup },
    length: settings.steps !== undefined ? { steps: settings.steps } : { epochs: settings.epochs ?? DEFAULT_EPOCHS },
    batch: settings.batch,
    maxGradientNorm: settings.maxGradientNorm,
    weightDecay: settings.weightDecay,
    seed: settings.seed,
    evalEvery: settings.evalEvery ?? stepsPerEpoch,
    saveEvery: settings.saveEvery,
    checkpoints,
    resume: true,
    clock: now,
    signal,
    async onStart({ step, steps, validated }) {
      if (step > 0) onNotice(`${out}: going on after step ${step} of ${steps}`);
      metrics.file = await openTrainingRecords(paths.metrics, step, validated);
    },
    async onRecord(record) {
      await metrics.file?.append(record);
      if (record.kind !== "step") return;
      remember(recent, record);
    },
    onProgress: ({ stage, step, steps, done, of }) =>
      onProgress({ stage: stage === "train" ? "step" : "validation", step, steps, done, of, ...rateOf(recent, steps) }),
  });
  await metrics.file?.close();
  metrics.file = null;

  const records = await readTrainingRecords(paths.metrics);
  await writeWhole(paths.chart, `${await trainingSvg(records)}\n`);
  if (result.status === "stopped") throw new TrainingStopped(result.step, result.steps);

  const best = settings.keep === "best" ? await checkpoints.load("best") : null;
  const kept = best?.lora ?? result.lora;
  const adapter = { lora: kept, base: { name: model.name, identity: weights.identity } };
  await writePeftAdapter(paths.adapter, adapter);
  await writeGgufAdapter(paths.gguf, adapter, weights.architecture);
  const { validation: course, training: last, seconds, tokens } = courseOf(records);
  const summary: TrainingSummary = {
    settings: { ...record.settings, keep: settings.keep },
    model: record.model,
    dataset: { train: rowsSummary("train.jsonl", rows), validation: held && rowsSummary("validation.jsonl", held) },
    steps: result.steps,
    validation: course,
    training: last,
    adapter: {
      peft: basename(paths.adapter),
      gguf: basename(paths.gguf),
      step: best === null ? result.step : best.state.step,
      parameters: [...kept.pairs.values()].reduce((sum, { A, B }) => sum + A.length + B.length, 0),
    },
    seconds,
    tokens,
    versions: {
      "rpo-kit": packageVersion(),
      node: process.versions.node,
      onnxruntime: onnxRuntime.versions.node ?? "",
    },
  };
  await writeWhole(paths.summary, `${JSON.stringify(summary, null, 2)}\n`);
  return summary;
}

const rowsSummary = (file: string, rows: TokenRows): RowsSummary => ({
  file,
  rows: rows.length,
  sha256: rows.fileSha256,
  counts: rows.counts,
});

/** The summary of a finished training, if what it keeps is what is asked for. */
async function finishedSummary(path: string, settings: TrainSettings): Promise<TrainingSummary | null> {
  const text = await readFile(path, "utf8").catch(() => null);
  if (text === null) return null;
  const summary = JSON.parse(text) as TrainingSummary; // ours: takeUp has found the record beside it
  return summary.settings.keep === settings.keep ? summary : null;
}

const packageVersion = (): string =>
  (JSON.parse(readFileSync(new URL("../../package.json", import.meta.url), "utf8")) as { version: string }).version;

// The loop of training: batches of rows, their mean gradient, one step of AdamW after the other, and between them looks at the
// validation rows and checkpoints. Knows no model, no file format and no clock: engine, rows, order, store and clock are
// passed in, and nothing here is kept between calls, so that it runs in any thread.
//
// A step's batch is `batch` rows of the epoch's order, fewer at an epoch's end; each row's gradient is computed alone and their
// mean taken, so that the batch is the effective one whatever fits into memory. A step depends only on the configuration and on
// the state that checkpoints hold: a training that was killed and goes on ends with the same bytes as one that was not.
import { createHash } from "node:crypto";
import { InputError } from "../dataset/input-error.ts";
import { sampleSeed } from "../model/sample-seed.ts";
import { adamwStep, DEFAULT_ADAMW, zeroMoments } from "./adamw.ts";
import { type RowOutcome, summarise } from "./batch-summary.ts";
import { CheckpointError, type CheckpointStore, type PairMoments, type TrainingState } from "./checkpoint.ts";
import type { Engine } from "./engine.ts";
import { clipToNorm, globalNorm } from "./gradient-clip.ts";
import type { LoraPair, LoraWeights } from "./lora-weights.ts";
import {
  batchTerms,
  checkObjective,
  isPaired,
  logRatio,
  marginTerm,
  needsReference,
  type Objective,
  referencePoint,
  rowLoss,
  softplus,
} from "./objective.ts";
import { learningRateAt, type Schedule, type ScheduleOptions, type Warmup, warmupStepsOf } from "./schedule.ts";
import type { TrainingRecord } from "./training-record.ts";
import type { TrainingRows } from "./training-rows.ts";
import { validate } from "./validation.ts";

/** How far a training is, between its records. */
export interface TrainProgress {
  readonly stage: "train" | "validation";
  /** Updates made. */
  readonly step: number;
  readonly steps: number;
  /** Rows of the batch, or of the validation, that are done. */
  readonly done: number;
  readonly of: number;
}

/** What is known before the first step. */
export interface TrainStart {
  /** Updates made: above 0 where a checkpoint is gone on from. */
  readonly step: number;
  readonly steps: number;
  readonly stepsPerEpoch: number;
  /** The step of the last look at the validation rows; null before the first. */
  readonly validated: number | null;
}

export interface TrainOptions {
  readonly engine: Engine;
  readonly training: TrainingRows;
  readonly validation: TrainingRows | null;
  /** The row at each position of an epoch (both from 0): a permutation of the rows, a function of its arguments alone. */
  readonly order: (epoch: number) => (position: number) => number;
  /** Trained in place. A checkpoint that is gone on from replaces its numbers. */
  readonly lora: LoraWeights;
  /** Identity of the frozen weights; a checkpoint is only gone on from under the same. */
  readonly modelIdentity: string;
  readonly objective: Objective;
  /** The rate at the end of the warm-up. */
  readonly learningRate: number;
  readonly schedule: Schedule;
  readonly warmup: Warmup;
  /** Times that the rows are seen, not necessarily whole, or updates. */
  readonly length: { readonly epochs: number } | { readonly steps: number };
  /** Rows that make one update. */
  readonly batch: number;
  /** Longer gradients are scaled down to this global norm; Infinity for none. */
  readonly maxGradientNorm: number;
  readonly weightDecay: number;
  /** Decides what LoRA dropout drops. */
  readonly seed: number;
  /** Steps between looks at the validation rows, besides those before the first step and after the last; 0 for only those. */
  readonly evalEvery: number;
  /** Steps between checkpoints, besides the one after the last; 0 for only that. */
  readonly saveEvery: number;
  readonly checkpoints: CheckpointStore;
  /** Whether to go on from the store's `last`; where false and there is one, it is not written over but refused. */
  readonly resume: boolean;
  /** Milliseconds, from any moment on. */
  readonly clock: () => number;
  /** Ends the training after the current row, with a checkpoint of the last whole step. */
  readonly signal?: AbortSignal;
  readonly onStart?: (start: TrainStart) => void | Promise<void>;
  readonly onRecord?: (record: TrainingRecord) => void | Promise<void>;
  readonly onProgress?: (progress: TrainProgress) => void;
}

export interface TrainResult {
  readonly status: "completed" | "stopped";
  /** Updates made, those before a checkpoint that was gone on from included. */
  readonly step: number;
  readonly steps: number;
  /** The lowest validation loss; its adapter is the store's `best`. */
  readonly best: { readonly step: number; readonly loss: number } | null;
  /** The adapter after the last update. */
  readonly lora: LoraWeights;
}

/** A training that can't go on: a loss that is no number, a first step that is not what the method says. */
export class TrainingError extends InputError {
  constructor(message: string) {
    super(message);
    this.name = "TrainingError";
  }
}

/** By how much the first step's mean loss may be off (spec/engines.md, "The self-check"). */
const FIRST_STEP_TOLERANCE = 1e-5;

/** Rounding that two ways to sum one row's log-probabilities in single precision may differ by, of the sum. */
const SUM_ROUNDING = 4 * 2 ** -24;

/** Rows of the first epoch whose order is part of what a checkpoint is compared by. */
const ORDER_SAMPLE = 10_000;

/**
 * Trains, or goes on with a training.
 * @throws InputError for settings or rows that can't be trained on; TrainingError where the numbers go wrong, with the rows'
 *   ids; CheckpointError. What the store holds stays in each case. An abort is no error.
 */
export async function train(options: TrainOptions): Promise<TrainResult> {
  const plan = planOf(options);
  const run = await begin(options, plan);
  await options.onStart?.({
    step: run.step,
    steps: plan.steps,
    stepsPerEpoch: plan.stepsPerEpoch,
    validated: run.validated,
  });
  const result = (status: TrainResult["status"]): TrainResult => {
    return { status, step: run.step, steps: plan.steps, best: run.best, lora: options.lora };
  };
  const stop = async (): Promise<TrainResult> => {
    await save(options, plan, run);
    return result("stopped");
  };
  for (;;) {
    if (isDue(options, plan, run) && !(await look(options, plan, run))) return stop();
    const { step } = run;
    const isLast = step === plan.steps;
    if (isLast || (options.saveEvery > 0 && step > 0 && step % options.saveEvery === 0)) await save(options, plan, run);
    if (isLast) return result("completed");
    if (!(await makeStep(options, plan, run))) return stop();
  }
}

/** What follows from the options alone. */
interface Plan {
  readonly rows: number;
  readonly stepsPerEpoch: number;
  readonly steps: number;
  readonly schedule: ScheduleOptions;
  readonly config: TrainingState["config"];
}

/** What changes from step to step, besides the adapter. */
interface Run {
  step: number;
  validated: number | null;
  best: TrainingState["best"];
  readonly moments: ReadonlyMap<string, PairMoments>;
  /** Sums of the batch's gradients, of the adapter's shapes. */
  readonly gradients: ReadonlyMap<string, LoraPair>;
  /** What the store's `last` was saved at, `step/validated`. */
  saved: string | null;
  /** The step of that checkpoint. */
  savedStep: number | null;
}

function planOf(options: TrainOptions): Plan {
  const { training, validation, objective, lora, batch, length, learningRate, weightDecay, maxGradientNorm } = options;
  const rows = training.rows.length;
  if (rows === 0) throw new InputError("the training set has no rows: there is nothing to train on");
  if (validation?.rows.length === 0) throw new InputError("the validation set has no rows: leave it out, or fill it");
  checkObjective(objective);
  demand(Number.isSafeInteger(batch) && batch >= 1, "batch", batch, "a whole number of at least 1");
  demand(learningRate > 0 && Number.isFinite(learningRate), "learningRate", learningRate, "a number above 0");
  demand(weightDecay >= 0 && Number.isFinite(weightDecay), "weightDecay", weightDecay, "a number of at least 0");
  demand(maxGradientNorm > 0, "maxGradientNorm", maxGradientNorm, "above 0");
  for (const [name, every] of Object.entries({ evalEvery: options.evalEvery, saveEvery: options.saveEvery }))
    demand(Number.isSafeInteger(every) && every >= 0, name, every, "a whole number of at least 0");
  for (const set of validation === null ? [training] : [training, validation]) checkTables(set, objective);
  const stepsPerEpoch = Math.ceil(rows / batch);
  const steps = "steps" in length ? length.steps : Math.ceil(length.epochs * stepsPerEpoch);
  demand(Number.isSafeInteger(steps) && steps >= 1, "steps", steps, "a whole number of at least 1");
  const warmupSteps = warmupStepsOf(options.warmup, steps);
  demand(warmupSteps >= 0 && warmupSteps <= steps, "warmup", warmupSteps, `from 0 to ${steps} steps`);
  const schedule = { schedule: options.schedule, peak: learningRate, warmupSteps, steps };
  const config = {
    model: options.modelIdentity,
    trainingSet: training.rows.sha256,
    validationSet: validation?.rows.sha256 ?? null,
    rows,
    order: orderSample(options.order, rows),
    ...objective,
    ...lora.config,
    ...schedule,
    batch,
    maxGradientNorm,
    weightDecay,
    seed: options.seed,
  };
  return { rows, stepsPerEpoch, steps, schedule, config };
}

function demand(holds: boolean, name: string, value: number, range: string): void {
  if (!holds) throw new InputError(`${name}: ${value} must be ${range}`);
}

function checkTables({ rows, reference, mismatched }: TrainingRows, { method }: Objective): void {
  const wanted = needsReference(method);
  if (wanted && reference?.length !== rows.length)
    throw new InputError(`${method}: ${rows.length} rows with ${reference?.length ?? 0} reference log-probabilities`);
  if (method === "kto" && mismatched?.rows.length !== rows.length)
    throw new InputError("kto: the rows come without their mismatched ones");
}

function orderSample(order: TrainOptions["order"], rows: number): string {
  const at = order(0);
  const sample = Array.from({ length: Math.min(rows, ORDER_SAMPLE) }, (_, position) => at(position));
  return createHash("sha256").update(JSON.stringify(sample)).digest("hex");
}

async function begin({ lora, checkpoints, resume }: TrainOptions, plan: Plan): Promise<Run> {
  const found = await checkpoints.load("last");
  const moments = new Map<string, PairMoments>();
  const gradients = new Map<string, LoraPair>();
  for (const [name, { A, B }] of lora.pairs) {
    moments.set(name, { A: zeroMoments(A.length), B: zeroMoments(B.length) });
    gradients.set(name, { A: new Float32Array(A.length), B: new Float32Array(B.length) });
  }
  const run: Run = { step: 0, validated: null, best: null, moments, gradients, saved: null, savedStep: null };
  if (found === null) return run;
  const { state } = found;
  if (!resume)
    throw new CheckpointError(
      `there is a checkpoint of step ${state.step} already: go on from it, or choose another folder`,
    );
  refuseOther(state.config, plan.config);
  for (const [name, pair] of lora.pairs) {
    const saved = found.lora.pairs.get(name);
    const savedMoments = found.moments?.get(name);
    const of = moments.get(name);
    if (saved?.A.length !== pair.A.length || saved.B.length !== pair.B.length || !savedMoments || !of)
      throw new CheckpointError(`the checkpoint of step ${state.step} lacks ${name}, or has it in another shape`);
    pair.A.set(saved.A);
    pair.B.set(saved.B);
    for (const matrix of ["A", "B"] as const) {
      of[matrix].m.set(savedMoments[matrix].m);
      of[matrix].v.set(savedMoments[matrix].v);
    }
  }
  const { step, validated, best } = state;
  return { ...run, step, validated, best, saved: savedAs(state), savedStep: step };
}

/** @throws CheckpointError that names every setting in which the two differ */
function refuseOther(saved: TrainingState["config"], wanted: TrainingState["config"]): void {
  const differing = [...new Set([...Object.keys(wanted), ...Object.keys(saved)])].filter(
    (name) => JSON.stringify(saved[name]) !== JSON.stringify(wanted[name]),
  );
  if (differing.length === 0) return;
  const list = differing.map(
    (name) => `${name} (then ${JSON.stringify(saved[name])}, now ${JSON.stringify(wanted[name])})`,
  );
  throw new CheckpointError(
    `the checkpoint is of another training: ${list.join(", ")}. Go on with the settings it began with, or choose another folder.`,
  );
}

const savedAs = ({ step, validated }: Pick<TrainingState, "step" | "validated">): string => `${step}/${validated}`;

function stateOf({ batch }: TrainOptions, { stepsPerEpoch, config }: Plan, { step, validated, best }: Run) {
  const next = { epoch: Math.floor(step / stepsPerEpoch), position: (step % stepsPerEpoch) * batch };
  return { step, next, validated, best, config };
}

async function save(options: TrainOptions, plan: Plan, run: Run): Promise<void> {
  const state = stateOf(options, plan, run);
  if (run.saved === savedAs(state)) return;
  await options.checkpoints.save("last", { state, lora: options.lora, moments: run.moments });
  run.saved = savedAs(state);
  run.savedStep = run.step;
}

function isDue({ validation, evalEvery }: TrainOptions, { steps }: Plan, { step, validated }: Run): boolean {
  if (validation === null || (validated !== null && validated >= step)) return false;
  return step === 0 || step === steps || (evalEvery > 0 && step % evalEvery === 0);
}

/** Looks at the validation rows; false where the signal ended it. */
async function look(options: TrainOptions, plan: Plan, run: Run): Promise<boolean> {
  const { engine, validation, objective, lora, signal, clock, checkpoints, onRecord, onProgress } = options;
  if (validation === null) return true;
  const { step } = run;
  const begun = clock();
  const result = await validate({
    engine,
    validation,
    objective,
    lora: step === 0 && isZero(lora) ? null : lora,
    ...(signal && { signal }),
    onProgress: (done, of) => onProgress?.({ stage: "validation", step, steps: plan.steps, done, of }),
  });
  if (result === null) return false;
  if (!Number.isFinite(result.loss)) {
    throw new TrainingError(
      `step ${step}: the validation loss is ${result.loss}. ${keptText(run)} Lower the learning rate, or look at the validation rows.`,
    );
  }
  // The untrained adapter is no candidate: what is asked for is a trained one.
  const best = step > 0 && (run.best === null || result.loss < run.best.loss);
  run.validated = step;
  if (best) {
    run.best = { step, loss: result.loss };
    await checkpoints.save("best", { state: stateOf(options, plan, run), lora, moments: null });
  }
  const epoch = epochAt(options, plan, step);
  await onRecord?.({ kind: "validation", step, epoch, ...result, seconds: (clock() - begun) / 1000, best });
  return true;
}

/** Makes one update; false, and none, where the signal ended it. */
async function makeStep(options: TrainOptions, plan: Plan, run: Run): Promise<boolean> {
  const { engine, training, objective, lora, signal, clock, onRecord, onProgress } = options;
  const { step } = run;
  const begun = clock();
  const indices = batchAt(options, plan, step);
  const progress = (done: number): void =>
    onProgress?.({ stage: "train", step, steps: plan.steps, done, of: indices.length });
  progress(0);
  const rows = await Promise.all(indices.map((index) => training.rows.get(index)));
  const names = rows.map(({ id }) => id).join(", ");
  const fail = (what: string, todo: string): TrainingError =>
    new TrainingError(`step ${step + 1}: ${what}. Rows of the batch: ${names}. ${keptText(run)} ${todo}`);

  let kl: number | null = null;
  if (objective.method === "kto" && training.mismatched !== null) {
    const ratios: number[] = [];
    for (const index of indices) {
      if (signal?.aborted) return false;
      const row = await training.mismatched.rows.get(index);
      ratios.push(logRatio(await engine.logprobs(row, lora), training.mismatched.reference.of(index)));
    }
    kl = referencePoint(ratios);
  }

  const terms = batchTerms(objective, rows, kl);
  const outcomes: RowOutcome[] = [];
  const sums = [...run.gradients.values()].flatMap(({ A, B }) => [A, B]);
  for (const sum of sums) sum.fill(0);
  let engineLoss = 0;
  for (const [at, row] of rows.entries()) {
    if (signal?.aborted) return false;
    const reference = needsReference(objective.method) ? (training.reference?.of(indices[at] as number) ?? null) : null;
    const loss = rowLoss(objective, row, reference, terms);
    const result = await engine.step(row, lora, loss, sampleSeed(options.seed, step * options.batch + at));
    if (!Number.isFinite(result.loss) || !result.logprobs.every(Number.isFinite))
      throw fail(
        `the loss of ${row.id} is not finite (${result.loss}; log-probabilities ${result.logprobs.join(", ")})`,
        "Lower the learning rate, or look at the rows.",
      );
    engineLoss += result.loss / rows.length;
    outcomes.push({ row, rowLoss: loss, logprobs: [...result.logprobs], reference });
    addTo(run.gradients, result.gradients);
    progress(at + 1);
  }
  if (step === 0 && isZero(lora)) {
    const off = firstStepFault(objective, outcomes, engineLoss);
    if (off !== null)
      throw fail(off, "Make the reference log-probabilities again; if that does not mend it, report it.");
  }

  for (const sum of sums) for (let i = 0; i < sum.length; i += 1) sum[i] = (sum[i] as number) / rows.length;
  const gradientNorm = globalNorm(sums);
  if (!Number.isFinite(gradientNorm))
    throw fail(`the gradient is not finite (norm ${gradientNorm})`, "Lower the learning rate, or look at the rows.");
  clipToNorm(sums, gradientNorm, options.maxGradientNorm);
  const learningRate = learningRateAt(plan.schedule, step);
  const adamw = { ...DEFAULT_ADAMW, weightDecay: options.weightDecay };
  for (const [name, pair] of lora.pairs) {
    for (const matrix of ["A", "B"] as const) {
      const gradient = run.gradients.get(name)?.[matrix];
      const moments = run.moments.get(name)?.[matrix];
      if (gradient && moments) adamwStep(pair[matrix], gradient, moments, step + 1, learningRate, adamw);
    }
  }
  run.step = step + 1;
  await onRecord?.({
    kind: "step",
    step: run.step,
    epoch: epochAt(options, plan, run.step),
    ...summarise(objective, outcomes),
    learningRate,
    gradientNorm,
    kl,
    seconds: (clock() - begun) / 1000,
  });
  return true;
}

/** The rows of a step (0 for the first) by their numbers. */
function batchAt({ order, batch }: TrainOptions, { rows, stepsPerEpoch }: Plan, step: number): readonly number[] {
  const at = order(Math.floor(step / stepsPerEpoch));
  const first = (step % stepsPerEpoch) * batch;
  return Array.from({ length: Math.min(batch, rows - first) }, (_, i) => at(first + i));
}

/** Rows seen over rows, after so many steps. */
function epochAt({ batch }: TrainOptions, { rows, stepsPerEpoch }: Plan, step: number): number {
  const whole = Math.floor(step / stepsPerEpoch);
  return whole + ((step % stepsPerEpoch) * batch) / rows;
}

function addTo(sums: Run["gradients"], gradients: ReadonlyMap<string, LoraPair>): void {
  for (const [name, sum] of sums) {
    const gradient = gradients.get(name);
    if (gradient?.A.length !== sum.A.length || gradient.B.length !== sum.B.length)
      throw new RangeError(`the engine gave no gradient of ${name}, or one of another shape`);
    add(sum.A, gradient.A);
    add(sum.B, gradient.B);
  }
}

function add(sum: Float32Array, gradient: Float32Array): void {
  for (let i = 0; i < sum.length; i += 1) sum[i] = (sum[i] as number) + (gradient[i] as number);
}

/** Whether the adapted model is the frozen one. */
const isZero = (lora: LoraWeights): boolean => lora.pairs.values().every(({ B }) => B.every((value) => value === 0));

/**
 * What is wrong with a pair method's first step, at which the adapted model is the frozen one: then Δ = Δref, and the mean
 * loss is that of z = −γg.
 */
function firstStepFault(objective: Objective, outcomes: readonly RowOutcome[], loss: number): string | null {
  const { method, labelSmoothing: e, nllWeight, beta } = objective;
  if (!isPaired(method) || nllWeight > 0) return null;
  let expected = 0;
  let longest = 0;
  for (const { row, logprobs } of outcomes) {
    const margin = marginTerm(objective, row);
    expected += ((1 - e) * softplus(margin) + e * softplus(-margin)) / outcomes.length;
    longest = Math.max(longest, ...logprobs.map(Math.abs));
  }
  const allowed = Math.max(FIRST_STEP_TOLERANCE, beta * SUM_ROUNDING * longest);
  if (Math.abs(loss - expected) <= allowed) return null;
  return `before any update the mean loss must be ${expected.toFixed(6)}, the mean of log(1 + e^γg), but is ${loss.toFixed(6)}: the reference log-probabilities are not this model's, or the margin does not reach the loss`;
}

const keptText = ({ savedStep }: Run): string =>
  savedStep === null ? "There is no checkpoint yet." : `The checkpoint of step ${savedStep} is kept.`;

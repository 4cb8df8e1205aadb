// The main job from end to end: profiles → samples of a real model → verdicts by code → census → RPO pairs → exports → an
// adapter trained on them → the model with it against the model without it → a page. Everything costly is in the run's store
// or in the training's folder; this file only puts the stages in order. What needs no adapter comes before the training, and
// the page is there as soon as there are pairs.
import { existsSync } from "node:fs";
import { mkdir, rm, stat } from "node:fs/promises";
import { join } from "node:path";
import { stringify as toYaml } from "yaml";
import { findConflict } from "../constraint/conflict.ts";
import { isProtected } from "../constraint/protected.ts";
import { reverseText } from "../constraint/reverse-text.ts";
import { EXPORT_FORMATS, exportDataset } from "../dataset/export/index.ts";
import { InputError } from "../dataset/input-error.ts";
import { jsonLine, readJsonl } from "../dataset/jsonl.ts";
import { stageText, writeWhole } from "../dataset/staged-file.ts";
import { type TrainingSetOptions, type TrainingSetSummary, writeTrainingSet } from "../dataset/training-set.ts";
import { type Comparison, compare, type Finding, type Measured } from "../eval/comparison.ts";
import { type HeldOut, heldOutTurns } from "../eval/held-out.ts";
import { type Satisfaction, satisfactionByProfile } from "../eval/satisfaction.ts";
import { violates } from "../judge/code-judge.ts";
import { requireMeans } from "../judge/require-means.ts";
import { sha256OfFile } from "../model/file-hash.ts";
import type { ChatModel } from "../model/model.ts";
import { type Census, countTurn, emptyCensus } from "../preference/census.ts";
import type { PreferenceRow } from "../preference/training-row.ts";
import type { Profile } from "../profile/profile.ts";
import { renderPage } from "../report/page.ts";
import type { PageData } from "../report/page-data.ts";
import { runPaths } from "../train/run-directory.ts";
import type { TrainAdapterOptions } from "../train/train-adapter.ts";
import { type TrainingProgress, TrainingStopped } from "../train/training-progress.ts";
import { readTrainingRecords } from "../train/training-record.ts";
import type { TrainingSummary } from "../train/training-summary.ts";
import { type Evaluated, evaluateModel, tunedIdentity } from "./evaluate.ts";
import { exampleViews } from "./example-views.ts";
import { Interrupted } from "./interrupted.ts";
import { type JudgedTurn, judgeTurns } from "./judge.ts";
import { matrixViews, pairViews, passRate } from "./page-data.ts";
import { type Plan, planTurns } from "./plan.ts";
import { replayRecording } from "./recording.ts";
import { contentHash } from "./request-content.ts";
import { type RevisedTurn, reviseTurn, samplesAlone } from "./revise.ts";
import { lockRun } from "./run-lock.ts";
import { SAMPLE_STAGE, type SampleProgress, type Sampling, sampleTurns } from "./sample.ts";
import { RunStore } from "./store.ts";
import { turnRow } from "./turn-rows.ts";

/** The training and the evaluation that follow the pairs. */
export interface TrainAndCompare {
  readonly settings: TrainAdapterOptions["settings"];
  /** Trains in a folder, or goes on there: `trainAdapter` with the model given. */
  readonly train: (options: Omit<TrainAdapterOptions, "model" | "fresh">) => Promise<TrainingSummary>;
  /** Profiles to evaluate on; those that are not held out are passed over. */
  readonly profiles: readonly Profile[];
  readonly queriesPerProfile: number;
  /** Of each model, to each question in each form. */
  readonly sampling: Sampling;
}

/** Which pairs are made; what is not said is `rpo pairs`' default. */
export type PairSettings = Pick<TrainingSetOptions["settings"], "validation" | "minGap" | "maxPairsPerTurn" | "prefer">;

export interface QuickstartOptions {
  /** Run directory; a run that is there goes on. */
  readonly directory: string;
  readonly profiles: readonly Profile[];
  readonly queriesPerProfile: number;
  readonly sampling: Sampling;
  readonly pairs: PairSettings;
  readonly model: {
    readonly name: string;
    /** SHA-256 of its file. */
    readonly identity: string;
    /** The model itself, with an adapter (a GGUF file) or without; missing where its file is. */
    readonly open?: (adapter: string | null) => ChatModel;
    /** A recording of it to take the responses for training from, in place of sampling. */
    readonly recording?: string;
  };
  /** A reason, in words, why the run ends with the pairs. */
  readonly training: TrainAndCompare | string;
  readonly now: () => Date;
  readonly signal?: AbortSignal;
  readonly onProgress?: (progress: SampleProgress) => void;
  readonly onTraining?: (progress: TrainingProgress) => void;
  /** Called when a stage begins. */
  readonly onStage?: (what: string) => void;
  /** Told what a person would want to know. */
  readonly onNotice?: (what: string) => void;
}

/** Turns whose samples could not be had. */
type Failed = QuickstartResult["failed"];

/** What a run made; `failed` lists turns whose samples could not be had. */
export interface QuickstartResult {
  readonly directory: string;
  readonly page: string;
  readonly model: { readonly name: string; readonly recorded: boolean };
  readonly profiles: number;
  readonly turns: number;
  /** Samples of the model. */
  readonly responses: number;
  /** Responses edited by rule, which are paired as well (run/revise.ts). */
  readonly edits: number;
  /** Of the samples. */
  readonly passRate: number;
  /** Of the samples: what the model itself gives to make pairs of. */
  readonly census: Census;
  readonly pairs: number;
  readonly train: number;
  readonly validation: number;
  readonly failed: readonly { readonly id: string; readonly cause: string | null }[];
  /** Why there was no training; null where there was. Then what follows is there, else it is null. */
  readonly notTrained: string | null;
  readonly training: TrainingSummary | null;
  /** Satisfaction of the held-out turns by the model, by it with the adapter, and the second less the first. */
  readonly base: Measured | null;
  readonly tuned: Measured | null;
  readonly difference: Measured | null;
  readonly evaluation: EvaluationSummary | null;
}

export interface EvaluationSummary {
  readonly finding: Finding;
  readonly counts: Comparison["counts"];
  /** Over both forms, by profile. */
  readonly byProfile: Readonly<Record<"base" | "tuned", Readonly<Record<string, Satisfaction>>>>;
  readonly leftOut: HeldOut["leftOut"];
}

/** What is there of a run as soon as there are pairs. */
type PairsResult = Omit<
  QuickstartResult,
  "failed" | "notTrained" | "training" | "base" | "tuned" | "difference" | "evaluation"
>;

/**
 * Runs, or goes on with, the quickstart.
 * @throws Interrupted when the signal ends it; InputError where the store or a file cannot be used, another process is at work on the
 *   run, no sample could be had, or code cannot judge a constraint
 */
export async function quickstart(options: QuickstartOptions): Promise<QuickstartResult> {
  const lock = lockRun(options.directory, options.now);
  try {
    return await lockedQuickstart(options);
  } finally {
    lock.release();
  }
}

async function lockedQuickstart(options: QuickstartOptions): Promise<QuickstartResult> {
  const { directory, model, training } = options;
  const plan = planTurns(options.profiles, options.queriesPerProfile);
  const evaluated = typeof training === "string" ? [] : training.profiles;
  for (const { constraints } of [...options.profiles, ...evaluated]) requireMeans(constraints);
  await mkdir(directory, { recursive: true });
  await writeWhole(join(directory, "rpo.yaml"), askedFor(options));
  const store = new RunStore(directory, options.now);
  const chat = lazily(() => model.open?.(null));
  try {
    const { turns, failed } = await sampleAndJudge(options, plan, chat.get, store);
    options.onStage?.("editing by rule, pairing and exporting");
    const revised = turns.map((turn) => reviseTurn(turn, options.sampling.seed));
    const { result, data } = await exportRun(options, plan, revised);
    const trained = await trainAndCompare(options, result, chat, store);
    await chat.end();
    if (typeof trained === "string")
      return {
        ...result,
        failed,
        notTrained: trained,
        training: null,
        base: null,
        tuned: null,
        difference: null,
        evaluation: null,
      };
    const { comparison, summary } = trained;
    const files = await filesOf(directory, TRAINING_FILES);
    const page = { ...data, evaluation: trained.view, files: [...data.files, ...files] };
    await writeWhole(result.page, await renderPage(page));
    const { base, tuned, difference } = comparison;
    return {
      ...result,
      failed: [...failed, ...trained.failed],
      notTrained: null,
      training: summary,
      base,
      tuned,
      difference,
      evaluation: trained.evaluation,
    };
  } finally {
    await chat.end();
    store.close();
  }
}

interface Lazy<T> {
  readonly get: () => T | undefined;
  /** Ends the model, if it was opened. It is opened anew when it is asked for again. */
  readonly end: () => Promise<void>;
}

/** A model that is made when it is first asked for. */
function lazily(open: () => ChatModel | undefined): Lazy<ChatModel> {
  let chat: ChatModel | undefined;
  return {
    get() {
      chat ??= open();
      return chat;
    },
    async end() {
      const ended = chat;
      chat = undefined;
      await ended?.dispose();
    },
  };
}

/** The responses to the training profiles, sampled or recorded, with their verdicts. */
async function sampleAndJudge(
  { model, sampling, signal, onProgress, onStage }: QuickstartOptions,
  plan: Plan,
  open: () => ChatModel | undefined,
  store: RunStore,
): Promise<{ turns: readonly JudgedTurn[]; failed: Failed }> {
  if (model.recording !== undefined) {
    onStage?.(`taking recorded responses of ${model.name}`);
    await replayRecording(model.recording, plan.turns, model.identity, sampling, store);
  } else {
    onStage?.(`sampling ${sampling.n} responses to each of ${plan.turns.length} turns from ${model.name}`);
    const chat = open();
    if (chat === undefined) throw new InputError(`${model.name}: neither the model nor a recording of it is there`);
    const progress = { done: 0, total: 0 };
    await sampleTurns(plan.turns, { identity: model.identity, chat }, sampling, store, {
      ...(signal && { signal }),
      onProgress: (now) => {
        Object.assign(progress, now);
        onProgress?.(now);
      },
    });
    if (signal?.aborted) throw new Interrupted(progress.done, progress.total);
  }
  onStage?.("judging by code");
  const turns = judgeTurns(plan.turns, model.identity, sampling, store);
  const planned = new Set(plan.turns.map(({ id }) => id));
  const failed = store.items(SAMPLE_STAGE, "failed").filter(({ id }) => planned.has(id));
  if (turns.length === 0) throw new InputError(`no response could be had${failed[0] ? `: ${failed[0].cause}` : ""}`);
  return { turns, failed };
}

interface Trained {
  readonly summary: TrainingSummary;
  readonly comparison: Comparison;
  readonly evaluation: EvaluationSummary;
  readonly failed: Failed;
  readonly view: NonNullable<PageData["evaluation"]>;
}

/** Trains and compares; gives the reason in words where that cannot be. */
async function trainAndCompare(
  options: QuickstartOptions,
  pairs: PairsResult,
  chat: Lazy<ChatModel>,
  store: RunStore,
): Promise<Trained | string> {
  const { model, training, directory, signal, onProgress, onStage } = options;
  if (typeof training === "string") return training;
  const { open } = model;
  if (open === undefined) return `the file of ${model.name} is not here`;
  if (pairs.train === 0)
    return "there are no training pairs: the responses to a turn do not differ in what they satisfy";
  const heldOut = heldOutTurns(training.profiles, training.queriesPerProfile);
  if (heldOut.turns.length === 0) return "there are no held-out turns to compare on";
  const { sampling } = training;
  const evaluate = (name: string, identity: string, chat: ChatModel): Promise<Evaluated> => {
    onStage?.(`evaluating ${name}: ${sampling.n} responses to each of ${heldOut.turns.length} held-out turns`);
    return evaluateModel(heldOut.turns, { identity, chat }, sampling, store, {
      ...(signal && { signal }),
      ...(onProgress && { onProgress }),
    });
  };
  // Before the training: the model is in memory already, and what was measured stays whatever becomes of the training.
  const base = await evaluate(model.name, model.identity, chat.get()!);
  await chat.end();
  const summary = await trainOn(options, training, store);
  const { gguf, metrics } = runPaths(join(directory, TRAINING));
  const tunedChat = open(gguf);
  let tuned: Evaluated;
  try {
    tuned = await evaluate(
      `${model.name} with the adapter`,
      tunedIdentity(model.identity, await sha256OfFile(gguf)),
      tunedChat,
    );
  } finally {
    await tunedChat.dispose();
  }
  const failed = [...base.failed, ...tuned.failed];
  if (base.turns.length === 0 || tuned.turns.length === 0)
    throw new InputError(`no response could be had to evaluate by: ${failed[0]?.cause ?? "the model gave none"}`);
  const comparison = compare(base.turns, tuned.turns, { seed: sampling.seed });
  return {
    summary,
    comparison,
    evaluation: {
      finding: comparison.finding,
      counts: comparison.counts,
      byProfile: { base: satisfactionByProfile(base.turns), tuned: satisfactionByProfile(tuned.turns) },
      leftOut: heldOut.leftOut,
    },
    failed,
    view: {
      comparison,
      training: { summary, records: await readTrainingRecords(metrics) },
      leftOut: heldOut.leftOut,
      examples: exampleViews(base.turns, tuned.turns, sampling.seed),
    },
  };
}

/** Folder of the training in the run's directory, and what the page lists of it. */
const TRAINING = "training";
const TRAINING_FILES = ["adapter.gguf", "metrics.jsonl", "summary.json"].map((file) => `${TRAINING}/${file}`);

/** Trains, or goes on. A training that this run made of other pairs or with other settings makes way. */
async function trainOn(
  { directory, model, signal, onTraining, onStage, onNotice }: QuickstartOptions,
  { train, settings }: TrainAndCompare,
  store: RunStore,
): Promise<TrainingSummary> {
  const dataset = join(directory, "dataset");
  const out = join(directory, TRAINING);
  const files = ["train.jsonl", "validation.jsonl"]
    .map((file) => join(dataset, file))
    .filter((path) => existsSync(path));
  const key = contentHash([model.identity, settings, await Promise.all(files.map(sha256OfFile))]);
  const before = store.note(TRAINING);
  if (before !== null && before !== key) {
    onNotice?.(`${out}: of other pairs or settings; the training begins anew`);
    await rm(out, { recursive: true, force: true });
  }
  store.setNote(TRAINING, key);
  const finished = existsSync(runPaths(out).summary);
  onStage?.(finished ? "training: done already" : "training an adapter on the pairs");
  try {
    return await train({
      dataset,
      out,
      settings,
      ...(signal && { signal }),
      ...(onTraining && { onProgress: onTraining }),
      ...(onNotice && !finished && { onNotice }),
    });
  } catch (error) {
    const isStopped = error instanceof TrainingStopped;
    if (!isStopped && !(signal?.aborted && error === signal.reason)) throw error;
    const [done, total] = isStopped ? [error.step, error.steps] : [null, null];
    throw new Interrupted(done ?? 0, total ?? settings.steps ?? 0, "steps");
  }
}

/** Everything that is made from the matrix alone; made anew each time, in seconds. */
async function exportRun(
  options: QuickstartOptions,
  plan: Plan,
  turns: readonly RevisedTurn[],
): Promise<{ result: PairsResult; data: PageData }> {
  const { directory, sampling, model } = options;
  const table = await stageText(join(directory, "turns.jsonl"));
  const census = emptyCensus();
  try {
    for (const turn of turns) {
      const row = turnRow(turn, model.name);
      await table.write(jsonLine(row));
      countTurn(
        census,
        turnRow(samplesAlone(turn), model.name).responses.map(({ verdicts }) => verdicts),
      );
    }
    await table.close();
    await table.commit();
  } finally {
    await table.discard();
  }
  const dataset = join(directory, "dataset");
  const summary = await writeTrainingSet({
    files: [join(directory, "turns.jsonl")],
    out: dataset,
    settings: { method: "rpo", seed: sampling.seed, ...options.pairs },
    reverseText,
    findConflict,
    violates,
    isProtected,
    exportTo: (dir) => exportDataset(dir, EXPORT_FORMATS),
    ...(options.signal && { signal: options.signal }),
  });
  const sampled = turns.map(samplesAlone);
  const responses = sampled.reduce((sum, turn) => sum + turn.samples.length, 0);
  const result = {
    directory,
    page: join(directory, "index.html"),
    model: { name: model.name, recorded: model.recording !== undefined },
    profiles: new Set(turns.map((turn) => turn.profile)).size,
    turns: turns.length,
    responses,
    edits: turns.reduce((sum, turn) => sum + turn.samples.length, 0) - responses,
    passRate: passRate(sampled),
    census,
    pairs: summary.rows.train + summary.rows.validation,
    train: summary.rows.train,
    validation: summary.rows.validation,
  };
  const data = await pageData(options, plan, turns, summary, result);
  await writeWhole(result.page, await renderPage(data));
  return { result, data };
}

async function pageData(
  options: QuickstartOptions,
  plan: Plan,
  turns: readonly RevisedTurn[],
  summary: TrainingSetSummary,
  result: PairsResult,
): Promise<PageData> {
  const { temperature, maxTokens, seed, n } = options.sampling;
  const rows: PreferenceRow[] = [];
  for await (const { value } of readJsonl(join(options.directory, "dataset", "train.jsonl")))
    rows.push(value as PreferenceRow);
  const files = await filesOf(options.directory, ["turns.jsonl", ...summary.files.map((file) => `dataset/${file}`)]);
  return {
    title: "RPO quickstart",
    madeAt: options.now().toISOString(),
    model: {
      name: result.model.name,
      recorded: result.model.recorded,
      settings: { temperature, "max tokens": maxTokens, seed, "samples per turn": n },
    },
    counts: {
      profiles: result.profiles,
      turns: result.turns,
      responses: result.responses,
      edits: result.edits,
      verdicts: turns.reduce((sum, turn) => sum + turn.samples.length * turn.constraints.length, 0),
      pairs: result.pairs,
      train: result.train,
      validation: result.validation,
    },
    census: result.census,
    passRate: result.passRate,
    leftOut: plan.leftOut,
    matrices: matrixViews(turns),
    pairs: pairViews(rows, turns),
    files,
  };
}

/** Files for the page's list; paths are relative to the run's directory. */
const filesOf = (directory: string, paths: readonly string[]): Promise<PageData["files"][number][]> =>
  Promise.all(
    paths.map(async (path) => ({
      path,
      what: DESCRIPTIONS.find(([pattern]) => pattern.test(path))?.[1] ?? "",
      bytes: (await stat(join(directory, path))).size,
    })),
  );

const DESCRIPTIONS: readonly (readonly [RegExp, string])[] = [
  [/^turns\.jsonl$/, "the turn table: prompts, constraints, responses, verdicts"],
  [/training\/adapter\.gguf$/, "the trained adapter, for llama.cpp"],
  [/training\/metrics\.jsonl$/, "loss, margins and accuracies of the training, step by step"],
  [/training\/summary\.json$/, "what the training was, and what came of it"],
  [/provenance\.jsonl$/, "margin and provenance, line by line, where the format has no room for them"],
  [/dataset_info\.json$/, "how LLaMA-Factory finds the files"],
  [/\/llamafactory\//, "for LLaMA-Factory (sharegpt)"],
  [/\/trl\//, "for TRL (conversational)"],
  [/\.parquet$/, "for datasets, pandas, DuckDB"],
  [/\/openai\//, "for OpenAI's preference fine-tuning"],
  [/summary\.json$/, "counts, settings, and everything that was left out"],
  [/unreversed(-\d+)?\.jsonl$/, "constraints that had no reverse"],
  [/dataset\/train\.jsonl$/, "training pairs, with their provenance"],
  [/dataset\/validation\.jsonl$/, "pairs of other profiles, for validation"],
];

/** What was asked of the run, for people. */
function askedFor({ model, sampling, queriesPerProfile, profiles, pairs, training }: QuickstartOptions): string {
  const asked = {
    model: { name: model.name, sha256: model.identity, recorded: model.recording !== undefined },
    sampling: { ...sampling },
    turns: { profiles: profiles.length, queriesPerProfile },
    pairs: { method: "rpo", ...pairs, seed: sampling.seed },
  };
  if (typeof training === "string") return toYaml(asked);
  const { queriesPerProfile: queries, sampling: evaluated } = training;
  return toYaml({
    ...asked,
    turns: {
      ...asked.turns,
      evaluation: { profiles: training.profiles.length, queriesPerProfile: queries, sampling: { ...evaluated } },
    },
    // As `rpo train --config` reads it.
    train: { dataset: "dataset", model: model.name, out: TRAINING, ...training.settings },
  });
}

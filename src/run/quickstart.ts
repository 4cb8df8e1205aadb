// The main job from end to end: profiles → samples of a real model → verdicts by code → census → RPO pairs → exports → a
// page. Everything costly is in the run's store; this file only puts the stages in order.
import { mkdir, stat } from "node:fs/promises";
import { join } from "node:path";
import { stringify as toYaml } from "yaml";
import { check } from "../constraint/check.ts";
import { findConflict } from "../constraint/conflict.ts";
import { isProtected } from "../constraint/protected.ts";
import { reverseText } from "../constraint/reverse-text.ts";
import { EXPORT_FORMATS, exportDataset } from "../dataset/export/index.ts";
import { InputError } from "../dataset/input-error.ts";
import { jsonLine, readJsonl } from "../dataset/jsonl.ts";
import { stageText } from "../dataset/staged-file.ts";
import { type TrainingSetSummary, writeTrainingSet } from "../dataset/training-set.ts";
import type { ChatModel } from "../model/model.ts";
import { type Census, countTurn, emptyCensus } from "../preference/census.ts";
import type { PreferenceRow } from "../preference/training-row.ts";
import type { Profile } from "../profile/profile.ts";
import { renderPage } from "../report/page.ts";
import { type JudgedTurn, judgeTurns } from "./judge.ts";
import { matrixViews, pairViews, passRate } from "./page-data.ts";
import { type Plan, planTurns } from "./plan.ts";
import { replayRecording } from "./recording.ts";
import { SAMPLE_STAGE, type SampleProgress, type Sampling, sampleTurns } from "./sample.ts";
import { RunStore } from "./store.ts";
import { turnRow } from "./turn-rows.ts";

export interface QuickstartOptions {
  /** Run directory; a run that is there goes on. */
  readonly directory: string;
  readonly profiles: readonly Profile[];
  readonly queriesPerProfile: number;
  readonly sampling: Sampling;
  /** Share of the profiles whose rows go into validation. */
  readonly validation: number;
  /** Name and identity (SHA-256 of its file) of the model, and the model itself, or recordings of it to go on from. */
  readonly model: { readonly name: string; readonly identity: string } & (
    | { readonly chat: ChatModel }
    | { readonly recording: string }
  );
  readonly now: () => Date;
  readonly signal?: AbortSignal;
  readonly onProgress?: (progress: SampleProgress) => void;
  /** Called when a stage begins. */
  readonly onStage?: (what: string) => void;
}

/** What a run made; `failed` lists turns whose samples could not be had. */
export interface QuickstartResult {
  readonly directory: string;
  readonly page: string;
  readonly model: { readonly name: string; readonly recorded: boolean };
  readonly profiles: number;
  readonly turns: number;
  readonly responses: number;
  readonly passRate: number;
  readonly census: Census;
  readonly pairs: number;
  readonly train: number;
  readonly validation: number;
  readonly failed: readonly { readonly id: string; readonly cause: string | null }[];
}

/** The work was ended before all samples were there; what ended is kept. */
export class Interrupted extends Error {
  readonly done: number;
  readonly total: number;
  constructor(done: number, total: number) {
    super(`stopped with ${done} of ${total} responses`);
    this.name = "Interrupted";
    this.done = done;
    this.total = total;
  }
}

/**
 * Runs, or goes on with, the quickstart.
 * @throws Interrupted when the signal ends it; InputError where the store or a file cannot be used, or no sample could be had
 */
export async function quickstart(options: QuickstartOptions): Promise<QuickstartResult> {
  const { directory, sampling, model, signal } = options;
  const plan = planTurns(options.profiles, options.queriesPerProfile);
  await mkdir(directory, { recursive: true });
  await writeWhole(join(directory, "rpo.yaml"), askedFor(options));
  const store = new RunStore(directory, options.now);
  try {
    if ("chat" in model) {
      options.onStage?.(`sampling ${sampling.n} responses to each of ${plan.turns.length} turns from ${model.name}`);
      const progress = { done: 0, total: 0 };
      await sampleTurns(plan.turns, { identity: model.identity, chat: model.chat }, sampling, store, {
        ...(signal && { signal }),
        onProgress: (now) => {
          Object.assign(progress, now);
          options.onProgress?.(now);
        },
      });
      if (signal?.aborted) throw new Interrupted(progress.done, progress.total);
    } else {
      options.onStage?.(`taking recorded responses of ${model.name}`);
      await replayRecording(model.recording, plan.turns, model.identity, sampling, store);
    }
    options.onStage?.("judging by code");
    const turns = judgeTurns(plan.turns, model.identity, sampling, store);
    const planned = new Set(plan.turns.map(({ id }) => id));
    const failed = store.items(SAMPLE_STAGE, "failed").filter(({ id }) => planned.has(id));
    if (turns.length === 0) throw new InputError(`no response could be had${failed[0] ? `: ${failed[0].cause}` : ""}`);
    options.onStage?.("pairing and exporting");
    return { ...(await exportRun(options, plan, turns)), failed };
  } finally {
    store.close();
  }
}

/** Everything that is made from the matrix alone; made anew each time, in seconds. */
async function exportRun(
  options: QuickstartOptions,
  plan: Plan,
  turns: readonly JudgedTurn[],
): Promise<Omit<QuickstartResult, "failed">> {
  const { directory, sampling, model } = options;
  const table = await stageText(join(directory, "turns.jsonl"));
  const census = emptyCensus();
  try {
    for (const turn of turns) {
      const row = turnRow(turn, model.name);
      await table.write(jsonLine(row));
      countTurn(
        census,
        row.responses.map(({ verdicts }) => verdicts),
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
    settings: { method: "rpo", seed: sampling.seed, validation: options.validation },
    reverseText,
    findConflict,
    violates: (constraint, query, response) => check({ constraint, query, response }).verdict === "fail",
    isProtected,
    exportTo: (dir) => exportDataset(dir, EXPORT_FORMATS),
    ...(options.signal && { signal: options.signal }),
  });
  const result = {
    directory,
    page: join(directory, "index.html"),
    model: { name: model.name, recorded: "recording" in model },
    profiles: new Set(turns.map((turn) => turn.profile)).size,
    turns: turns.length,
    responses: turns.reduce((sum, turn) => sum + turn.samples.length, 0),
    passRate: passRate(turns),
    census,
    pairs: summary.rows.train + summary.rows.validation,
    train: summary.rows.train,
    validation: summary.rows.validation,
  };
  await writeWhole(result.page, await renderPage(await pageData(options, plan, turns, summary, result)));
  return result;
}

/** A file that is there whole or not at all. */
async function writeWhole(path: string, text: string): Promise<void> {
  const file = await stageText(path);
  try {
    await file.write(text);
    await file.close();
    await file.commit();
  } finally {
    await file.discard();
  }
}

async function pageData(
  options: QuickstartOptions,
  plan: Plan,
  turns: readonly JudgedTurn[],
  summary: TrainingSetSummary,
  result: Omit<QuickstartResult, "failed">,
): Promise<Parameters<typeof renderPage>[0]> {
  const { temperature, maxTokens, seed, n } = options.sampling;
  const rows: PreferenceRow[] = [];
  for await (const { value } of readJsonl(join(options.directory, "dataset", "train.jsonl")))
    rows.push(value as PreferenceRow);
  const files = await Promise.all(
    ["turns.jsonl", ...summary.files.map((file) => `dataset/${file}`)].map(async (path) => ({
      path,
      what: DESCRIPTIONS.find(([pattern]) => pattern.test(path))?.[1] ?? "",
      bytes: (await stat(join(options.directory, path))).size,
    })),
  );
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

const DESCRIPTIONS: readonly (readonly [RegExp, string])[] = [
  [/^turns\.jsonl$/, "the turn table: prompts, constraints, responses, verdicts"],
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
function askedFor({ model, sampling, queriesPerProfile, profiles, validation }: QuickstartOptions): string {
  return toYaml({
    model: { name: model.name, sha256: model.identity, recorded: "recording" in model },
    sampling: { ...sampling },
    turns: { profiles: profiles.length, queriesPerProfile },
    pairs: { method: "rpo", validation, seed: sampling.seed },
  });
}

// Data construction from end to end (spec/method.md, "Data construction"): profiles and users, sessions, the policy's responses with their
// verdicts, audited reverses; then, from the matrix alone, the turn table, the census, the pairs and their exports. Each stage is
// brought up to date as make does it; items that failed are left out of what follows, and tried again by the next run.
import { mkdir } from "node:fs/promises";
import { join } from "node:path";
import { findConflict } from "../constraint/conflict.ts";
import { isProtected } from "../constraint/protected.ts";
import { reverseText } from "../constraint/reverse-text.ts";
import { EXPORT_FORMATS, exportDataset } from "../dataset/export/index.ts";
import { InputError } from "../dataset/input-error.ts";
import { jsonLine } from "../dataset/jsonl.ts";
import { stageText } from "../dataset/staged-file.ts";
import { type TrainingSetSummary, writeTrainingSet } from "../dataset/training-set.ts";
import type { TurnRow } from "../dataset/turn-table.ts";
import { violates } from "../judge/code-judge.ts";
import { requireMeans } from "../judge/require-means.ts";
import { type Census, countTurn, emptyCensus } from "../preference/census.ts";
import { runStage, type StageOptions, type StageProgress, type StageSummary, stageOutputs } from "../run/stage.ts";
import type { Construction, ConstructionStage } from "./construction.ts";
import { profilesOf, profilesStage } from "./profiles.ts";
import { answeredTurns, responsesStage } from "./responses.ts";
import { reversalsOf, reversalsStage } from "./reversals.ts";
import { playedSessions, sessionsStage } from "./sessions.ts";
import { policyRow, sessionRow } from "./turn-rows.ts";
import { usersStage } from "./users.ts";

/** In the order of the work. */
export const STAGES = ["profiles", "users", "sessions", "responses", "reversals"] as const;
export type StageName = (typeof STAGES)[number];

/** A stage of a construction, whatever its items are. */
export interface RunnableStage extends Pick<ConstructionStage<unknown, unknown>, "name" | "doing" | "unit" | "asks"> {
  /** How many items it has: a pass over what the stages before it made. */
  count(): Promise<number>;
  bringUpToDate(
    options: Pick<StageOptions<unknown, unknown>, "total" | "signal" | "onProgress">,
  ): Promise<StageSummary>;
  /** Its finished items, with what was made of each. */
  outputs(): AsyncGenerator<{ readonly id: string; readonly output: unknown }>;
}

const MAKERS: Readonly<Record<StageName, (construction: Construction) => RunnableStage>> = {
  profiles: (construction) => runnable(profilesStage(construction), construction),
  users: (construction) => runnable(usersStage(construction), construction),
  sessions: (construction) => runnable(sessionsStage(construction), construction),
  responses: (construction) => runnable(responsesStage(construction), construction),
  reversals: (construction) => runnable(reversalsStage(construction), construction),
};

export const stageNamed = (name: StageName, construction: Construction): RunnableStage => MAKERS[name](construction);

function runnable<I, O>(stage: ConstructionStage<I, O>, { roles, store }: Construction): RunnableStage {
  const { name, version, output, doing, unit, asks } = stage;
  return {
    name,
    doing,
    unit,
    asks,
    async count() {
      let count = 0;
      for await (const _ of stage.items()) count += 1;
      return count;
    },
    bringUpToDate: (options) =>
      runStage({
        name,
        version,
        output,
        items: stage.items(),
        work: stage.work,
        store,
        // As many items as a model takes requests: within an item, requests follow one another for the most part.
        concurrency: Math.max(1, ...asks.map((role) => roles.model(role).concurrency)),
        ...options,
      }),
    outputs: () => stageOutputs(stage, stage.items(), store),
  };
}

export interface ConstructOptions {
  /** Stages to bring up to date, in the order of the work whatever theirs; all if not given. */
  readonly stages?: readonly StageName[] | undefined;
  readonly signal?: AbortSignal | undefined;
  /** Called when a stage begins that has items. */
  readonly onStage?: ((stage: RunnableStage) => void) | undefined;
  readonly onProgress?: ((progress: StageProgress) => void) | undefined;
}

/** What became of each stage that was brought up to date. */
export type StageResults = Partial<Record<StageName, StageSummary>>;

/**
 * Brings the stages up to date.
 * @throws Interrupted, BudgetReached, DiskFull, ModelFailure as runStage; InputError for files that cannot be read. All that was
 *   done is kept.
 */
export async function bringUpToDate(
  construction: Construction,
  { stages = STAGES, signal, onStage, onProgress }: ConstructOptions = {},
): Promise<StageResults> {
  const results: StageResults = {};
  for (const name of STAGES) {
    if (!stages.includes(name)) continue;
    const stage = stageNamed(name, construction);
    const total = await stage.count();
    if (total > 0) onStage?.(stage);
    results[name] = await stage.bringUpToDate({ total, signal, onProgress });
  }
  return results;
}

/** What a run leaves beside its store. */
export interface ConstructionFiles {
  /** The policy's responses: what pairs are made of. */
  readonly turns: string;
  /** The responder's, of which SFT rows are made. */
  readonly sessions: string;
  readonly reversals: string;
  readonly dataset: string;
}

export const constructionFiles = (directory: string): ConstructionFiles => ({
  turns: join(directory, "turns.jsonl"),
  sessions: join(directory, "sessions.jsonl"),
  reversals: join(directory, "reversals.jsonl"),
  dataset: join(directory, "dataset"),
});

export interface ConstructionPairs {
  readonly files: ConstructionFiles;
  readonly turns: number;
  readonly responses: number;
  /** Of the policy's responses; the critic's edits are not among them. */
  readonly census: Census;
  /** Null where there is no turn to make pairs of. */
  readonly pairs: TrainingSetSummary | null;
}

/**
 * Writes the turn tables, the reversal file and the training set from what the stages made so far. Costs no request; what is there
 * already is replaced.
 */
export async function writePairs(
  construction: Construction,
  { signal }: { readonly signal?: AbortSignal | undefined } = {},
): Promise<ConstructionPairs> {
  const { config } = construction;
  const files = constructionFiles(config.run.dir);
  await mkdir(config.run.dir, { recursive: true });
  const census = emptyCensus();
  const counts = { turns: 0, responses: 0 };
  await writeRows(files.turns, async function* () {
    for await (const { id, profile, output } of answeredTurns(construction)) {
      const row = policyRow(id, profile, output);
      if (row === null) continue;
      counts.turns += 1;
      counts.responses += row.responses.length;
      const own = new Set(output.samples.filter(({ revises }) => revises === null).map((sample) => sample.id));
      countTurn(
        census,
        row.responses.filter(({ id: response }) => own.has(response ?? "")).map(({ verdicts }) => verdicts),
      );
      yield row;
    }
  });
  await writeRows(files.sessions, async function* () {
    for await (const { id, profile, session } of playedSessions(construction))
      for (const turn of session.turns) {
        const row = sessionRow(id, profile, session, turn);
        if (row !== null) yield row;
      }
  });
  const reversals = await reversalsOf(construction);
  await writeRows(files.reversals, async function* () {
    yield* reversals;
  });
  signal?.throwIfAborted();
  const pairs = counts.turns === 0 ? null : await makePairs(construction, files, signal);
  return { files, ...counts, census, pairs };
}

function makePairs(
  { config }: Construction,
  { turns, sessions, reversals, dataset }: ConstructionFiles,
  signal: AbortSignal | undefined,
): Promise<TrainingSetSummary> {
  const isRpo = config.pairs.method === "rpo";
  return writeTrainingSet({
    files: [config.pairs.method === "sft" ? sessions : turns],
    out: dataset,
    settings: config.pairs,
    ...(isRpo && { reversals }),
    reverseText,
    findConflict,
    violates,
    isProtected,
    exportTo: (dir) => exportDataset(dir, EXPORT_FORMATS),
    ...(signal && { signal }),
  });
}

/** A file of rows, whole or not at all. */
async function writeRows(path: string, rows: () => AsyncIterable<TurnRow | object>): Promise<void> {
  const file = await stageText(path);
  try {
    for await (const row of rows()) await file.write(jsonLine(row));
    await file.close();
    await file.commit();
  } finally {
    await file.discard();
  }
}

/**
 * Asked before anything is paid for.
 * @throws InputError where there is nothing to begin with, or code cannot judge what is its to judge, saying what to give or do
 */
export async function requireItems(construction: Construction): Promise<void> {
  for await (const { constraints } of profilesOf(construction)) requireMeans(constraints);
  for await (const { input } of profilesStage(construction).items())
    requireMeans(input.inspiration.constraints.map((text) => ({ text })));
  const users = usersStage(construction);
  for await (const _ of users.items()) return;
  const { bank, run } = construction.config;
  if (bank.generate !== null) return; // they are written first
  throw new InputError(
    `no profiles in ${run.language.join(" or ")}: give others as bank.profiles, another run.language, or bank.generate to have some written`,
  );
}

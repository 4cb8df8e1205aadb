// What a run will take before anything is asked: the construction itself, on some of its profiles, with typical answers in place of
// models and a store of its own; counted and scaled up to the profiles that are left. The questions are those that the run would
// ask. How many responses the critic will have to mend nobody knows beforehand, so there are two ends: none, and as many as the
// settings allow. Questions asked again (answers that cannot be used, queries that open alike, failures) come on top.
import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import type { RunConfig } from "../config/run-config.ts";
import { withSampling } from "../config/with-sampling.ts";
import { critiquePrompt } from "../prompts/critique.ts";
import { Ledger } from "../run/ledger.ts";
import { costOf, priceOf } from "../run/prices.ts";
import { RunStore } from "../run/store.ts";
import { addSpending, NO_SPENDING, type Spending } from "../run/usage.ts";
import { bringUpToDate, stageNamed } from "./construct.ts";
import type { Construction } from "./construction.ts";
import { PROFILES, profilesOf } from "./profiles.ts";
import { answeredTurns, RESPONSES } from "./responses.ts";
import { SESSIONS } from "./sessions.ts";
import { typicalModel, typicalTokens } from "./typical-model.ts";

/** Profiles that are played through: enough for a mean, and done in seconds. */
const SAMPLE = 6;

/** What one role asks in one stage: where no response is criticised, and where each is as often as the settings allow. */
export interface PlannedRequests {
  readonly stage: string;
  readonly role: string;
  /** As the price table calls it. */
  readonly model: string;
  readonly least: Spending;
  readonly most: Spending;
}

export interface PlannedSum {
  readonly spending: Spending;
  /** In the currency of the price table, of the models that it has. */
  readonly cost: number;
  /** Models without a price. */
  readonly unpriced: readonly string[];
}

export interface RunPlan {
  /** Profiles that take part, those still to be written included. */
  readonly profiles: number;
  /** Of these, the ones that have answered turns already. */
  readonly finished: number;
  /** Profiles that were played through for this plan. */
  readonly sampled: number;
  /** Of what is left. */
  readonly rows: readonly PlannedRequests[];
  readonly least: PlannedSum;
  readonly most: PlannedSum;
}

/**
 * Plans what is left of a run. Asks no model, and writes nothing into the run.
 * @throws InputError where files that the run needs cannot be read
 */
export async function planRun(construction: Construction): Promise<RunPlan> {
  const { prices } = construction.config;
  const profiles = await profileCount(construction);
  const finished = await finishedProfiles(construction);
  const sampled = Math.min(SAMPLE, profiles);
  const written = writtenAmong(construction.config, sampled);
  const toWrite = (construction.config.bank.generate?.count ?? 0) - construction.store.stageItems.counts(PROFILES).done;
  const rows = (sampled === 0 ? [] : await playTypically(construction, sampled)).map((row) => {
    const [left, played] = row.stage === PROFILES ? [toWrite, written] : [profiles - finished, sampled];
    const scale = Math.max(0, left) / played;
    return { ...row, least: times(row.least, scale), most: times(row.most, scale) };
  });
  const sum = (end: "least" | "most"): PlannedSum => {
    let spending = NO_SPENDING;
    let cost = 0;
    const unpriced = new Set<string>();
    for (const row of rows) {
      spending = addSpending(spending, row[end]);
      const price = priceOf(prices, row.model);
      if (price === null) unpriced.add(row.model);
      else cost += costOf(row[end], price);
    }
    return { spending, cost, unpriced: [...unpriced] };
  };
  return { profiles, finished, sampled, rows, least: sum("least"), most: sum("most") };
}

/** Profiles that are there, and those that are to be written, whether they are yet or not. */
async function profileCount(construction: Construction): Promise<number> {
  const { config } = construction;
  let count = await stageNamed("profiles", construction).count();
  const there = { ...construction, config: { ...config, bank: { ...config.bank, generate: null } } };
  for await (const _ of profilesOf(there)) count += 1;
  return count;
}

async function finishedProfiles(construction: Construction): Promise<number> {
  const finished = new Set<string>();
  for await (const { profile } of answeredTurns(construction)) finished.add(profile.id);
  return finished.size;
}

/** Plays some profiles through, every response taken for good enough, in a folder that is gone afterwards. */
async function playTypically({ config, roles }: Construction, sampled: number): Promise<PlannedRequests[]> {
  const directory = await mkdtemp(join(tmpdir(), "rpo-plan-"));
  const store = new RunStore(directory, () => new Date());
  const ledger = new Ledger();
  try {
    const played: Construction = {
      config: sampleOf(config, sampled),
      roles: {
        ...roles,
        // Named after the model that it stands for, as the ledger of the run itself would have it.
        model: (role, behind = (model) => model) =>
          withSampling(behind(typicalModel(roles.model(role).name)), config.roles[role].given),
      },
      store,
      ledger,
    };
    await bringUpToDate(played);
    const rows = new Map<string, PlannedRequests>();
    for (const { kind, stage, role, model, cost: _, ...spending } of ledger.rows())
      if (kind === "paid") rows.set(`${stage} ${role}`, { stage, role, model, least: spending, most: spending });
    await addCritique(rows, played);
    return [...rows.values()];
  } finally {
    store.close();
    await rm(directory, { recursive: true, force: true });
  }
}

/** How many of the profiles that are played through are written for it: all where no others are there, else half. */
const writtenAmong = ({ bank: { generate, profiles } }: RunConfig, sampled: number): number =>
  generate === null ? 0 : Math.min(generate.count, profiles === null ? sampled : Math.ceil(sampled / 2));

/** The same run on so many profiles. */
function sampleOf(config: RunConfig, sampled: number): RunConfig {
  const { bank, dialogue } = config;
  const { generate } = bank;
  const written = writtenAmong(config, sampled);
  return {
    ...config,
    dialogue: { ...dialogue, acceptance: 0 },
    bank: {
      ...bank,
      profiles: sampled === written ? null : bank.profiles,
      limit: sampled - written,
      generate: generate === null ? null : { ...generate, count: written },
    },
  };
}

/** To the most of the rows: each turn criticised as often as may be, once by the responder's side and once by the policy's. */
async function addCritique(rows: Map<string, PlannedRequests>, played: Construction): Promise<void> {
  const { critiques } = played.config.dialogue;
  let turns = 0;
  let samples = 0;
  let edit = NO_SPENDING;
  for await (const { profile, output } of answeredTurns(played)) {
    const constraints = profile.constraints.filter(({ id }) => output.triggered.includes(id));
    const half = Math.ceil(constraints.length / 2);
    const [sample] = output.samples;
    if (sample === undefined) continue;
    const messages = critiquePrompt.messages(
      {
        query: output.messages.at(-1)?.content ?? "",
        response: sample.text,
        failed: constraints.slice(0, half).map(({ text }) => ({ requirement: text, reason: null })),
        kept: constraints.slice(half).map(({ text }) => text),
      },
      profile.language,
    );
    turns += 1;
    samples += output.samples.length;
    edit = addSpending(edit, {
      ...NO_SPENDING,
      requests: 1,
      samples: 1,
      promptTokens: messages.reduce((sum, { content }) => sum + typicalTokens(content), 0),
      completionTokens: sample.tokens,
    });
  }
  if (turns === 0 || critiques === 0) return;
  const verdicts = rows.get(`${RESPONSES} judge`);
  for (const stage of [SESSIONS, RESPONSES]) {
    const judge = rows.get(`${stage} judge`);
    // Each edit is judged as a response is.
    if (judge !== undefined && verdicts !== undefined) {
      const more = times(verdicts.least, (critiques * turns) / samples);
      rows.set(`${stage} judge`, { ...judge, most: addSpending(judge.least, more) });
    }
    const model = played.roles.model("critic").name;
    rows.set(`${stage} critic`, { stage, role: "critic", model, least: NO_SPENDING, most: times(edit, critiques) });
  }
}

const times = (spending: Spending, factor: number): Spending => ({
  requests: Math.ceil(spending.requests * factor),
  samples: Math.ceil(spending.samples * factor),
  promptTokens: Math.ceil(spending.promptTokens * factor),
  cachedPromptTokens: Math.ceil(spending.cachedPromptTokens * factor),
  completionTokens: Math.ceil(spending.completionTokens * factor),
});

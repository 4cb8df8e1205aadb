// What the stages of a construction share: what is asked for, and the models of the roles with the run's store in front. A stage says
// what its items are and what is made of one; run/stage.ts brings it up to date.

import type { OpenedRoles } from "../config/role-models.ts";
import type { Role, SpeakingRole } from "../config/role-section.ts";
import type { RunConfig } from "../config/run-config.ts";
import type { Sampler } from "../dialogue/session.ts";
import { type Speaker, seedFor } from "../dialogue/speaker.ts";
import type { TurnJudgeSettings } from "../judge/turn-judge.ts";
import type { ChatModel } from "../model/model.ts";
import type { Ledger } from "../run/ledger.ts";
import { recordedModel } from "../run/recorded-model.ts";
import type { Stage, StageContext, StageItem } from "../run/stage.ts";
import type { RunStore } from "../run/store.ts";

/** A run under way. */
export interface Construction {
  readonly config: RunConfig;
  /** Opened for every role that a stage asks. */
  readonly roles: Pick<OpenedRoles, "model" | "identity" | "sampling">;
  readonly store: RunStore;
  readonly ledger: Ledger;
}

/** A stage of the construction: its items, and what is made of one. */
export interface ConstructionStage<I, O> extends Stage<O> {
  /** What it does, in words that a person follows its progress by. */
  readonly doing: string;
  /** What an item is, one and many. */
  readonly unit: readonly [string, string];
  /** Roles that it asks. */
  readonly asks: readonly Role[];
  items(): AsyncGenerator<StageItem<I>>;
  work(item: StageItem<I>, context: StageContext): Promise<O>;
}

/** The role's model as a stage asks it: answers that the store has are not asked for again. */
export function modelOf({ roles, store, ledger }: Construction, role: Role, stage: string): ChatModel {
  return roles.model(role, (model) =>
    recordedModel(model, { store, ledger, identity: roles.identity(role), role, stage }),
  );
}

/** A role that writes text, with how it samples. */
export const speakerOf = (construction: Construction, role: SpeakingRole, stage: string): Speaker => ({
  model: modelOf(construction, role, stage),
  sampling: construction.roles.sampling(role),
});

export const samplerOf = (construction: Construction, role: SpeakingRole, stage: string): Sampler => ({
  ...speakerOf(construction, role, stage),
  n: construction.roles.sampling(role).n,
});

/** How a stage judges; `seed` is the item's, with its attempt in it. */
export const judgeSettings = (construction: Construction, stage: string, seed: number): TurnJudgeSettings => ({
  model: modelOf(construction, "judge", stage),
  seed,
  ...construction.config.judge,
});

/** What of the run and of roles decides an item's output: for its input. */
export function madeBy({ config, roles }: Construction, asked: readonly Role[]): Record<string, unknown> {
  const byRole = asked.map((role) => {
    const { endpoints: _, model: __, ...settings } = config.roles[role];
    return [role, { identity: roles.identity(role), ...settings }] as const;
  });
  return { seed: config.run.seed, ...Object.fromEntries(byRole) };
}

/** The seed of an item. A further attempt asks anew: the stored answers made it fail. */
export const itemSeed = ({ config }: Construction, stage: string, id: string, { attempt }: StageContext): number =>
  seedFor(config.run.seed, stage, id, ...(attempt === 1 ? [] : [attempt]));

/** The version of a stage that asks with these prompts: a changed prompt makes what it made anew. */
export const promptsVersion = (prompts: readonly { readonly name: string; readonly version: number }[]): string =>
  prompts.map(({ name, version }) => `${name} ${version}`).join(", ");

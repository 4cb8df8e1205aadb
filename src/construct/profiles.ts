// The bank of a run: profiles that are there, and profiles that a model writes from inspiring texts (spec/method.md, data
// construction, 1). Held-out profiles take no part: no training row may come from one.

import type { ProfileInspiration } from "../profile/bank/generate.ts";
import { type GeneratedProfile, generatedProfileSchema, generateProfile } from "../profile/bank/generate.ts";
import { readInspirations } from "../profile/bank/inspiration.ts";
import type { Profile } from "../profile/profile.ts";
import { readProfiles } from "../profile/profile-files.ts";
import { profileConstraintsPrompt } from "../prompts/profile-constraints.ts";
import type { PromptLanguage } from "../prompts/prompt.ts";
import { systemProfilePrompt } from "../prompts/system-profile.ts";
import { stageOutputs } from "../run/stage.ts";
import {
  type Construction,
  type ConstructionStage,
  itemSeed,
  madeBy,
  modelOf,
  promptsVersion,
} from "./construction.ts";

export const PROFILES = "profiles";

interface ProfileInput {
  readonly inspiration: ProfileInspiration;
  readonly language: PromptLanguage;
  readonly constraints: { readonly least: number; readonly most: number };
  readonly made: unknown;
}

export type ProfilesStage = ConstructionStage<ProfileInput, GeneratedProfile>;

/** Writes the profiles that the section `bank` asks for: none where it has no `generate`. */
export function profilesStage(construction: Construction): ProfilesStage {
  const { config, roles } = construction;
  const { generate } = config.bank;
  return {
    name: PROFILES,
    version: promptsVersion([systemProfilePrompt, profileConstraintsPrompt]),
    output: generatedProfileSchema,
    doing: "writing system profiles",
    unit: ["profile", "profiles"],
    asks: generate === null ? [] : ["writer"],
    async *items() {
      if (generate === null) return;
      const made = madeBy(construction, ["writer"]);
      let count = 0;
      for await (const { inspiration } of readInspirations([generate.from]))
        for (const language of config.run.language) {
          if (count === generate.count) return;
          count += 1;
          const { id, source, name, description, corpus, constraints } = inspiration;
          yield {
            id: `${id}-${language}`,
            input: {
              inspiration: { id, source, name, description, corpus, constraints },
              language,
              constraints: generate.constraints,
              made,
            },
          };
        }
    },
    work: ({ id, input: { inspiration, language, constraints } }, context) => {
      const { maxTokens, temperature } = roles.sampling("writer");
      return generateProfile(modelOf(construction, "writer", PROFILES), inspiration, {
        language,
        seed: itemSeed(construction, PROFILES, id, context),
        maxTokens,
        temperature,
        signal: context.signal,
        constraints,
      });
    },
  };
}

/** A profile of the run in its place. */
export interface PlacedProfile {
  readonly language: PromptLanguage;
  /** Null where it is still to be written, or could not be: its place stays its own. */
  readonly profile: Profile | null;
}

/** The places of the run's profiles, of its languages: those that are there first, then those that are written for it. */
export async function* placedProfiles(construction: Construction): AsyncGenerator<PlacedProfile> {
  const { bank, run } = construction.config;
  let count = 0;
  for (const profile of bank.profiles === null ? [] : await readProfiles(bank.profiles)) {
    const { language } = profile;
    if (profile.split !== "train" || !run.language.includes(language)) continue;
    if (bank.limit !== null && count === bank.limit) break;
    count += 1;
    yield { language, profile };
  }
  const stage = profilesStage(construction);
  for await (const item of stage.items()) {
    let profile: Profile | null = null;
    for await (const { output } of stageOutputs(stage, [item], construction.store)) profile = output.profile;
    yield { language: item.input.language, profile };
  }
}

/** The profiles of the run so far. */
export async function* profilesOf(construction: Construction): AsyncGenerator<Profile> {
  for await (const { profile } of placedProfiles(construction)) if (profile !== null) yield profile;
}

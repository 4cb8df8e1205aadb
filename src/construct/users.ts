// The users of a run, each written by a model from a one-line persona (spec/method.md, data construction, 2). Every profile is paired
// with one user; where there are more profiles than personas, personas serve several.
import { seededRandom, shuffled } from "../preference/seed.ts";
import type { Profile } from "../profile/profile.ts";
import { generateUserProfile, type Persona, type UserProfile, userProfileSchema } from "../profile/user-profile.ts";
import type { PromptLanguage } from "../prompts/prompt.ts";
import { userProfilePrompt } from "../prompts/user-profile.ts";
import {
  type Construction,
  type ConstructionStage,
  itemSeed,
  madeBy,
  modelOf,
  promptsVersion,
} from "./construction.ts";
import { personasIn } from "./personas.ts";
import { placedProfiles } from "./profiles.ts";

export const USERS = "users";

interface UserInput {
  readonly persona: Persona;
  readonly language: PromptLanguage;
  readonly made: unknown;
}

export type UsersStage = ConstructionStage<UserInput, UserProfile>;

/** Writes the users that the run's profiles are paired with. */
export function usersStage(construction: Construction): UsersStage {
  const { roles } = construction;
  return {
    name: USERS,
    version: promptsVersion([userProfilePrompt]),
    output: userProfileSchema,
    doing: "writing users from personas",
    unit: ["user", "users"],
    asks: ["writer"],
    async *items() {
      const made = madeBy(construction, ["writer"]);
      const seen = new Set<string>();
      for await (const { profile, persona } of pairings(construction)) {
        const id = userId(persona, profile.language);
        if (seen.has(id)) continue;
        seen.add(id);
        yield { id, input: { persona, language: profile.language, made } };
      }
    },
    work: ({ id, input: { persona, language } }, context) => {
      const { maxTokens, temperature } = roles.sampling("writer");
      return generateUserProfile(modelOf(construction, "writer", USERS), persona, {
        language,
        seed: itemSeed(construction, USERS, id, context),
        maxTokens,
        temperature,
        signal: context.signal,
      });
    },
  };
}

/** What a user is called among the items of the stage. */
export const userId = (persona: Persona, language: PromptLanguage): string => `${persona.id}-${language}`;

/**
 * Each profile of the run with the persona of its user, dealt in an order that the seed draws. Profiles that are not written have
 * theirs too: when one is written later, nobody else's user changes.
 */
export async function* pairings(
  construction: Construction,
): AsyncGenerator<{ readonly profile: Profile; readonly persona: Persona }> {
  const { bank, run } = construction.config;
  const decks = new Map<PromptLanguage, { readonly personas: readonly Persona[]; dealt: number }>();
  for await (const { language, profile } of placedProfiles(construction)) {
    let deck = decks.get(language);
    if (deck === undefined) {
      const random = seededRandom("personas", run.seed, language);
      deck = { personas: shuffled(await personasIn(bank.personas, language), random), dealt: 0 };
      decks.set(language, deck);
    }
    const persona = deck.personas[deck.dealt % deck.personas.length]!;
    deck.dealt += 1;
    if (profile !== null) yield { profile, persona };
  }
}

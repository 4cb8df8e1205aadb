// Self-play of a run: one session for each profile and its user (spec/method.md, data construction, 3 to 5).
import { type DialogueSettings, playSession, type Session, sessionSchema } from "../dialogue/session.ts";
import { turnJudge } from "../judge/turn-judge.ts";
import type { Profile } from "../profile/profile.ts";
import type { UserProfile } from "../profile/user-profile.ts";
import { critiquePrompt } from "../prompts/critique.ts";
import { judgeVerdictsPrompt } from "../prompts/judge-verdicts.ts";
import { remindedTurnPrompt } from "../prompts/reminded-turn.ts";
import { rephraseQueryPrompt } from "../prompts/rephrase-query.ts";
import { triggeredConstraintsPrompt } from "../prompts/triggered-constraints.ts";
import { userQueryPrompt } from "../prompts/user-query.ts";
import { stageOutputs } from "../run/stage.ts";
import {
  type Construction,
  type ConstructionStage,
  itemSeed,
  judgeSettings,
  madeBy,
  promptsVersion,
  samplerOf,
  speakerOf,
} from "./construction.ts";
import { pairings, userId, usersStage } from "./users.ts";

export const SESSIONS = "sessions";

export interface SessionInput {
  readonly profile: Profile;
  readonly user: UserProfile;
  readonly dialogue: DialogueSettings;
  readonly made: unknown;
}

export type SessionsStage = ConstructionStage<SessionInput, Session>;

const ASKS = ["user", "responder", "judge", "critic"] as const;

const VERSION = promptsVersion([
  userQueryPrompt,
  rephraseQueryPrompt,
  triggeredConstraintsPrompt,
  remindedTurnPrompt,
  judgeVerdictsPrompt,
  critiquePrompt,
]);

/** Plays a session for each profile whose user is written. */
export function sessionsStage(construction: Construction): SessionsStage {
  const { dialogue, judge } = construction.config;
  return {
    name: SESSIONS,
    version: VERSION,
    output: sessionSchema,
    doing: "playing sessions: queries, responses, verdicts, critique",
    unit: ["session", "sessions"],
    asks: ASKS,
    async *items() {
      const made = { ...madeBy(construction, ASKS), verdicts: judge };
      const users = await usersById(construction);
      for await (const { profile, persona } of pairings(construction)) {
        const user = users.get(userId(persona, profile.language));
        if (user !== undefined) yield { id: `${profile.id}~${user.id}`, input: { profile, user, dialogue, made } };
      }
    },
    work: ({ id, input: { profile, user } }, context) => {
      const seed = itemSeed(construction, SESSIONS, id, context);
      return playSession({
        profile,
        user,
        roles: {
          user: speakerOf(construction, "user", SESSIONS),
          responder: samplerOf(construction, "responder", SESSIONS),
          critic: speakerOf(construction, "critic", SESSIONS),
        },
        judge: turnJudge(judgeSettings(construction, SESSIONS, seed)),
        settings: dialogue,
        seed,
        signal: context.signal,
      });
    },
  };
}

/** Users are few beside sessions: personas serve several profiles. */
async function usersById(construction: Construction): Promise<ReadonlyMap<string, UserProfile>> {
  const stage = usersStage(construction);
  const users = new Map<string, UserProfile>();
  for await (const { id, output } of stageOutputs(stage, stage.items(), construction.store)) users.set(id, output);
  return users;
}

/** The sessions that were played, each with its profile. */
export async function* playedSessions(
  construction: Construction,
): AsyncGenerator<{ readonly id: string; readonly profile: Profile; readonly session: Session }> {
  const stage = sessionsStage(construction);
  for await (const { id, input, output } of stageOutputs(stage, stage.items(), construction.store))
    yield { id, profile: input.profile, session: output };
}

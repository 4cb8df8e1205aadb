// Responses of the model to be trained, to every turn of the sessions (spec/method.md, data construction, 6): what pairs are made of.
import { type PolicyTurn, policyTurn, policyTurnSchema } from "../dialogue/policy.ts";
import type { Session } from "../dialogue/session.ts";
import { turnJudge } from "../judge/turn-judge.ts";
import type { Profile } from "../profile/profile.ts";
import { critiquePrompt } from "../prompts/critique.ts";
import { judgeVerdictsPrompt } from "../prompts/judge-verdicts.ts";
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
import { playedSessions } from "./sessions.ts";

export const RESPONSES = "responses";

export interface ResponsesInput {
  readonly profile: Profile;
  /** Up to this turn. */
  readonly session: Session;
  readonly turn: number;
  readonly settings: { readonly acceptance: number; readonly critiques: number };
  readonly made: unknown;
}

export type ResponsesStage = ConstructionStage<ResponsesInput, PolicyTurn>;

const ASKS = ["policy", "judge", "critic"] as const;

/** Samples the policy on each turn that a session kept. */
export function responsesStage(construction: Construction): ResponsesStage {
  const { dialogue, judge } = construction.config;
  const { acceptance, critiques } = dialogue;
  return {
    name: RESPONSES,
    version: promptsVersion([judgeVerdictsPrompt, critiquePrompt]),
    output: policyTurnSchema,
    doing: "sampling the policy: responses, verdicts, critique",
    unit: ["turn", "turns"],
    asks: ASKS,
    async *items() {
      const made = { ...madeBy(construction, ASKS), verdicts: judge };
      for await (const { id, profile, session } of playedSessions(construction))
        for (const [index, { turn }] of session.turns.entries()) {
          // What comes after a turn does not decide the responses to it.
          const upToHere: Session = { ...session, turns: session.turns.slice(0, index + 1), end: { reason: "turns" } };
          yield {
            id: `${id}/t${turn}`,
            input: { profile, session: upToHere, turn, settings: { acceptance, critiques }, made },
          };
        }
    },
    work: ({ id, input: { profile, session, turn, settings } }, context) => {
      const seed = itemSeed(construction, RESPONSES, id, context);
      return policyTurn(turn, {
        profile,
        session,
        roles: {
          policy: samplerOf(construction, "policy", RESPONSES),
          critic: speakerOf(construction, "critic", RESPONSES),
        },
        judge: turnJudge(judgeSettings(construction, RESPONSES, seed)),
        settings,
        seed,
        signal: context.signal,
      });
    },
  };
}

/** The turns of the run with their responses, so far as there are any. */
export async function* answeredTurns(
  construction: Construction,
): AsyncGenerator<{ readonly id: string; readonly profile: Profile; readonly output: PolicyTurn }> {
  const stage = responsesStage(construction);
  for await (const { id, input, output } of stageOutputs(stage, stage.items(), construction.store))
    yield { id, profile: input.profile, output };
}

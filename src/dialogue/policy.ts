// Samples of the model to be trained (spec/method.md, data construction, 6): for each turn of a session, on the history with the
// responses that were kept, without the reminder that those were given; criticised where the best is not good enough, so that the
// scores spread. What pairs are made of.
import { z } from "zod";
import { type Profile, systemPrompt } from "../profile/profile.ts";
import { critiquePrompt } from "../prompts/critique.ts";
import { criticise } from "./critic.ts";
import { type JudgedSample, judgedSampleSchema } from "./judged-sample.ts";
import { sampleResponses } from "./responder.ts";
import { DIALOGUE_SETTINGS, type DialogueSettings, historyOf, type Sampler, type Session } from "./session.ts";
import { type Speaker, seedFor } from "./speaker.ts";
import type { TurnJudge } from "./turn-judge.ts";

const messageSchema = z.strictObject({ role: z.enum(["system", "user", "assistant"]), content: z.string() });

export const policyTurnSchema = z.strictObject({
  /** Id of the profile. */
  profile: z.string(),
  /** Of the session; from 1. */
  turn: z.int().min(1),
  /** What the policy was given: system prompt, history, query. */
  messages: z.array(messageSchema),
  /** Ids of the constraints that the query triggers, in the order of the profile: the columns of the verdicts. */
  triggered: z.array(z.string()),
  /** With the critic's revisions. */
  samples: z.array(judgedSampleSchema),
  /** Names of the models. */
  models: z.strictObject({ policy: z.string(), critic: z.string() }),
  prompts: z.record(z.string(), z.int()),
});
export type PolicyTurn = z.infer<typeof policyTurnSchema>;

export interface PolicyOptions {
  /** The profile of the session. */
  readonly profile: Profile;
  readonly session: Session;
  readonly roles: { readonly policy: Sampler; readonly critic: Speaker };
  readonly judge: TurnJudge;
  readonly settings?: Pick<DialogueSettings, "acceptance" | "critiques">;
  readonly seed: number;
  readonly signal?: AbortSignal | undefined;
}

/**
 * Policy samples of one turn of a session.
 * @param number of the turn, from 1
 * @throws RangeError for a turn that the session has not; what the models throw, and the signal's reason
 */
export async function policyTurn(
  number: number,
  { profile, session, roles, judge, settings = DIALOGUE_SETTINGS, seed, signal }: PolicyOptions,
): Promise<PolicyTurn> {
  const index = session.turns.findIndex(({ turn }) => turn === number);
  const turn = session.turns[index];
  if (turn === undefined) throw new RangeError(`the session of ${session.profile} has no turn ${number}`);
  const history = historyOf(session.turns.slice(0, index));
  const ids = new Set(turn.triggered);
  const constraints = profile.constraints.filter(({ id }) => ids.has(id));
  const open = { profile, history, query: turn.query.text, constraints };
  const messages = [
    { role: "system" as const, content: systemPrompt(profile) },
    ...history,
    { role: "user" as const, content: turn.query.text },
  ];
  const own = (purpose: string): number => seedFor(seed, profile.id, session.user, number, purpose);
  const { policy, critic } = roles;
  const sampled = await sampleResponses(open, messages, {
    speaker: policy,
    n: policy.n,
    judge,
    seed: own("policy"),
    signal,
  });
  const samples: JudgedSample[] = await criticise(open, sampled, {
    acceptance: settings.acceptance,
    critiques: settings.critiques,
    critic,
    judge,
    seed: own("policy critique"),
    signal,
  });
  return {
    profile: profile.id,
    turn: number,
    messages,
    triggered: constraints.map(({ id }) => id),
    samples,
    models: { policy: policy.model.name, critic: critic.model.name },
    prompts: { [critiquePrompt.name]: critiquePrompt.version },
  };
}

/** Policy samples of every turn of a session. */
export async function policyTurns(options: PolicyOptions): Promise<PolicyTurn[]> {
  const all: PolicyTurn[] = [];
  for (const { turn } of options.session.turns) all.push(await policyTurn(turn, options));
  return all;
}

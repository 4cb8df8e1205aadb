// Self-play: a user model and a responder talk under a profile, each turn judged, until the turns are done or no response is good
// enough to go on with (spec/method.md, data construction, 3 to 5). The best response of each turn goes into the history. What
// comes out is plain data, and the same for the same seed and the same answers of the models, so a session can be played again
// from its start with every answer out of the store.
import { z } from "zod";
import { ModelFailure } from "../model/model-failure.ts";
import type { Message } from "../profile/message.ts";
import { type Profile, systemPrompt } from "../profile/profile.ts";
import type { UserProfile } from "../profile/user-profile.ts";
import { critiquePrompt } from "../prompts/critique.ts";
import { remindedTurnPrompt } from "../prompts/reminded-turn.ts";
import { rephraseQueryPrompt } from "../prompts/rephrase-query.ts";
import { userQueryPrompt } from "../prompts/user-query.ts";
import { criticise } from "./critic.ts";
import { bestOf, judgedSampleSchema } from "./judged-sample.ts";
import { writeQuery, writtenQuerySchema } from "./query-writer.ts";
import { sampleResponses } from "./responder.ts";
import { type Speaker, seedFor } from "./speaker.ts";
import type { TurnJudge } from "./turn-judge.ts";

/** A turn, kept or not. */
export const sessionTurnSchema = z.strictObject({
  /** From 1. */
  turn: z.int().min(1),
  query: writtenQuerySchema,
  /** Ids of the constraints that the query triggers: S_x of the turn, in the order of the profile. */
  triggered: z.array(z.string()),
  /** Responses to learn from, with the critic's revisions. */
  samples: z.array(judgedSampleSchema),
  /** Id of the response that is best; null where none has verdicts. */
  best: z.string().nullable(),
});
export type SessionTurn = z.infer<typeof sessionTurnSchema>;

export const sessionSchema = z.strictObject({
  /** Ids. */
  profile: z.string(),
  user: z.string(),
  language: z.enum(["en", "zh"]),
  seed: z.int().min(0),
  /** Turns whose best response is good enough, in their order: the history is their queries and best responses. */
  turns: z.array(sessionTurnSchema.extend({ best: z.string() })),
  /**
   * Why it ended: all turns were had; no response to a query was good enough (that turn is here); or a model gave no usable
   * answer.
   */
  end: z.discriminatedUnion("reason", [
    z.strictObject({ reason: z.literal("turns") }),
    z.strictObject({ reason: z.literal("rate"), rate: z.number().nullable(), turn: sessionTurnSchema }),
    z.strictObject({ reason: z.literal("failure"), turn: z.int().min(1), cause: z.string() }),
  ]),
  /** Names of the models. */
  models: z.strictObject({ user: z.string(), responder: z.string(), critic: z.string() }),
  /** Versions of the prompts. */
  prompts: z.record(z.string(), z.int()),
});
export type Session = z.infer<typeof sessionSchema>;
export type KeptTurn = Session["turns"][number];

/** The numbers of the method; `dialogue` of rpo.yaml. */
export interface DialogueSettings {
  /** Queries of a session. */
  readonly turns: number;
  /** Last messages that the user model is shown. */
  readonly historyMessages: number;
  /** Manners of speaking drawn for each query. */
  readonly manners: number;
  /** Rate from which a response is good enough. */
  readonly acceptance: number;
  /** Most revisions by the critic. */
  readonly critiques: number;
}

/** As the method has them. */
export const DIALOGUE_SETTINGS: DialogueSettings = {
  turns: 5,
  historyMessages: 10,
  manners: 10,
  acceptance: 0.7,
  critiques: 3,
};

/** A speaker who gives several responses to a turn. */
export interface Sampler extends Speaker {
  readonly n: number;
}

export interface PlayOptions {
  readonly profile: Profile;
  readonly user: UserProfile;
  readonly roles: { readonly user: Speaker; readonly responder: Sampler; readonly critic: Speaker };
  readonly judge: TurnJudge;
  readonly settings?: DialogueSettings;
  readonly seed: number;
  readonly signal?: AbortSignal | undefined;
  /** Called with each turn as it ends, kept or not. */
  readonly onTurn?: ((turn: SessionTurn) => void) | undefined;
}

const PROMPTS = [userQueryPrompt, rephraseQueryPrompt, remindedTurnPrompt, critiquePrompt];

/**
 * Plays a session.
 * @throws what a model throws, but for answers that could not be used after there was a turn: those end the session, and its turns
 *   are kept; the signal's reason when it is aborted
 */
export async function playSession(options: PlayOptions): Promise<Session> {
  const { profile, user, roles, settings = DIALOGUE_SETTINGS, seed, signal, onTurn } = options;
  const turns: KeptTurn[] = [];
  const ended = (end: Session["end"]): Session => ({
    profile: profile.id,
    user: user.id,
    language: profile.language,
    seed,
    turns,
    end,
    models: { user: roles.user.model.name, responder: roles.responder.model.name, critic: roles.critic.model.name },
    prompts: Object.fromEntries(PROMPTS.map(({ name, version }) => [name, version])),
  });
  for (let number = 1; number <= settings.turns; number += 1) {
    signal?.throwIfAborted();
    let turn: SessionTurn;
    try {
      turn = await playTurn(number, turns, options, settings);
    } catch (error) {
      signal?.throwIfAborted();
      // The turns so far are good whatever the next one would have been. What every request would meet, or what may pass, is not
      // the session's end.
      const isOwn = error instanceof ModelFailure && (error.kind === "answer" || error.kind === "context");
      if (!isOwn || turns.length === 0) throw error;
      return ended({ reason: "failure", turn: number, cause: error.message });
    }
    onTurn?.(turn);
    const best = turn.samples.find(({ id }) => id === turn.best);
    if (best === undefined || turn.best === null || (best.rate ?? 0) < settings.acceptance)
      return ended({ reason: "rate", rate: best?.rate ?? null, turn });
    turns.push({ ...turn, best: turn.best });
  }
  return ended({ reason: "turns" });
}

async function playTurn(
  number: number,
  turns: readonly KeptTurn[],
  { profile, user, roles, judge, seed, signal }: PlayOptions,
  settings: DialogueSettings,
): Promise<SessionTurn> {
  const history = historyOf(turns);
  const own = (purpose: string): number => seedFor(seed, profile.id, user.id, number, purpose);
  const query = await writeQuery(
    { profile, user, history, triggered: new Set(turns.flatMap(({ triggered }) => triggered)) },
    { ...settings, speaker: roles.user, seed: own("query"), signal },
  );
  const asked = { profile, history, query: query.text };
  const ids = new Set(await judge.triggered(asked, signal));
  const constraints = profile.constraints.filter(({ id }) => ids.has(id));
  const open = { ...asked, constraints };
  const messages = remindedTurnPrompt.messages(
    { system: systemPrompt(profile), history, query: query.text, constraints: constraints.map(({ text }) => text) },
    profile.language,
  );
  const { responder, critic } = roles;
  const sampled = await sampleResponses(open, messages, {
    speaker: responder,
    n: responder.n,
    judge,
    seed: own("response"),
    signal,
  });
  const samples = await criticise(open, sampled, { ...settings, critic, judge, seed: own("critique"), signal });
  return {
    turn: number,
    query,
    triggered: constraints.map(({ id }) => id),
    samples,
    best: bestOf(samples)?.id ?? null,
  };
}

/** The conversation that turns make: each query, and the best response to it. */
export function historyOf(turns: readonly KeptTurn[]): Message[] {
  return turns.flatMap(({ query, samples, best }): Message[] => [
    { role: "user", content: query.text },
    { role: "assistant", content: samples.find(({ id }) => id === best)?.text.trim() ?? "" },
  ]);
}

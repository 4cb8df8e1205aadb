// Responses to a turn, each with its verdicts (spec/method.md, data construction, 5 and 6). A response that the judge gives no
// usable answer on is kept with the cause, and the others go on. Ignores what the messages are made of, and what becomes of the
// responses.

import type { Choice } from "../model/model.ts";
import { ModelFailure } from "../model/model-failure.ts";
import type { Message } from "../profile/message.ts";
import { type JudgedSample, rateOf } from "./judged-sample.ts";
import { type Speaker, samplingOf } from "./speaker.ts";
import type { AnsweredTurn, TurnJudge } from "./turn-judge.ts";

/** A turn with the constraints that it triggers, before there is a response. */
export type OpenTurn = Omit<AnsweredTurn, "response">;

/**
 * n samples of the speaker, judged.
 * @throws what the speaker throws; what the judge throws but for answers that it could not use; the signal's reason
 */
export async function sampleResponses(
  turn: OpenTurn,
  messages: readonly Message[],
  {
    speaker,
    n,
    judge,
    seed,
    signal,
  }: {
    readonly speaker: Speaker;
    readonly n: number;
    readonly judge: TurnJudge;
    readonly seed: number;
    readonly signal?: AbortSignal | undefined;
  },
): Promise<JudgedSample[]> {
  const { choices } = await speaker.model.generate({ ...samplingOf(speaker.sampling), messages, n, seed }, { signal });
  signal?.throwIfAborted();
  const judged = await Promise.allSettled(
    choices.map((choice) => judgedSample(turn, choice, { id: `s${choice.index + 1}`, revises: null }, judge, signal)),
  );
  // Judgements that are under way end, and are kept where a store stands before the judge, before the first failure is told.
  return judged.map((one) => {
    if (one.status === "rejected") throw one.reason;
    return one.value;
  });
}

/** A response with its verdicts. */
export async function judgedSample(
  turn: OpenTurn,
  { text, finishReason, tokens }: Pick<Choice, "text" | "finishReason" | "tokens">,
  identity: Pick<JudgedSample, "id" | "revises">,
  judge: TurnJudge,
  signal?: AbortSignal,
): Promise<JudgedSample> {
  const sample = { ...identity, text, finishReason, tokens };
  const without = (failure: string): JudgedSample => ({ ...sample, verdicts: null, rate: null, failure });
  if (text.trim() === "") return without("the response is blank");
  try {
    // Nothing binds the response: there is nothing to ask the judge.
    const verdicts = turn.constraints.length === 0 ? [] : await judge.verdicts({ ...turn, response: text }, signal);
    return { ...sample, verdicts, rate: rateOf(verdicts), failure: null };
  } catch (error) {
    if (!(error instanceof ModelFailure) || error.kind !== "answer") throw error;
    return without(error.message);
  }
}

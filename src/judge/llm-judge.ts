// Verdicts of a language model on a response: several constraints a request, each by itself, with a reason, and several votes where
// one is not trusted (spec/method.md, data construction, 7). Knows nothing of code verdicts (turn-judge.ts) or of how good the
// judge is (audit.ts).
import { z } from "zod";
import type { Verdict } from "../constraint/verdict.ts";
import type { ChatModel } from "../model/model.ts";
import { sampleSeed } from "../model/sample-seed.ts";
import type { Message } from "../profile/message.ts";
import { judgeVerdictsPrompt } from "../prompts/judge-verdicts.ts";
import type { PromptLanguage } from "../prompts/prompt.ts";
import { allEnded, askEach } from "./ask-each.ts";
import { majority, type Vote } from "./votes.ts";

/** A response with what the judge is told of its turn. */
export interface JudgedItem {
  /** Earlier messages, without the system prompt; the last few are shown. */
  readonly history: readonly Message[];
  readonly query: string;
  readonly response: string;
  /** The language that the judge is asked in. */
  readonly language: PromptLanguage;
}

export interface LlmJudgeSettings {
  readonly model: ChatModel;
  readonly seed: number;
  /** Most constraints of one request. */
  readonly perCall: number;
  /** Judgements of each constraint; the majority holds. An odd number leaves no ties between pass and fail. */
  readonly votes: number;
  /** Default: 0 for one vote, VOTE_TEMPERATURE for several. */
  readonly temperature?: number;
}

export interface LlmVerdict extends Vote {
  readonly votes: readonly Vote[];
}

/**
 * Constraints of one request where nobody says otherwise. A profile has 6 to 12, of which a turn triggers about half: mostly one
 * request a response; beyond some ten a list is answered less carefully, and one bad id costs more.
 */
export const PER_CALL = 8;

/** So that votes differ where the judge wavers; at 0 they would be one vote several times over. */
export const VOTE_TEMPERATURE = 0.7;

/** Earlier messages that the judge sees: two rounds, for what refers to the last reply. More costs every request. */
const HISTORY_SHOWN = 4;

/** An id, a verdict and one sentence of reason; Chinese takes up to two tokens a character in some vocabularies. */
const TOKENS_EACH = 160;

const VERDICTS = ["pass", "fail", "na"] as const satisfies readonly Verdict[];

/** A verdict as models without a schema write it: "Pass", "N/A". */
const verdictField = z
  .string()
  .meta({ enum: [...VERDICTS] })
  .transform((given) => given.trim().toLowerCase().replace("n/a", "na"))
  .pipe(z.enum(VERDICTS));

/** In the order in which the model is to write them: the reason before what follows from it. */
const FIELDS = { reason: z.string().transform((given) => given.trim()), verdict: verdictField };

/**
 * A verdict on each constraint, in their order. With several votes each sees the constraints in another order (turned round by an even
 * share of the list), so that a place in the list favours none.
 * @throws RangeError for no vote; ModelFailure where a constraint got no usable answer; the signal's reason
 */
export async function llmVerdicts(
  item: JudgedItem,
  constraints: readonly string[],
  { model, seed, perCall, votes, temperature = votes === 1 ? 0 : VOTE_TEMPERATURE }: LlmJudgeSettings,
  signal?: AbortSignal,
): Promise<LlmVerdict[]> {
  if (!Number.isSafeInteger(votes) || votes < 1) throw new RangeError(`votes must be a number from 1, not ${votes}`);
  if (constraints.length === 0) return [];
  const { history, query, response, language } = item;
  const rounds = await allEnded(
    Array.from({ length: votes }, async (_, vote) => {
      const turn = Math.floor((vote * constraints.length) / votes);
      const said = await askEach(
        model,
        rotated(constraints, turn),
        {
          name: "verdicts",
          list: "verdicts",
          fields: FIELDS,
          language,
          seed: vote === 0 ? seed : sampleSeed(seed, vote),
          temperature,
          tokensEach: TOKENS_EACH,
          perCall,
          messages: (items) =>
            judgeVerdictsPrompt.messages(
              { history: history.slice(-HISTORY_SHOWN), query, response, constraints: items },
              language,
            ),
        },
        { signal },
      );
      return rotated(said, -turn);
    }),
  );
  return constraints.map((_, index) => {
    const cast = rounds.map((round): Vote => round[index]!);
    return { ...majority(cast), votes: cast };
  });
}

/** The list begun at another place: by 1, the second comes first. */
export function rotated<T>(items: readonly T[], by: number): T[] {
  return items.map((_, index) => items[(((index + by) % items.length) + items.length) % items.length]!);
}

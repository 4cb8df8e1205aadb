// The critic: rewrites the best response with least change until it is good enough (spec/method.md, data construction, 5 and 6).
// Each revision is judged anew, and builds on the best response so far: one that gained nothing is kept as a sample, not built on.
import { ModelFailure } from "../model/model-failure.ts";
import { askPlain } from "../model/plain-answer.ts";
import { critiquePrompt } from "../prompts/critique.ts";
import { bestOf, type JudgedSample } from "./judged-sample.ts";
import { judgedSample, type OpenTurn } from "./responder.ts";
import { type Speaker, samplingOf, seedFor } from "./speaker.ts";
import type { TurnJudge } from "./turn-judge.ts";

export interface CriticOptions {
  readonly critic: Speaker;
  readonly judge: TurnJudge;
  /** Rate from which a response is good enough. */
  readonly acceptance: number;
  /** Most revisions. */
  readonly critiques: number;
  readonly seed: number;
  readonly signal?: AbortSignal | undefined;
}

const WORDS = {
  en: { blank: "there is no reply in it", same: "nothing was changed" },
  zh: { blank: "里面没有回复", same: "什么都没有改" },
} as const;
/** A critic that changes nothing is told so once. */
const ANSWERS = 2;

/** The samples and the revisions made of them, in the order of their making; just the samples where the best is good enough. */
export async function criticise(
  turn: OpenTurn,
  samples: readonly JudgedSample[],
  { critic, judge, acceptance, critiques, seed, signal }: CriticOptions,
): Promise<JudgedSample[]> {
  const all = [...samples];
  const { language } = turn.profile;
  for (let count = 1; count <= critiques; count += 1) {
    const best = bestOf(all);
    if (best === null || best.rate >= acceptance) break;
    const textOf = new Map(turn.constraints.map(({ id, text }) => [id, text]));
    const verdicts = best.verdicts ?? [];
    const messages = critiquePrompt.messages(
      {
        query: turn.query,
        response: best.text.trim(),
        failed: verdicts
          .filter(({ verdict }) => verdict === "fail")
          .map(({ id, reason }) => ({ requirement: textOf.get(id) ?? id, reason })),
        kept: verdicts.filter(({ verdict }) => verdict === "pass").map(({ id }) => textOf.get(id) ?? id),
      },
      language,
    );
    const identity = { id: `${best.id.replace(/\+r\d+$/, "")}+r${count}`, revises: best.id };
    try {
      const known = new Set(all.map(({ text }) => text.trim()));
      const { text, tokens, finishReason } = await askPlain(
        critic.model,
        {
          name: "revision",
          messages,
          clean: bare,
          fault: (revised) =>
            revised === "" ? WORDS[language].blank : known.has(revised) ? WORDS[language].same : null,
          language,
          seed: seedFor(seed, "critique", count),
          sampling: samplingOf(critic.sampling),
          answers: ANSWERS,
        },
        { signal },
      );
      all.push(await judgedSample(turn, { text, tokens, finishReason }, identity, judge, signal));
    } catch (error) {
      signal?.throwIfAborted();
      // A critic without a usable answer, or a response too long for its context, is one critique lost; anything else is not.
      if (!(error instanceof ModelFailure) || (error.kind !== "answer" && error.kind !== "context")) throw error;
    }
  }
  return all;
}

/** Without what models put around a rewritten text: white space, a heading of ours, a fence around all of it. */
function bare(raw: string): string {
  const text = raw
    .trim()
    .replace(
      /^(?:\*\*)?(?:(?:edited |revised )?reply|REPLY|(?:修改后的)?(?:完整)?回复)(?:\*\*)?[:：]\s*(?:\*\*)?\s*/iu,
      "",
    )
    .replace(/^\[\[\/?REPLY [0-9a-f]{8}\]\]\n?|\n?\[\[\/?REPLY [0-9a-f]{8}\]\]$/gu, "");
  return (/^```[a-z]*\n([\s\S]*)\n```$/.exec(text)?.[1] ?? text).trim();
}

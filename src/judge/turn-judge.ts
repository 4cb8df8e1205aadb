// The judge of a turn: code where the rules recognise a constraint, the language model for the rest. Implements what self-play asks of a
// judge (dialogue/turn-judge.ts).
import type { Constraint } from "../constraint/expression.ts";
import { recognised } from "../constraint/reverse-text.ts";
import type { Verdict } from "../constraint/verdict.ts";
import type { ConstraintVerdict, TurnJudge } from "../dialogue/turn-judge.ts";
import { judgeByCode } from "./code-judge.ts";
import { type JudgedItem, type LlmJudgeSettings, llmVerdicts } from "./llm-judge.ts";
import { type ProfileText, triggersOf } from "./triggered.ts";

/** One cell of the verdict matrix: what it is, who said so, why, and what the votes were. */
export interface TextVerdict extends Omit<ConstraintVerdict, "id"> {
  /** The judge's votes, in their order; none where code decided. */
  readonly votes: readonly Verdict[];
}

export interface TurnJudgeSettings extends LlmJudgeSettings {
  /** Whether code decides what it can. Default true; false asks the model about everything. */
  readonly code?: boolean;
}

/**
 * A verdict on each constraint, in their order.
 * @throws ModelFailure where the judge gives no usable answer; the signal's reason
 */
export async function judgeTexts(
  item: JudgedItem,
  constraints: readonly ProfileText[],
  { code = true, ...settings }: TurnJudgeSettings,
  signal?: AbortSignal,
): Promise<TextVerdict[]> {
  const byCode = code ? codeVerdicts(item, constraints) : constraints.map(() => null);
  const open = constraints.filter((_, index) => byCode[index] === null).map(({ text }) => text);
  const answers = (await llmVerdicts(item, open, settings, signal)).values();
  return byCode.map((known): TextVerdict => {
    if (known !== null) return { verdict: known, source: "code", reason: null, votes: [] };
    const { verdict, reason, votes } = answers.next().value!;
    return { verdict, source: "judge", reason, votes: votes.map((vote) => vote.verdict) };
  });
}

/** Verdicts by code; null where only the judge can tell. */
export function codeVerdicts(
  { query, response }: Pick<JudgedItem, "query" | "response">,
  constraints: readonly ProfileText[],
): (Verdict | null)[] {
  const checks = constraints.map(({ text, judge }) => (judge ? null : (recognised(text)?.constraint ?? null)));
  const known = checks.filter((check): check is Constraint => check !== null);
  const verdicts = judgeByCode(known, query, response).values();
  return checks.map((check) => (check === null ? null : verdicts.next().value!));
}

/** The judge that self-play asks. Verdicts carry the votes beside what it asks for. */
export function turnJudge(settings: TurnJudgeSettings): TurnJudge & {
  verdicts(...turn: Parameters<TurnJudge["verdicts"]>): Promise<(TextVerdict & { readonly id: string })[]>;
} {
  return {
    async triggered({ profile, history, query }, signal) {
      const question = { history, query, language: profile.language };
      const { code = true } = settings;
      const asked = code ? profile.constraints : profile.constraints.map((one) => ({ ...one, judge: true }));
      const triggers = await triggersOf(asked, question, settings, signal);
      return profile.constraints.filter((_, index) => triggers[index]!.triggered).map(({ id }) => id);
    },
    async verdicts({ profile, history, query, response, constraints }, signal) {
      const item = { history, query, response, language: profile.language };
      const verdicts = await judgeTexts(item, constraints, settings, signal);
      return constraints.map(({ id }, index) => ({ id, ...verdicts[index]! }));
    },
  };
}

// Whether reverses are complements in the eyes of the judge: each is tried on responses that were judged under the constraint, and
// should pass exactly where that fails (spec/constraints.md, "By judge"). A constraint and its reverse are never judged in one request,
// or the judge would simply give opposite answers.
import type { Verdict } from "../constraint/verdict.ts";
import { inParallel } from "../judge/in-parallel.ts";
import type { JudgedItem } from "../judge/llm-judge.ts";
import { judgeTexts, type TurnJudgeSettings } from "../judge/turn-judge.ts";
import { isFatal, ModelFailure, mayPass } from "../model/model-failure.ts";
import type { Counterexample } from "../prompts/rewrite-reversal.ts";
import { NO_TRIALS, type TrialCounts } from "./reversal.ts";
import type { Trial } from "./trial-draw.ts";

/** What a judge says of one constraint on one response. */
export interface Judgement {
  readonly verdict: Verdict;
  readonly reason: string | null;
}

/** A verdict on each text, in their order: code or model, as judge/turn-judge.ts does. */
export type TextJudge = (
  item: JudgedItem,
  texts: readonly string[],
  signal?: AbortSignal,
) => Promise<readonly Judgement[]>;

/** The judge of turns, as it judges texts. */
export const textJudge =
  (settings: TurnJudgeSettings): TextJudge =>
  (item, texts, signal) =>
    judgeTexts(
      item,
      texts.map((text) => ({ text })),
      settings,
      signal,
    );

/** A constraint, its reverse, and the responses to try them on. */
export interface ReversalTrial {
  readonly text: string;
  readonly reversed: string;
  readonly trials: readonly Trial[];
}

export interface ReversalOutcome extends TrialCounts {
  /** What each trial came to under the constraint; null where the judge gave no usable answer. */
  readonly originals: readonly (Verdict | null)[];
  /** Responses on which the two do not part, in the order of the trials. */
  readonly counterexamples: readonly Counterexample[];
  /** Responses that the judge gave no usable answer on, with the first cause. */
  readonly failed: number;
  readonly cause: string | null;
}

/**
 * What two judgements of a response count for. A response that is `na` under one of the two alone shows that the condition was not
 * kept: it is judged, and no flip.
 */
export function countTrial(original: Verdict, reversed: Verdict): TrialCounts {
  if (original === "na" && reversed === "na") return NO_TRIALS;
  const isFlipped = original !== "na" && reversed !== "na" && original !== reversed;
  return { judged: 1, flipped: isFlipped ? 1 : 0, satisfied: original === "pass" ? 1 : 0 };
}

export const addCounts = (a: TrialCounts, b: TrialCounts): TrialCounts => ({
  judged: a.judged + b.judged,
  flipped: a.flipped + b.flipped,
  satisfied: a.satisfied + b.satisfied,
});

/** A failure that has to do with this one question: it will fail again, and others may not. */
export const isItsOwn = (error: unknown): error is ModelFailure =>
  error instanceof ModelFailure && !isFatal(error.kind) && !mayPass(error.kind);

/** A response with everything that is to be judged on it. */
interface Sheet {
  readonly item: JudgedItem;
  readonly texts: Set<string>;
}

/**
 * Tries reverses. Everything that is to be judged on one response under constraints goes into one question (as far as the judge puts
 * several into one), and everything under reverses into another.
 * @param width responses in work at once
 * @throws ModelFailure that every other request would meet as well, or that may pass: what was not judged for want of a connection is
 * not to be taken for what the judge had no answer to; the signal's reason
 */
export async function auditReversals(
  reversals: readonly ReversalTrial[],
  judge: TextJudge,
  {
    width,
    signal,
    onProgress,
  }: {
    readonly width: number;
    readonly signal?: AbortSignal | undefined;
    readonly onProgress?: ((done: number, total: number) => void) | undefined;
  },
): Promise<ReversalOutcome[]> {
  const originals = new Map<string, Sheet>();
  const opposites = new Map<string, Sheet>();
  const add = (sheets: Map<string, Sheet>, { id, item }: Trial, text: string): void => {
    const sheet = sheets.get(id) ?? { item, texts: new Set<string>() };
    sheets.set(id, sheet);
    sheet.texts.add(text);
  };
  for (const { text, reversed, trials } of reversals)
    for (const trial of trials) {
      if (trial.verdict === null) add(originals, trial, text);
      add(opposites, trial, reversed);
    }

  const sheets = [
    ...[...originals].map(([id, sheet]) => ({ side: "original", id, ...sheet })),
    ...[...opposites].map(([id, sheet]) => ({ side: "reversed", id, ...sheet })),
  ];
  const said = new Map<string, Judgement | ModelFailure>();
  const key = (side: string, id: string, text: string): string => JSON.stringify([side, id, text]);
  let done = 0;
  await inParallel(sheets, width, signal, async ({ side, id, item, texts }) => {
    const list = [...texts];
    try {
      const judgements = await judge(item, list, signal);
      for (const [index, text] of list.entries()) said.set(key(side, id, text), judgements[index]!);
    } catch (error) {
      if (signal?.aborted || !isItsOwn(error)) throw error;
      for (const text of list) said.set(key(side, id, text), error);
    }
    done += 1;
    onProgress?.(done, sheets.length);
  });
  signal?.throwIfAborted();

  return reversals.map(({ text, reversed, trials }) => {
    let counts: TrialCounts = NO_TRIALS;
    const counterexamples: Counterexample[] = [];
    const causes: string[] = [];
    const originals: (Verdict | null)[] = [];
    for (const { id, item, verdict } of trials) {
      const original = verdict === null ? said.get(key("original", id, text))! : { verdict, reason: null };
      originals.push(original instanceof ModelFailure ? null : original.verdict);
      const opposite = said.get(key("reversed", id, reversed))!;
      const failure = [original, opposite].find((one) => one instanceof ModelFailure);
      if (failure !== undefined) {
        causes.push(failure.message);
        continue;
      }
      const [one, other] = [original as Judgement, opposite as Judgement];
      const counted = countTrial(one.verdict, other.verdict);
      counts = addCounts(counts, counted);
      if (counted.judged > counted.flipped)
        counterexamples.push({ query: item.query, response: item.response, original: one, reversed: other });
    }
    return { ...counts, originals, counterexamples, failed: causes.length, cause: causes[0] ?? null };
  });
}

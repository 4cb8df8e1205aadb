// The revising stage: beside each sample, an edit of it that satisfies one constraint more, where a rule finds one
// (dialogue/rule-critic.ts). What small models hardly ever do — begin with a given phrase, end with one — would otherwise
// differ between no two responses of a turn, and no pair would teach it. Made anew each time: nothing here is costly.
import { revise } from "../dialogue/rule-critic.ts";
import { judgeByCode } from "../judge/code-judge.ts";
import { CODE_MEANS } from "../judge/code-means.ts";
import { seededRandom, shuffled } from "../preference/seed.ts";
import type { JudgedSample, JudgedTurn } from "./judge.ts";

/** A sample, or the edit of one. */
export interface RevisableSample extends JudgedSample {
  /** The sample that this is an edit of, and the constraint that it satisfies more; absent in a sample. */
  readonly revision?: { readonly of: number; readonly constraint: string };
}

export interface RevisedTurn extends JudgedTurn {
  readonly samples: readonly RevisableSample[];
}

/**
 * Adds an edit of every sample for which there is one: of the constraints that it fails, in an order drawn by the seed, the
 * first that a rule can mend without breaking another.
 */
export function reviseTurn(turn: JudgedTurn, seed: number): RevisedTurn {
  const first = Math.max(...turn.samples.map(({ sample }) => sample)) + 1;
  const edits = turn.samples.flatMap((sample): RevisableSample[] => {
    const failed = turn.constraints.filter((_, i) => sample.verdicts[i] === "fail");
    for (const { id, check } of shuffled(failed, seededRandom("revise", seed, turn.id, sample.sample))) {
      const text = revise(check, turn.query, sample.text, CODE_MEANS);
      if (text === null) continue;
      const verdicts = judgeByCode(
        turn.constraints.map((constraint) => constraint.check),
        turn.query,
        text,
      );
      if (verdicts.some((verdict, i) => verdict !== "pass" && sample.verdicts[i] === "pass")) continue;
      return [
        { ...sample, sample: first + sample.sample, text, verdicts, revision: { of: sample.sample, constraint: id } },
      ];
    }
    return [];
  });
  return { ...turn, samples: [...turn.samples, ...edits] };
}

/** The turn as the model answered it. */
export const samplesAlone = (turn: RevisedTurn): RevisedTurn => ({
  ...turn,
  samples: turn.samples.filter(({ revision }) => revision === undefined),
});

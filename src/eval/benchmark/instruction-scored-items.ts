// A score on IFEval, IFBench or Multi-IF as a scored run (scored-run.ts), which comparisons and reports read: an item a turn, a cluster a
// conversation. Measures have the names of the accuracies; those of Multi-IF's turns begin with the turn, those of a language, a
// family or an instruction end with it.
import type { Outcome, ScoredItem, ShownVerdict } from "../scored-run.ts";
import { familyOf, type InstructionVerdict } from "./accuracy.ts";
import type { TurnVerdicts } from "./instruction-verdicts.ts";

const READINGS = ["strict", "loose"] as const;

/** @param severalTurns whether the benchmark has conversations of several turns */
export function scoredItems(turns: readonly TurnVerdicts[], severalTurns: boolean): ScoredItem[] {
  return turns.map(({ key, turn, language, prompt, response, verdicts }): ScoredItem => {
    const begin = severalTurns ? `turn${turn}.` : "";
    const outcomes: Record<string, Outcome> = {};
    for (const reading of READINGS) {
      const followed: Outcome = [verdicts.every((verdict) => verdict[reading]) ? 1 : 0, 1];
      outcomes[`${begin}prompt_${reading}`] = followed;
      outcomes[`${begin}inst_${reading}`] = share(verdicts, reading);
      if (language !== null) {
        outcomes[`${begin}prompt_${reading}.${language}`] = followed;
        outcomes[`${begin}inst_${reading}.${language}`] = share(verdicts, reading);
      }
      for (const nameOf of [familyOf, (id: string) => id])
        for (const [name, some] of Map.groupBy(verdicts, ({ id }) => nameOf(id)))
          outcomes[`${begin}inst_${reading}.${name}`] = share(some, reading);
    }
    return {
      id: severalTurns ? `${key}/${turn}` : key,
      cluster: key,
      outcomes,
      shown: { prompt, response, verdicts: verdicts.map(shownVerdict) },
    };
  });
}

const share = (verdicts: readonly InstructionVerdict[], reading: (typeof READINGS)[number]): Outcome => [
  verdicts.filter((verdict) => verdict[reading]).length,
  verdicts.length,
];

const shownVerdict = ({ id, strict, loose }: InstructionVerdict): ShownVerdict => ({
  id,
  verdict: strict ? "followed" : loose ? "followed loosely" : "not followed",
});

// Which of the cases of spec/method.md ("The problem"; Huang et al. 2025, figure 1) a pair of responses falls in when the
// two are ranked by the number of constraints that they satisfy. Ignores everything but the two verdict vectors.
import type { VerdictVector } from "./turn.ts";

/** The numbered cases; what is wrong with each as a DPO pair is in `CASE_MEANING`. */
export const CASES = [1, 2, 3, 4, 5, 6] as const;
export type PairCase = "identical" | (typeof CASES)[number];

/** A and B are the constraints that the better and the worse response satisfy, n the number of constraints. */
export const CASE_MEANING: Readonly<Record<PairCase, string>> = {
  identical: "A = B: no preference",
  1: "|A| = |B|, nothing in common: thrown away",
  2: "|A| = |B|, different: thrown away",
  3: "|A| > |B| > 0, nothing in common: B is better at B",
  4: "|A| > |B|, B not within A: B is better at some",
  5: "B within A, A imperfect: teaches A's failures",
  6: "B within A, A perfect: clean",
};

/**
 * The case of a pair, over the constraints that are non-null in both vectors (`na` takes no part in a pair). Symmetric in
 * its arguments; where no constraint is left, the pair is identical.
 * @throws RangeError if the vectors have different lengths
 */
export function classify(first: VerdictVector, second: VerdictVector): PairCase {
  if (first.length !== second.length) {
    throw new RangeError(`verdict vectors of ${first.length} and ${second.length} constraints cannot be compared`);
  }
  let both = 0;
  let onlyFirst = 0;
  let onlySecond = 0;
  let neither = 0;
  for (let index = 0; index < first.length; index += 1) {
    const a = first[index];
    const b = second[index];
    if (typeof a !== "boolean" || typeof b !== "boolean") continue;
    if (a && b) both += 1;
    else if (a) onlyFirst += 1;
    else if (b) onlySecond += 1;
    else neither += 1;
  }
  if (onlyFirst === 0 && onlySecond === 0) return "identical";
  if (onlyFirst === onlySecond) return both === 0 ? 1 : 2;
  // From here |A| > |B|, A being the larger set; B ⊄ A where the worse response has something of its own.
  const onlyWorse = Math.min(onlyFirst, onlySecond);
  if (onlyWorse > 0) return both === 0 ? 3 : 4;
  return neither === 0 ? 6 : 5;
}

// The census of a turn table: how many pairs of two responses fall in each case, and how large their gaps are
// (spec/evaluation.md gives the figures of the SysBench runs). One pass, constant memory. Every pair of responses counts,
// merged or not; pairs of different turns are never compared.
import { CASES, classify } from "./case.ts";
import { gap } from "./gap.ts";
import type { VerdictVector } from "./turn.ts";

/** Counts of unordered pairs. `pairs` = identical + the sum of the cases; the gaps sum to `pairs` − identical. */
export interface Census {
  pairs: number;
  identical: number;
  /** Keys "1" to "6", all present. */
  cases: Record<string, number>;
  /** Keys are the gaps that occur, from "1". */
  gaps: Record<string, number>;
}

/** A census of nothing, to be filled with `countTurn`. */
export function emptyCensus(): Census {
  return { pairs: 0, identical: 0, cases: Object.fromEntries(CASES.map((number) => [String(number), 0])), gaps: {} };
}

/**
 * Adds all pairs of one turn's responses.
 * @throws RangeError if the vectors have different lengths
 */
export function countTurn(census: Census, vectors: readonly VerdictVector[]): void {
  for (const [index, first] of vectors.entries()) {
    for (let other = index + 1; other < vectors.length; other += 1) {
      const second = vectors[other] as VerdictVector;
      const found = classify(first, second);
      census.pairs += 1;
      if (found === "identical") {
        census.identical += 1;
        continue;
      }
      census.cases[found] = (census.cases[found] ?? 0) + 1;
      const differences = gap(first, second);
      census.gaps[differences] = (census.gaps[differences] ?? 0) + 1;
    }
  }
}

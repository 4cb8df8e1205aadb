// Several verdicts on one constraint, and what they come to.
import type { Verdict } from "../constraint/verdict.ts";

/** One judgement, with its reason in the judge's words. */
export interface Vote {
  readonly verdict: Verdict;
  readonly reason: string;
}

/**
 * What more than half of the votes say, with the reason of the first of these. Where no verdict has so many (three votes of three
 * kinds, or two and two) it is `na`: a constraint on which the judge cannot make up its mind takes no part in any pair.
 * @throws RangeError without votes
 */
export function majority(votes: readonly Vote[]): Vote {
  if (votes.length === 0) throw new RangeError("a majority needs a vote");
  const count = (verdict: Verdict): number => votes.filter((vote) => vote.verdict === verdict).length;
  const winner = votes.find(({ verdict }) => 2 * count(verdict) > votes.length);
  if (winner !== undefined) return winner;
  const counts = (["pass", "fail", "na"] as const).map((verdict) => `${verdict} ${count(verdict)}`).join(", ");
  return { verdict: "na", reason: `no majority: ${counts}` };
}

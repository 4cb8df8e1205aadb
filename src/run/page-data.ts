// What the page of a run shows, chosen from its matrix and its pairs. Pure.

import type { PreferenceRow } from "../preference/training-row.ts";
import type { MatrixView, PairView } from "../report/page-data.ts";
import type { RevisedTurn } from "./revise.ts";
import { responseId } from "./turn-rows.ts";

/** A page is read, not searched: so many matrices and pairs. */
const MATRICES = 8;
const PAIRS = 12;

/** Share of verdicts that are pass, of all that are pass or fail; 0 where there is none. */
export function passRate(turns: readonly RevisedTurn[]): number {
  const verdicts = turns
    .flatMap((turn) => turn.samples.flatMap((sample) => sample.verdicts))
    .filter((v) => v === "pass" || v === "fail");
  return verdicts.length === 0 ? 0 : verdicts.filter((v) => v === "pass").length / verdicts.length;
}

/** The matrices with the most different rows, of as many profiles as there are. */
export function matrixViews(turns: readonly RevisedTurn[]): MatrixView[] {
  const variety = (turn: RevisedTurn): number => new Set(turn.samples.map((sample) => sample.verdicts.join())).size;
  const best = [...turns].sort((a, b) => variety(b) - variety(a) || (a.id < b.id ? -1 : 1));
  return firstOfEach(best, (turn) => turn.profile, MATRICES).map((turn) => ({
    turn: turn.id,
    profile: turn.profile,
    language: turn.language,
    query: turn.query,
    constraints: turn.constraints.map(({ id, text, reversed }) => ({ id, text, reversed })),
    responses: turn.samples.map((sample) => ({
      id: responseId(sample),
      text: sample.text,
      verdicts: sample.verdicts.map((verdict) => (verdict === "pass" ? true : verdict === "fail" ? false : null)),
    })),
  }));
}

/** Pairs with something reversed in their prompt, of as many profiles as there are; rows come largest margin first. */
export function pairViews(rows: readonly PreferenceRow[], turns: readonly RevisedTurn[]): PairView[] {
  const byId = new Map(turns.map((turn) => [turn.id, turn]));
  return firstOfEach(
    rows.filter((row) => row.provenance.reversed.length > 0),
    (row) => row.provenance.profile,
    PAIRS,
  ).flatMap((row) => {
    const turn = byId.get(row.provenance.turn);
    if (turn === undefined) return [];
    const reversed = turn.constraints
      .filter((constraint) => row.provenance.reversed.includes(constraint.id))
      .map(({ id, text, reversed: to }) => ({ id, from: text, to: to ?? "" }));
    return [{ row, language: turn.language, reversed }];
  });
}

/** As many of the items as the limit allows: the first of every key, then the second of every key, and so on. */
function firstOfEach<T>(items: readonly T[], key: (item: T) => string, limit: number): T[] {
  const ranks = new Map<string, number>();
  const ranked = items.map((item) => {
    const rank = (ranks.get(key(item)) ?? -1) + 1;
    ranks.set(key(item), rank);
    return { item, rank };
  });
  return ranked
    .sort((a, b) => a.rank - b.rank)
    .slice(0, limit)
    .map(({ item }) => item);
}

// SysBench's scores (spec/evaluation.md, "SysBench"): CSR, the share of criteria that are satisfied; ISR, the share of rounds in
// which all are; SSR, the mean over sessions of the rounds that pass before the first one that doesn't, of five. Pure.
//
// The official program counts a criterion as satisfied where the judge says 是, and a round as failed where it says 否. A verdict
// that is neither (不适用, 无法判断, 部分 …) therefore fails in CSR and passes in ISR and SSR. `parity` keeps that. In `fixed` only 是
// is satisfied, in all three: nothing says that such an answer is a pass, and leaving the criterion out would change what the
// score is a share of, and let a response gain by making the judge undecided.
import type { Outcome, ScoredItem, ScoreMode } from "../scored-run.ts";
import type { JudgedCriterion, JudgedRound } from "./rounds.ts";
import { CRITERION_TYPES, ROUNDS } from "./sessions.ts";

export const SATISFIED = "是";
export const FAILED = "否";

/** Whether a round passes. */
export const roundPasses = (criteria: readonly JudgedCriterion[], mode: ScoreMode): boolean =>
  criteria.every(({ verdict }) => (mode === "parity" ? verdict !== FAILED : verdict === SATISFIED));

/**
 * The rounds as items of a scored run, clustered by session. A round's part in SSR is whether the session passed up to it: the sum
 * over the five is the length of the leading run.
 * @param rounds whole sessions, by session and round
 */
export function sysbenchItems(rounds: readonly JudgedRound[], mode: ScoreMode): ScoredItem[] {
  let session: number | null = null;
  let unbroken = true;
  return rounds.map((judged): ScoredItem => {
    const { criteria, dependent, alignment, round, prompt, response } = judged;
    if (judged.session !== session) unbroken = true;
    session = judged.session;
    const passes = roundPasses(criteria, mode);
    unbroken &&= passes;
    const pass: Outcome = [passes ? 1 : 0, 1];
    const reached: Outcome = [unbroken ? 1 : 0, 1];
    const kind = dependent ? "dependent" : "parallel";
    const outcomes: Record<string, Outcome> = {
      CSR: satisfied(criteria),
      ISR: pass,
      SSR: reached,
      [`ISR.${alignment}`]: pass,
      [`ISR.${kind}.${round}`]: pass,
      [`SSR.${kind}`]: reached,
      [`R${round}`]: reached,
      [`R${round}.${kind}`]: reached,
    };
    for (const type of new Set(criteria.map((criterion) => criterion.type)))
      outcomes[`CSR.${type}`] = satisfied(criteria.filter((criterion) => criterion.type === type));
    const verdicts = criteria.map(({ id, type, text, verdict }) => ({
      id: `${id} ${type}`,
      ...(text !== undefined && { text }),
      verdict,
    }));
    return {
      id: `${judged.session}/${round}`,
      cluster: String(judged.session),
      outcomes,
      shown: { ...(prompt !== undefined && { prompt }), ...(response !== undefined && { response }), verdicts },
    };
  });
}

const satisfied = (criteria: readonly JudgedCriterion[]): Outcome => [
  criteria.filter(({ verdict }) => verdict === SATISFIED).length,
  criteria.length,
];

/** How often the judge answered other than 是 and 否, by what it answered. */
export function otherVerdicts(rounds: readonly JudgedRound[]): Record<string, number> {
  const counts: Record<string, number> = {};
  for (const { criteria } of rounds)
    for (const { verdict } of criteria)
      if (verdict !== SATISFIED && verdict !== FAILED) counts[verdict] = (counts[verdict] ?? 0) + 1;
  return counts;
}

const KINDS = ["dependent", "parallel"] as const;
const ROUND_NUMBERS = Array.from({ length: ROUNDS }, (_, index) => index + 1);

/** Scores in the form in which the official program's are kept, of whatever a score is: its value, its interval. */
export interface SysbenchScores<T> {
  readonly CSR: Readonly<Record<string, T>>;
  readonly ISR: Readonly<Record<"aligned" | "misaligned" | "total", T>>;
  readonly SSR: {
    readonly dependent_R1_5: readonly T[];
    readonly dependent_SSR: T;
    readonly parallel_R1_5: readonly T[];
    readonly parallel_SSR: T;
    readonly R1_5: readonly T[];
    readonly total: T;
  };
  readonly per_round_isr: Readonly<Record<(typeof KINDS)[number], readonly T[]>>;
}

/** Puts measures, by the names of `sysbenchItems`, in that form. @param of gives the measure of a name */
export const sysbenchScores = <T>(of: (measure: string) => T): SysbenchScores<T> => ({
  CSR: Object.fromEntries([
    ...Object.values(CRITERION_TYPES).map((type) => [type, of(`CSR.${type}`)]),
    ["total", of("CSR")],
  ]),
  ISR: { aligned: of("ISR.aligned"), misaligned: of("ISR.misaligned"), total: of("ISR") },
  SSR: {
    dependent_R1_5: ROUND_NUMBERS.map((round) => of(`R${round}.dependent`)),
    dependent_SSR: of("SSR.dependent"),
    parallel_R1_5: ROUND_NUMBERS.map((round) => of(`R${round}.parallel`)),
    parallel_SSR: of("SSR.parallel"),
    R1_5: ROUND_NUMBERS.map((round) => of(`R${round}`)),
    total: of("SSR"),
  },
  per_round_isr: {
    dependent: ROUND_NUMBERS.map((round) => of(`ISR.dependent.${round}`)),
    parallel: ROUND_NUMBERS.map((round) => of(`ISR.parallel.${round}`)),
  },
});

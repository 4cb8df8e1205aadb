// The judging stage: every stored sample against every constraint of its turn, by code. Verdicts are kept by the hash of
// what was checked (constraint and query), so a changed check is judged anew and no sample is asked for again.

import type { Verdict } from "../constraint/verdict.ts";
import { judgeByCode } from "../judge/code-judge.ts";
import type { PlannedTurn } from "./plan.ts";
import { contentHash, requestHash } from "./request-content.ts";
import type { StoredChoice } from "./request-store.ts";
import { requestOf, type Sampling } from "./sample.ts";
import type { RunStore } from "./store.ts";

/** A sample with its verdicts, in the order of the turn's constraints. */
export interface JudgedSample extends StoredChoice {
  readonly verdicts: readonly (Verdict | null)[];
}

/** A turn with its row of the verdict matrix for every sample. */
export interface JudgedTurn extends PlannedTurn {
  readonly request: string;
  readonly samples: readonly JudgedSample[];
}

/** Judges what has no verdict yet, and gives the matrix of every turn that has samples. */
export function judgeTurns(
  turns: readonly PlannedTurn[],
  identity: string,
  sampling: Sampling,
  store: RunStore,
): JudgedTurn[] {
  return turns.flatMap((turn) => {
    const request = requestHash(requestOf(turn, identity, sampling));
    const keys = turn.constraints.map(({ check }) => contentHash([check, turn.query]));
    const samples = store
      .choices(request)
      .filter(({ sample }) => sample < sampling.n)
      .map((choice) => ({ ...choice, verdicts: verdictsOf(turn, choice, request, keys, store) }));
    return samples.length === 0 ? [] : [{ ...turn, request, samples }];
  });
}

function verdictsOf(
  turn: PlannedTurn,
  choice: StoredChoice,
  request: string,
  keys: readonly string[],
  store: RunStore,
): (Verdict | null)[] {
  const stored = new Map(store.verdicts(request, choice.sample).map((cell) => [cell.constraint, cell.verdict]));
  if (keys.every((key) => stored.has(key))) return keys.map((key) => stored.get(key)!);
  const verdicts = judgeByCode(
    turn.constraints.map(({ check }) => check),
    turn.query,
    choice.text,
  );
  const cells = verdicts.flatMap((verdict, i) =>
    verdict === null ? [] : [{ constraint: keys[i]!, verdict, source: "code" }],
  );
  store.saveVerdicts(request, choice.sample, cells);
  return verdicts;
}

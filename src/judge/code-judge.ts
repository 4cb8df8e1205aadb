// One row of the verdict matrix by code: every constraint of a turn on one response. Ignores what wrote the response.
import type { Constraint } from "../constraint/expression.ts";
import { type Verdict, verdictOn, viewOf } from "../constraint/verdict.ts";

/** Verdicts in the order of the constraints; null where a judge would have to decide. */
export function judgeByCode(constraints: readonly Constraint[], query: string, response: string): (Verdict | null)[] {
  const message = viewOf(query);
  const text = viewOf(response);
  return constraints.map((constraint) => verdictOn(constraint, text, message));
}

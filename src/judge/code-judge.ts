// One row of the verdict matrix by code: every constraint of a turn on one response. Ignores what wrote the response.
import type { Constraint } from "../constraint/expression.ts";
import type { Means } from "../constraint/means.ts";
import { type Verdict, verdictOn, viewOf } from "../constraint/verdict.ts";
import { CODE_MEANS } from "./code-means.ts";

/** Verdicts in the order of the constraints; null where a judge would have to decide. */
export function judgeByCode(
  constraints: readonly Constraint[],
  query: string,
  response: string,
  means: Means = CODE_MEANS,
): (Verdict | null)[] {
  const message = viewOf(query, means);
  const text = viewOf(response, means);
  return constraints.map((constraint) => verdictOn(constraint, text, message));
}

// One row of the verdict matrix by code: every constraint of a turn on one response. Ignores what wrote the response.
import { check } from "../constraint/check.ts";
import type { Constraint } from "../constraint/expression.ts";
import { type Verdict, verdictOn, viewOf } from "../constraint/verdict.ts";
import { CODE_MEANS } from "./code-means.ts";

/** Verdicts in the order of the constraints; null where a judge would have to decide. */
export function judgeByCode(constraints: readonly Constraint[], query: string, response: string): (Verdict | null)[] {
  const message = viewOf(query, CODE_MEANS);
  const text = viewOf(response, CODE_MEANS);
  return constraints.map((constraint) => verdictOn(constraint, text, message));
}

/** Whether code sees that the response violates the constraint. */
export const violates = (constraint: string, query: string, response: string): boolean =>
  check({ constraint, query, response, means: CODE_MEANS }).verdict === "fail";

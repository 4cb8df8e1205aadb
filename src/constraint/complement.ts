// The reverse R of a constraint (spec: "Constraints", two laws): the trigger stays, the requirement is complemented. For a
// text with a verdict other than `na` exactly one of c and R(c) passes, and R(R(c)) is c again, part for part.
import type { Constraint, Requirement } from "./expression.ts";
import { complementOf } from "./interval.ts";

/** What a text satisfies exactly when it does not satisfy the requirement (De Morgan, down to the intervals). */
export function complement(requirement: Requirement): Requirement {
  if ("all" in requirement) return { any: requirement.all.map(complement) };
  if ("any" in requirement) return { all: requirement.any.map(complement) };
  if ("every" in requirement) return { some: requirement.every, is: complement(requirement.is) };
  if ("some" in requirement) return { every: requirement.some, is: complement(requirement.is) };
  if ("judge" in requirement) return { judge: requirement.judge, want: !requirement.want };
  return { ...requirement, in: complementOf(requirement.in) };
}

/** R(c): the same trigger, the complementary requirement. Negating "when → must" as a whole would demand the trigger. */
export function reverse(constraint: Constraint): Constraint {
  return { ...constraint, must: complement(constraint.must) };
}

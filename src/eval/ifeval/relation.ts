// "less than" and "at least", the two relations that instructions count by.
import { PythonError } from "./python-error.ts";

export const RELATIONS = ["less than", "at least"] as const;

/** @throws PythonError ValueError, as the official program for any other relation */
export function holds(count: number, relation: string, bound: number): boolean {
  checkRelation(relation);
  return relation === "less than" ? count < bound : count >= bound;
}

/** The official program checks it before it looks at the response. @throws PythonError */
export function checkRelation(relation: string): void {
  if (!(RELATIONS as readonly string[]).includes(relation))
    throw new PythonError("ValueError", `no relation ${JSON.stringify(relation)}: ${RELATIONS.join(" or ")}`);
}

// Whether one constraint is the exact complement of another, where the rules read both: by algebra, without a response. What cannot be
// proved either way is left to the audit (reversal-audit.ts).
import { complement } from "../constraint/complement.ts";
import { type Atom, needsJudge, type Requirement } from "../constraint/expression.ts";
import { complementOf, type IntervalSet, intersection } from "../constraint/interval.ts";
import { recognised } from "../constraint/reverse-text.ts";

/** `exact`: proved to be the complement. `wrong`: proved not to be, with the reason in words. `open`: neither. */
export type CodeComparison =
  | { readonly kind: "exact" }
  | { readonly kind: "wrong"; readonly reason: string }
  | { readonly kind: "open" };

const OPEN: CodeComparison = { kind: "open" };

/** Compares a constraint with what is said to be its reverse. */
export function compareByCode(text: string, reversed: string): CodeComparison {
  const original = recognised(text)?.constraint;
  const other = recognised(reversed)?.constraint;
  if (original === undefined || other === undefined) return OPEN;
  if (needsJudge(original.must) || needsJudge(other.must)) return OPEN;
  if (known(original.when) !== known(other.when))
    return isComparable(original.when, other.when) ? { kind: "wrong", reason: "the condition is another one" } : OPEN;
  if (known(complement(original.must)) === known(other.must)) return { kind: "exact" };
  if ("measure" in original.must && "measure" in other.must) return compareAtoms(original.must, other.must);
  if (known(original.must) === known(other.must)) return { kind: "wrong", reason: "it says the same" };
  return OPEN;
}

/** Two conditions are known to differ where one is missing, or both measure the same in other intervals. */
function isComparable(a: Requirement | undefined, b: Requirement | undefined): boolean {
  if (a === undefined || b === undefined) return true;
  return "measure" in a && "measure" in b && measured(a) === measured(b);
}

const measured = ({ measure, arg, of }: Atom): string => known({ measure, arg, of });

function compareAtoms(a: Atom, b: Atom): CodeComparison {
  if (measured(a) !== measured(b)) return OPEN;
  const number = (set: IntervalSet): number | undefined => set[0]?.[0];
  const both = number(intersection(a.in, b.in));
  if (both !== undefined) return { kind: "wrong", reason: `both hold where ${a.measure} is ${both}` };
  const neither = number(intersection(complementOf(a.in), complementOf(b.in)));
  if (neither !== undefined) return { kind: "wrong", reason: `neither holds where ${a.measure} is ${neither}` };
  return { kind: "exact" };
}

/** An expression as text, the same for expressions that differ only in the order or the nesting of their parts. */
function known(value: unknown): string {
  if (Array.isArray(value)) return `[${value.map(known).join()}]`;
  if (typeof value !== "object" || value === null) return JSON.stringify(value) ?? "undefined";
  for (const key of ["all", "any"] as const)
    if (key in value) return `{${key}:${[...new Set(parts(value as Requirement, key).map(known))].sort().join()}}`;
  const fields = Object.entries(value).filter(([, field]) => field !== undefined);
  return `{${fields
    .sort(([a], [b]) => (a < b ? -1 : 1))
    .map(([key, field]) => `${key}:${known(field)}`)
    .join()}}`;
}

/** The parts of an `all` in an `all`, and so on, as one list. */
function parts(requirement: Requirement, key: "all" | "any"): Requirement[] {
  const inside = (requirement as Partial<Record<"all" | "any", readonly Requirement[]>>)[key];
  return inside === undefined ? [requirement] : inside.flatMap((part) => parts(part, key));
}

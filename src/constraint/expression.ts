// The language of constraints: a trigger over the user's message and a requirement over the response. Atoms say that an
// integer measure of a text lies in a set of intervals; the rest combines them. Booleans are measures of 0 and 1. Every
// requirement has an exact complement (complement.ts), one verdict on any text (verdict.ts) and one wording (wording/).
import { z } from "zod";
import { type IntervalSet, normalise, sameSet } from "./interval.ts";
import { isMeasure, measureNamed } from "./measure.ts";
import { SEGMENTS, type Segment } from "./text-view.ts";

/** What a measure is asked about: a phrase, a set of emoji, a language … */
export type Argument = string | readonly string[];

/** One part of the text: the nth segment of a kind, from the front (1, 2 …) or the back (−1, −2 …). */
export interface Part {
  readonly segment: Segment;
  readonly at: number;
}

/** "The measure of the text (or of a part of it) lies in these intervals." */
export interface Atom {
  readonly measure: string;
  readonly arg?: Readonly<Record<string, Argument>>;
  readonly of?: Part;
  readonly in: IntervalSet;
}

/** A requirement over one text. `every` holds of a text without such segments; `some` does not. */
export type Requirement =
  | Atom
  | { readonly all: readonly Requirement[] }
  | { readonly any: readonly Requirement[] }
  | { readonly every: Segment; readonly is: Requirement }
  | { readonly some: Segment; readonly is: Requirement }
  /** A yes/no question about the text that only a judge can answer. */
  | { readonly judge: string; readonly want: boolean };

/** A constraint binds when its trigger holds of the user's message; without one, always. */
export interface Constraint {
  readonly when?: Requirement;
  readonly must: Requirement;
}

const intervalSetSchema = z
  .array(z.tuple([z.int().nonnegative(), z.int().nonnegative().nullable()]))
  .min(1, "an empty set can never hold")
  .transform((list, context) => {
    try {
      const set = normalise(list);
      if (sameSet(set, [[0, null]])) context.addIssue("all natural numbers: the atom would demand nothing");
      return set;
    } catch (error) {
      context.addIssue((error as Error).message);
      return z.NEVER;
    }
  });

const partSchema = z.strictObject({
  segment: z.enum(SEGMENTS),
  at: z.int().refine((at) => at !== 0, "parts count from 1, or from −1 at the end"),
});

const atomSchema = z
  .strictObject({
    measure: z.string(),
    arg: z.record(z.string(), z.union([z.string(), z.array(z.string())])).optional(),
    of: partSchema.optional(),
    in: intervalSetSchema,
  })
  .superRefine((atom, context) => {
    if (!isMeasure(atom.measure)) {
      context.addIssue({ code: "custom", message: `no such measure: ${atom.measure}`, path: ["measure"] });
      return;
    }
    const fault = measureNamed(atom.measure).faultOf(atom.arg ?? {}, atom.in);
    if (fault !== null) context.addIssue({ code: "custom", message: fault, path: ["arg"] });
  });

/** Checks a requirement that comes from outside (a file, a model); numbers come back in normal form. */
export const requirementSchema: z.ZodType<Requirement> = z.lazy(() =>
  z.union([
    atomSchema,
    z.strictObject({ all: z.array(requirementSchema).min(2) }),
    z.strictObject({ any: z.array(requirementSchema).min(2) }),
    z.strictObject({ every: z.enum(SEGMENTS), is: requirementSchema }),
    z.strictObject({ some: z.enum(SEGMENTS), is: requirementSchema }),
    z.strictObject({ judge: z.string().trim().min(1), want: z.boolean() }),
  ]),
) as z.ZodType<Requirement>;

/** Checks a constraint that comes from outside. */
export const constraintSchema: z.ZodType<Constraint> = z.strictObject({
  when: requirementSchema.optional(),
  must: requirementSchema,
}) as z.ZodType<Constraint>;

/** An atom; intervals need not be in normal form. Throws on an unknown measure or arguments that it does not take. */
export function atom(
  measure: string,
  intervals: IntervalSet,
  arg?: Readonly<Record<string, Argument>>,
  of?: Part,
): Atom {
  const fault = measureNamed(measure).faultOf(arg ?? {}, intervals);
  if (fault !== null) throw new TypeError(`${measure}: ${fault}`);
  return { measure, ...(arg && { arg }), ...(of && { of }), in: normalise(intervals) };
}

/** All of them; a single one stands for itself. */
export const all = (...parts: readonly Requirement[]): Requirement => (parts.length === 1 ? parts[0]! : { all: parts });
/** Any of them; a single one stands for itself. */
export const any = (...parts: readonly Requirement[]): Requirement => (parts.length === 1 ? parts[0]! : { any: parts });

/** Whether some part of the requirement waits for a judge. */
export function needsJudge(requirement: Requirement): boolean {
  if ("judge" in requirement) return true;
  if ("all" in requirement) return requirement.all.some(needsJudge);
  if ("any" in requirement) return requirement.any.some(needsJudge);
  if ("is" in requirement) return needsJudge(requirement.is);
  return false;
}

/** All atoms of a constraint, its trigger's included. */
export function* atomsOf({ when, must }: Constraint): Generator<Atom> {
  if (when !== undefined) yield* atomsIn(when);
  yield* atomsIn(must);
}

function* atomsIn(requirement: Requirement): Generator<Atom> {
  if ("judge" in requirement) return;
  if ("all" in requirement) for (const part of requirement.all) yield* atomsIn(part);
  else if ("any" in requirement) for (const part of requirement.any) yield* atomsIn(part);
  else if ("is" in requirement) yield* atomsIn(requirement.is);
  else yield requirement;
}

// Instructions of benchmarks (an id and its arguments) as constraints of the algebra: what the instruction says, to the letter of
// its description, so that its reverse is exact. Each benchmark is a file beside this one. Ignores what its program computes.
import type { z } from "zod";
import type { Constraint, Requirement } from "../expression.ts";

/** An instruction as benchmarks write it down. */
export interface Instruction {
  readonly instruction_id: string;
  /** Arguments by name; null counts as left out. */
  readonly kwargs: Readonly<Record<string, unknown>>;
}

/** What an instruction asks, or whether every response (true) or none (false) follows it: "at least 0", "less than 0". */
export type Asked = Requirement | boolean;

/** How an instruction is read. */
export interface InstructionForm {
  readonly arguments: z.ZodObject;
  readonly asked: (kwargs: never) => Asked;
}

/** The instructions of one benchmark by their ids. */
export type InstructionForms = ReadonlyMap<string, InstructionForm>;

/** Keeps the schema and what is made of it of one type. */
export function form<Schema extends z.ZodObject>(
  schema: Schema,
  asked: (kwargs: z.output<Schema>) => Asked,
): InstructionForm {
  return { arguments: schema, asked };
}

/** An instruction that is none, has wrong arguments, or asks what has no reverse. */
export class InstructionError extends Error {
  /** "instruction_id", "kwargs", or the path of the argument. */
  readonly field: string;
  constructor(field: string, message: string) {
    super(message);
    this.name = "InstructionError";
    this.field = field;
  }
}

/** What the instruction asks. @throws InstructionError */
export function askedBy({ instruction_id, kwargs }: Instruction, forms: InstructionForms): Asked {
  const found = forms.get(instruction_id);
  if (found === undefined)
    throw new InstructionError("instruction_id", `no instruction is called ${JSON.stringify(instruction_id)}`);
  const given = Object.fromEntries(Object.entries(kwargs).filter(([, value]) => value != null));
  const parsed = found.arguments.safeParse(given);
  if (!parsed.success) {
    const issue = parsed.error.issues[0]!;
    throw new InstructionError(["kwargs", ...issue.path].join("."), issue.message);
  }
  return found.asked(parsed.data as never);
}

/** The instruction as a constraint. @throws InstructionError also where every response follows it, or none: it has no reverse */
export function constraintIn(instruction: Instruction, forms: InstructionForms): Constraint {
  const asked = askedBy(instruction, forms);
  if (typeof asked !== "boolean") return { must: asked };
  throw new InstructionError(
    "kwargs",
    `${asked ? "every response follows" : "no response can follow"} this instruction, so it is no constraint and has no reverse`,
  );
}

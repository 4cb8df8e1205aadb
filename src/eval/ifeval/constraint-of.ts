// Instructions as constraints of the algebra, each with an exact reverse: fixed, as what the instruction says (IFEval, Multi-IF); in
// parity, as what the suite's official program decides, with that program passed in as means.

import { atom, type Constraint } from "../../constraint/expression.ts";
import { IFEVAL_FORMS } from "../../constraint/instruction/ifeval.ts";
import { constraintIn, type Instruction, InstructionError } from "../../constraint/instruction/instruction.ts";
import { SOME } from "../../constraint/interval.ts";
import type { Program } from "../../constraint/means.ts";
import { SUITES, type Suite } from "./instruction.ts";
import { NoVerdictError } from "./no-verdict-error.ts";
import { PythonError } from "./python-error.ts";
import { checkInstruction, FIXED_SUITES, type Mode, strictVerdict, type VerifyOptions } from "./verify.ts";

export interface ConstraintOfOptions {
  /** Default "ifeval". */
  readonly suite?: Suite;
  /** Default "fixed", but for IFBench's suites, which have parity only. */
  readonly mode?: Mode;
}

/**
 * The constraint that an instruction is: it passes on a response that is not blank exactly where `verify` says true, strictly.
 * @throws InstructionError for an unknown instruction, wrong arguments, or one that every response follows or none
 */
export function constraintOf(
  instruction: Instruction,
  { suite = "ifeval", mode = FIXED_SUITES.includes(suite) ? "fixed" : "parity" }: ConstraintOfOptions = {},
): Constraint {
  const { instruction_id, kwargs } = instruction;
  try {
    checkInstruction(instruction_id, kwargs, suite, mode);
  } catch (error) {
    if (error instanceof NoVerdictError) throw new InstructionError(error.field, error.message);
    if (error instanceof PythonError)
      throw new InstructionError("kwargs", `the official program refuses them: ${error.message}`);
    throw error;
  }
  if (mode === "fixed") return constraintIn(instruction, IFEVAL_FORMS);
  const given = Object.fromEntries(Object.entries(kwargs).filter(([, value]) => value != null));
  return {
    must: atom("follows", SOME, { benchmark: suite, instruction: instruction_id, kwargs: JSON.stringify(given) }),
  };
}

/**
 * The official programs, as means of constraints in parity mode. What a program breaks off on does not follow.
 * @param optionsOf gives the options of a suite in parity mode, with its tables; called once, at the first question about the suite
 */
export function officialPrograms(optionsOf: (suite: Suite) => VerifyOptions): Readonly<Record<Suite, Program>> {
  const program = (suite: Suite): Program => {
    let options: VerifyOptions | undefined;
    return (instruction, kwargs, response) => {
      options ??= optionsOf(suite);
      return strictVerdict(instruction, kwargs, response, options) === true;
    };
  };
  return Object.fromEntries(SUITES.map((suite) => [suite, program(suite)])) as Record<Suite, Program>;
}

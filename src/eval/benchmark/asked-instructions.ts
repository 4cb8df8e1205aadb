// The instructions of a row of a data set, checked before anything is asked of a model: instruction_id_list and kwargs, as IFEval,
// IFBench and Multi-IF have them.
import { z } from "zod";
import { counted } from "../../preference/counted.ts";
import { PythonError } from "../ifeval/python-error.ts";
import { NoVerdictError, RandomVerdictError } from "../ifeval/verify.ts";
import type { AskedInstruction } from "./benchmark-item.ts";

/** @throws NoVerdictError, PythonError for an instruction that can have no verdict */
export type CheckInstruction = (instruction: AskedInstruction) => void;

export const instructionIds = z.array(z.string()).min(1, "needs at least one instruction");
export const kwargsOfOne = z.record(z.string(), z.unknown());

/** What is wrong with a row, in a field of it. */
export class InstructionFault extends Error {
  readonly field: string;
  constructor(field: string, reason: string) {
    super(reason);
    this.name = "InstructionFault";
    this.field = field;
  }
}

/** Names of the two fields of a row. */
export interface InstructionFields {
  readonly ids: string;
  readonly kwargs: string;
}

/**
 * The instructions of a row. Those whose official verdict is random are none of its faults: no verdict is given on them, and the
 * score says so.
 * @throws InstructionFault for an unknown instruction, or arguments that the official program or the instruction refuses
 */
export function askedInstructions(
  ids: readonly string[],
  kwargs: readonly Readonly<Record<string, unknown>>[],
  fields: InstructionFields,
  check: CheckInstruction,
): AskedInstruction[] {
  if (ids.length !== kwargs.length)
    throw new InstructionFault(fields.kwargs, `${kwargs.length} of them for ${counted(ids.length, "instruction")}`);
  return ids.map((id, index) => {
    const instruction = { id, kwargs: kwargs[index]! };
    try {
      check(instruction);
    } catch (error) {
      if (error instanceof RandomVerdictError) return instruction;
      const at = `${fields.kwargs}[${index}]`;
      if (error instanceof PythonError)
        throw new InstructionFault(at, `${id}: the official program refuses these arguments: ${error.message}`);
      if (!(error instanceof NoVerdictError)) throw error;
      if (error.field === "instruction_id") throw new InstructionFault(`${fields.ids}[${index}]`, error.message);
      throw new InstructionFault(error.field.replace(/^kwargs/, at), `${id}: ${error.message}`);
    }
    return instruction;
  });
}

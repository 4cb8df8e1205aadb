// An instruction, or arguments, that have no verdict: the row is wrong, or something that it needs is missing.
import { InputError } from "../../dataset/input-error.ts";

export class NoVerdictError extends InputError {
  /** "instruction_id", or the path of the argument. */
  readonly field: string;
  constructor(field: string, message: string) {
    super(message);
    this.name = "NoVerdictError";
    this.field = field;
  }
}

/** Arguments in whose place the official program draws some at random: its verdict is random, and there is none to agree with. */
export class RandomVerdictError extends NoVerdictError {
  constructor(field: string, message: string) {
    super(field, message);
    this.name = "RandomVerdictError";
  }
}

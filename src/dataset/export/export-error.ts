import { InputError } from "../input-error.ts";

/** A training set that cannot be exported as a whole: the message says which file, and what to do. */
export class ExportError extends InputError {
  constructor(message: string) {
    super(message);
    this.name = "ExportError";
  }
}

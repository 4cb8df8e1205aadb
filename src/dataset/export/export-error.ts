/** A training set that cannot be exported: the message says which file, line and field, and what to do. */
export class ExportError extends Error {
  constructor(message: string) {
    super(message);
    this.name = "ExportError";
  }
}

// An exception that the official program would raise: the verdict is then "error:<Type>".

export class PythonError extends Error {
  readonly type: string;
  /** @param reason what the official program finds wrong, in a few words */
  constructor(type: string, reason?: string) {
    super(reason === undefined ? type : `${reason} (${type})`);
    this.name = "PythonError";
    this.type = type;
  }
}

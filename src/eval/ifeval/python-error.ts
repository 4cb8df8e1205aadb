// An exception that the official program would raise: the verdict is then "error:<Type>".

export class PythonError extends Error {
  readonly type: string;
  constructor(type: string, message = type) {
    super(message);
    this.name = "PythonError";
    this.type = type;
  }
}

/** The work was ended by its signal before a stage was done; what ended is kept, and the same call goes on from there. */
export class Interrupted extends Error {
  readonly done: number;
  readonly total: number;
  /** What is counted. */
  readonly unit: "responses" | "steps" | "items";
  constructor(done: number, total: number, unit: "responses" | "steps" | "items" = "responses") {
    super(`stopped with ${done} of ${total} ${unit}`);
    this.name = "Interrupted";
    this.done = done;
    this.total = total;
    this.unit = unit;
  }
}

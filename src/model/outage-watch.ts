// When a model is taken to be out of reach for good: after several pieces of work in a row that failed for what may pass (no
// connection, time-outs, overload), each of which was tried several times already. To go on would only make all the others fail
// alike, one by one. Ignores what the work is, and what it is tried again for.
import { ModelFailure, mayPass } from "./model-failure.ts";

/** Failures in a row that are too many: a server that restarts its worker costs a few, one that is gone costs all. */
export const MOST_OUTAGES = 8;

/** Counts the failures of one model or set of models, in the order in which their work ends. */
export class OutageWatch {
  #inARow = 0;

  /** Work that ended in any other way: somebody is there. */
  reached(): void {
    this.#inARow = 0;
  }

  /**
   * Work that failed.
   * @param many what the work is, in the plural
   * @returns the failure to end with, where there were too many in a row; otherwise null
   */
  failed(error: unknown, many: string): ModelFailure | null {
    if (!(error instanceof ModelFailure) || !mayPass(error.kind)) {
      this.reached();
      return null;
    }
    this.#inARow += 1;
    if (this.#inARow < MOST_OUTAGES) return null;
    const { kind, attempts, raw, finishReason } = error;
    const message = `${this.#inARow} ${many} in a row failed alike, so the others are not tried: ${error.message}`;
    return new ModelFailure(kind, message, { attempts, raw, finishReason });
  }
}

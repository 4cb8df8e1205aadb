// Who may go now, where so many may be under way at once and the number changes: in order of arrival, nobody while the line is
// held. Ignores why: the limit is adaptive-limit.ts's, holds are what servers ask for.
import type { AbortCrowd } from "./abort-crowd.ts";

export interface Place {
  readonly go: () => void;
}

/** See the head of this file. */
export class WaitingLine {
  readonly #limit: () => number;
  readonly #waiting = new Set<Place>(); // keeps the order, and loses those who give up at no cost
  #underWay = 0;
  #holds = 0;

  /** @param limit how many may be under way, asked again each time */
  constructor(limit: () => number) {
    this.#limit = limit;
  }

  get underWay(): number {
    return this.#underWay;
  }

  get waiting(): number {
    return this.#waiting.size;
  }

  /**
   * Waits for a turn; whoever has had one gives it back with `leave`.
   * @returns false if it was aborted first: there is no turn then
   */
  enter(aborted: AbortCrowd): boolean | Promise<boolean> {
    if (aborted.aborted) return false;
    if (this.#waiting.size === 0 && this.#open()) {
      this.#underWay += 1;
      return true;
    }
    const { promise, resolve } = Promise.withResolvers<boolean>();
    const giveUp = () => {
      this.#waiting.delete(place);
      resolve(false);
    };
    const place: Place = {
      go: () => {
        aborted.delete(giveUp);
        resolve(true);
      },
    };
    aborted.add(giveUp);
    this.#waiting.add(place);
    return promise;
  }

  leave(): void {
    this.#underWay -= 1;
    this.#next();
  }

  /** Lets nobody go until the promise is settled. */
  hold(until: Promise<unknown>): void {
    this.#holds += 1;
    const end = () => {
      this.#holds -= 1;
      this.#next();
    };
    until.then(end, end);
  }

  #open(): boolean {
    return this.#holds === 0 && this.#underWay < this.#limit();
  }

  #next(): void {
    for (const place of this.#waiting) {
      if (!this.#open()) return;
      this.#waiting.delete(place);
      this.#underWay += 1;
      place.go();
    }
  }
}

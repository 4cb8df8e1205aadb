// Who may go now, where so many may be under way at once and the number changes: in order of arrival, nobody while the line is
// held. Ignores why: the limit is adaptive-limit.ts's, holds are what servers ask for.
import type { AbortCrowd } from "./abort-crowd.ts";

interface Place {
  readonly go: () => void;
  left: boolean;
}

/** Places at the front that are empty, beyond which they are cut off: moving the others each time would cost more. */
const EMPTY_FRONT = 1024;

/** See the head of this file. */
export class WaitingLine {
  readonly #limit: () => number;
  /** In order of arrival, from `#front` on; those who left stand in it until their turn comes. */
  #places: Place[] = [];
  #front = 0;
  #waiting = 0;
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
    return this.#waiting;
  }

  /**
   * Waits for a turn; whoever has had one gives it back with `leave`.
   * @returns false if it was aborted first: there is no turn then
   */
  enter(aborted: AbortCrowd): boolean | Promise<boolean> {
    if (aborted.aborted) return false;
    if (this.#waiting === 0 && this.#open()) {
      this.#underWay += 1;
      return true;
    }
    return new Promise((resolve) => {
      const giveUp = (): void => {
        place.left = true;
        this.#waiting -= 1;
        resolve(false);
      };
      const go = (): void => {
        aborted.delete(giveUp);
        resolve(true);
      };
      const place: Place = { go, left: false };
      aborted.add(giveUp);
      this.#places.push(place);
      this.#waiting += 1;
    });
  }

  leave(): void {
    this.#underWay -= 1;
    this.#next();
  }

  /** Lets nobody go until the promise is settled. */
  hold(until: Promise<unknown>): void {
    this.#holds += 1;
    const end = (): void => {
      this.#holds -= 1;
      this.#next();
    };
    until.then(end, end);
  }

  #open(): boolean {
    return this.#holds === 0 && this.#underWay < this.#limit();
  }

  #next(): void {
    while (this.#waiting > 0 && this.#open()) {
      const place = this.#places[this.#front++]!;
      if (place.left) continue;
      this.#waiting -= 1;
      this.#underWay += 1;
      place.go();
    }
    if (this.#waiting === 0) {
      this.#places.length = 0;
      this.#front = 0;
    } else if (this.#front > EMPTY_FRONT) {
      this.#places.splice(0, this.#front);
      this.#front = 0;
    }
  }
}

// When a server that died is started again: after a wait that doubles from one death to the next, and not at all after too many in
// too short a time, since what dies so is not mended by starting. Pure: told the time, asks for no clock.

export interface RestartLimits {
  /** Milliseconds before the first restart. */
  readonly firstMs: number;
  /** The longest wait. */
  readonly mostMs: number;
  /** So many deaths … */
  readonly deaths: number;
  /** … within so many milliseconds are too many. */
  readonly withinMs: number;
}

/** A model takes minutes to load: five deaths in half an hour are a server that never serves for long. */
export const RESTART_LIMITS: RestartLimits = { firstMs: 1000, mostMs: 60_000, deaths: 5, withinMs: 30 * 60_000 };

export class RestartPolicy {
  readonly #limits: RestartLimits;
  #deaths: number[] = [];

  constructor(limits: RestartLimits = RESTART_LIMITS) {
    this.#limits = limits;
  }

  /** @returns milliseconds to wait before the restart, or null to give up */
  died(now: number): number | null {
    const { firstMs, mostMs, deaths, withinMs } = this.#limits;
    // Deaths of long ago are forgotten, and so is the wait that they had grown to.
    this.#deaths = [...this.#deaths.filter((time) => now - time < withinMs), now];
    if (this.#deaths.length >= deaths) return null;
    return Math.min(mostMs, firstMs * 2 ** (this.#deaths.length - 1));
  }
}

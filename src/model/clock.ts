// Time, for whatever waits: passed in, so that tests wait for nothing.
import { setTimeout as delay } from "node:timers/promises";

export interface Clock {
  /** Milliseconds since 1970, with fractions. */
  now(): number;
  /** Waits so long, or until the signal is aborted; never throws. */
  sleep(milliseconds: number, signal?: AbortSignal): Promise<void>;
}

/** The machine's clock, which does not jump while the process runs. */
export const systemClock: Clock = {
  now: () => performance.timeOrigin + performance.now(),
  sleep: (milliseconds, signal) => delay(milliseconds, undefined, signal && { signal }).catch(() => undefined),
};

// Those who wait for one signal, in thousands. An AbortSignal looks through all of its listeners for every one that is added, and
// joining two signals for each request leaves as many to be collected; here one listener stands for all. Ignores the reason.

/** See the head of this file. */
export class AbortCrowd {
  readonly #callbacks = new Set<() => void>();
  #aborted = false;

  /** @param signal none: it never ends */
  constructor(signal?: AbortSignal) {
    const end = (): void => {
      this.#aborted = true;
      for (const callback of this.#callbacks) callback();
      this.#callbacks.clear();
    };
    if (signal?.aborted) end();
    else signal?.addEventListener("abort", end, { once: true });
  }

  get aborted(): boolean {
    return this.#aborted;
  }

  /** Called once when it is over; never for one that is taken out before, or that comes after. */
  add(callback: () => void): void {
    this.#callbacks.add(callback);
  }

  delete(callback: () => void): void {
    this.#callbacks.delete(callback);
  }
}

// Lends lanes (things that each do one job at a time and are dear to make) to jobs in the order in which they come. A lane
// is made only when a job finds none free, up to a limit. Ignores what a lane is.

export interface Lane {
  dispose(): Promise<void>;
}

/** See the head of this file. */
export class LanePool<L extends Lane> {
  readonly limit: number;
  readonly #make: () => Promise<L>;
  readonly #free: L[] = [];
  readonly #waiting: PromiseWithResolvers<L>[] = [];
  readonly #running = new Set<Promise<unknown>>();
  #lanes = 0;
  #disposed = false;

  /** @param limit most lanes at once, at least 1. */
  constructor({ limit, make }: { readonly limit: number; readonly make: () => Promise<L> }) {
    this.limit = limit;
    this.#make = make;
  }

  /**
   * Runs a job on a lane once one is free. A lane whose job threw is not used again: it may be in any state.
   * @throws what the job throws; what making the lane threw; an Error after `dispose`.
   */
  use<T>(job: (lane: L) => Promise<T>): Promise<T> {
    const run = this.#use(job);
    const settled = run.then(
      () => undefined,
      () => undefined,
    );
    this.#running.add(settled);
    void settled.then(() => this.#running.delete(settled));
    return run;
  }

  /** Waits for the jobs that have a lane, turns away those that wait, and disposes of all lanes. */
  async dispose(): Promise<void> {
    this.#disposed = true;
    for (const { reject } of this.#waiting.splice(0)) reject(new Error("the model was disposed"));
    await Promise.all(this.#running);
    await Promise.all(this.#free.splice(0).map((lane) => lane.dispose()));
  }

  async #use<T>(job: (lane: L) => Promise<T>): Promise<T> {
    const lane = await this.#take();
    let result: T;
    try {
      result = await job(lane);
    } catch (error) {
      await this.#drop(lane);
      throw error;
    }
    this.#give(lane);
    return result;
  }

  async #take(): Promise<L> {
    if (this.#disposed) throw new Error("the model was disposed");
    const free = this.#free.pop();
    if (free !== undefined) return free;
    if (this.#lanes >= this.limit) return this.#wait();
    this.#lanes++;
    try {
      return await this.#make();
    } catch (error) {
      this.#lanes--;
      this.#replace();
      throw error;
    }
  }

  #wait(): Promise<L> {
    const place = Promise.withResolvers<L>();
    this.#waiting.push(place);
    return place.promise;
  }

  #give(lane: L): void {
    const next = this.#waiting.shift();
    if (next !== undefined) next.resolve(lane);
    else this.#free.push(lane);
  }

  async #drop(lane: L): Promise<void> {
    await lane.dispose().catch(() => undefined); // the job's own error is the one to report
    this.#lanes--;
    this.#replace();
  }

  /** A lane is gone: whoever waits for one gets a new one. */
  #replace(): void {
    const next = this.#waiting.shift();
    if (next !== undefined) this.#take().then(next.resolve, next.reject);
  }
}

// The models of a server: each is opened at its first request, a bounded number stays open, and requests are admitted in the order
// in which they came, as many to a model as keep it busy. The order is one for all models, because they share the machine: no model
// starves for another's sake. Ignores what a model is and how requests look.
import type { ChatModel } from "../model/model.ts";
import { ApiError, shuttingDown } from "./api-error.ts";

/** A model that can be served. */
export interface ServedModel {
  /** What clients call it. */
  readonly id: string;
  /** Makes it ready for requests. */
  readonly open: () => Promise<ChatModel>;
}

export interface ModelShelfOptions {
  readonly models: readonly ServedModel[];
  /** Most models open at once, at least 1. */
  readonly open: number;
  /** Most requests that wait, at least 1: the first one waits while its model is opened. */
  readonly queue: number;
  /** Clock in milliseconds, from any start. */
  readonly now: () => number;
}

interface Place {
  readonly source: ServedModel;
  model: ChatModel | null;
  opening: Promise<void> | null;
  /** Requests that have the model. */
  running: number;
  /** Number of the admission that took it last. */
  used: number;
}

interface Waiting {
  readonly place: Place;
  readonly admitted: PromiseWithResolvers<ChatModel>;
}

/** Share of the newest request in the mean time of a request: the last ten or so count. */
const NEWEST_SHARE = 0.2;
/** Bounds, in seconds, of the time after which a client that was turned away is to ask again. */
const LEAST_RETRY = 1;
const MOST_RETRY = 60;

/** See the head of this file. */
export class ModelShelf {
  readonly #places: ReadonlyMap<string, Place>;
  readonly #options: ModelShelfOptions;
  readonly #waiting: Waiting[] = [];
  #open = 0;
  #closing = 0;
  #admissions = 0;
  #meanMs = 0;
  #disposed = false;

  constructor(options: ModelShelfOptions) {
    this.#options = options;
    this.#places = new Map(
      options.models.map((source) => [source.id, { source, model: null, opening: null, running: 0, used: 0 }]),
    );
  }

  /** Names of the models, in the order given. */
  get ids(): readonly string[] {
    return [...this.#places.keys()];
  }

  has(id: string): boolean {
    return this.#places.has(id);
  }

  /** How many requests run and wait. */
  get load(): { readonly running: number; readonly waiting: number } {
    const running = [...this.#places.values()].reduce((sum, place) => sum + place.running, 0);
    return { running, waiting: this.#waiting.length };
  }

  /**
   * Does a job with a model, once it is its turn.
   * @throws ApiError 404 for a name that there isn't, 429 when too many wait, 503 after dispose; what opening the model or the job
   *   throws; the signal's reason when it is aborted while the job waits
   */
  async use<T>(id: string, signal: AbortSignal, job: (model: ChatModel) => Promise<T>): Promise<T> {
    const place = this.#places.get(id);
    if (place === undefined) {
      const message = `there is no model ${JSON.stringify(id)} here: there are ${this.ids.join(", ")}`;
      throw new ApiError(404, message, { param: "model", code: "model_not_found" });
    }
    const model = await this.#admit(place, signal);
    const start = this.#options.now();
    try {
      return await job(model);
    } finally {
      const took = this.#options.now() - start;
      this.#meanMs = this.#meanMs === 0 ? took : this.#meanMs + NEWEST_SHARE * (took - this.#meanMs);
      place.running--;
      this.#advance();
    }
  }

  /** Turns away who waits, and ends the models with what they do. */
  async dispose(): Promise<void> {
    this.#disposed = true;
    for (const { admitted } of this.#waiting.splice(0)) admitted.reject(shuttingDown());
    await Promise.all([...this.#places.values()].map(({ model, opening }) => model?.dispose() ?? opening));
  }

  #admit(place: Place, signal: AbortSignal): Promise<ChatModel> {
    signal.throwIfAborted();
    if (this.#disposed) throw shuttingDown();
    const waiting: Waiting = { place, admitted: Promise.withResolvers() };
    const leave = (reason: unknown): void => {
      const index = this.#waiting.indexOf(waiting);
      if (index === -1) return;
      this.#waiting.splice(index, 1);
      waiting.admitted.reject(reason);
      this.#advance(); // the one behind may be able to go
    };
    const onAbort = (): void => leave(signal.reason);
    signal.addEventListener("abort", onAbort, { once: true });
    this.#waiting.push(waiting);
    this.#advance();
    if (this.#waiting.length > this.#options.queue) leave(this.#full(place));
    return waiting.admitted.promise.finally(() => signal.removeEventListener("abort", onAbort));
  }

  #full({ model }: Place): ApiError {
    const seconds = (this.#meanMs * this.#options.queue) / (model?.concurrency ?? 1) / 1000;
    const retryAfter = Math.min(Math.max(Math.ceil(seconds), LEAST_RETRY), MOST_RETRY);
    const message = `${this.#options.queue} requests are waiting already: ask again in ${retryAfter} s`;
    return new ApiError(429, message, { code: "queue_full", retryAfter });
  }

  /** Admits whoever is first in the queue as long as that is possible. */
  #advance(): void {
    for (;;) {
      const [next] = this.#waiting;
      if (next === undefined) return;
      const { place, admitted } = next;
      if (place.model === null) {
        this.#makeReady(place);
        return;
      }
      if (place.running >= place.model.concurrency) return;
      this.#waiting.shift();
      place.running++;
      place.used = ++this.#admissions;
      admitted.resolve(place.model);
    }
  }

  /** Opens a model, or closes the one that was idle longest to make room for it; both end by advancing the queue. */
  #makeReady(place: Place): void {
    if (place.opening !== null || this.#closing > 0) return;
    if (this.#open >= this.#options.open) {
      this.#closeIdle();
      return;
    }
    this.#open++;
    place.opening = this.#openPlace(place).finally(() => {
      place.opening = null;
      this.#advance();
    });
  }

  async #openPlace(place: Place): Promise<void> {
    try {
      const model = await place.source.open();
      if (this.#disposed) await model.dispose();
      else place.model = model;
    } catch (error) {
      this.#open--;
      // Whoever waits for it hears why; the next request tries again.
      for (const waiting of this.#waiting.filter((one) => one.place === place)) {
        this.#waiting.splice(this.#waiting.indexOf(waiting), 1);
        waiting.admitted.reject(error);
      }
    }
  }

  #closeIdle(): void {
    const idle = [...this.#places.values()]
      .filter(({ model, running }) => model !== null && running === 0)
      .toSorted((a, b) => a.used - b.used)[0];
    if (idle === undefined) return; // whoever ends next will call again
    const model = idle.model!;
    idle.model = null;
    this.#closing++;
    model
      .dispose()
      .catch(() => undefined) // it is out of use either way
      .finally(() => {
        this.#closing--;
        this.#open--;
        this.#advance();
      });
  }
}

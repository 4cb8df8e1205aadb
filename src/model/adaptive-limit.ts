// How many requests to have at once at one endpoint, found out while it works. Pure: it is told what happened when, and holds no
// clock, queue or timer. Ignores what the requests are.
//
// The rule is that of TCP: doubling until the first sign of too much, then additive increase and multiplicative decrease (Jacobson
// 1988; Chiu and Jain 1989; RFC 5681). Signs are a refusal (429, 503) and latency that rises for nothing. For the second, the
// limiters of TCP Vegas and of Netflix (concurrency-limits, Gradient2) compare latency with the least one seen. That is wrong for
// language models: a server that batches makes every request slower and does more in all. So throughput is compared, which by
// Little's law is requests in flight over latency: where more at once brought hardly more throughput, the limit goes back.

/** Where a limit starts unless told otherwise: enough for a small server, and five doublings from 1,000. */
const DEFAULT_INITIAL = 32;
/** What a refusal leaves of the limit; CUBIC's factor (RFC 9438), which gives up less than the half of older TCP. */
const AFTER_REFUSAL = 0.7;
/** Fewest answers whose mean latency is trusted. */
const LEAST_WINDOW = 32;
/** So much more in flight has to show in throughput before it is judged; less drowns in noise. */
const JUDGED_GROWTH = 1.25;
/** Share of that growth that throughput has to gain for the growth to be of use. */
const USEFUL_GAIN = 0.25;
/** What is kept of the last useful load after growth for nothing: a little less, so that the queue that it built empties. */
const BELOW_USEFUL = 0.9;
/** Tokens that an answer's prompt and transport count for, beside its own tokens, when latencies are compared. */
const OVERHEAD_TOKENS = 16;

export interface Answered {
  /** Times in milliseconds, of one clock. */
  readonly sentAt: number;
  readonly at: number;
  /** Requests in flight when this one was sent, itself included. */
  readonly inFlight: number;
  /** Tokens of the answer's longest sample: long answers are not a slow server. */
  readonly tokens: number;
}

/** Over a window of answers. */
interface Means {
  /** Requests in flight. */
  readonly load: number;
  /** Milliseconds per token. */
  readonly latency: number;
}

/** See the head of this file. */
export class AdaptiveLimit {
  readonly maximum: number;
  #limit: number;
  /** Above this, growth is additive. */
  #threshold = Number.POSITIVE_INFINITY;
  /** Requests sent before this tell of what was before the last cut. */
  #since = Number.NEGATIVE_INFINITY;
  /** Answers that make a window: the limit's worth, as it was when the window began. */
  #window: number;
  #answers = 0;
  #latency = 0;
  #load = 0;
  /** The last load that was of use. */
  #useful: Means | null = null;

  /** @param maximum at least 1; the limit never exceeds it. */
  constructor({ maximum, initial = DEFAULT_INITIAL }: { readonly maximum: number; readonly initial?: number }) {
    if (!(maximum >= 1)) throw new RangeError(`a limit of ${maximum} lets nothing through`);
    this.maximum = Math.floor(maximum);
    this.#limit = Math.max(1, Math.min(initial, this.maximum));
    this.#window = Math.max(LEAST_WINDOW, this.#limit);
  }

  /** Requests that may be in flight now; an integer from 1 to the maximum. */
  get limit(): number {
    return Math.floor(this.#limit);
  }

  /** A request was answered. */
  answered({ sentAt, at, inFlight, tokens }: Answered): void {
    if (sentAt < this.#since) return;
    this.#answers += 1;
    this.#latency += Math.max(0, at - sentAt) / (tokens + OVERHEAD_TOKENS);
    this.#load += inFlight;
    // A limit that nobody comes near says nothing of a higher one; half, since it may have doubled while the answer came. Each
    // answer adds its part, so that a limit's worth of answers doubles it, or above the threshold adds its square root.
    if (inFlight >= this.#limit / 2) {
      const step = this.#limit < this.#threshold ? 1 : 1 / Math.sqrt(this.#limit);
      this.#limit = Math.min(this.maximum, this.#limit + step);
    }
    if (this.#answers >= this.#window) this.#judge(at);
  }

  /** A request was refused for load. Of those sent since the last cut only the first counts: they are one event. */
  refused({ sentAt, at }: { readonly sentAt: number; readonly at: number }): void {
    if (sentAt >= this.#since) this.#cut(this.#limit * AFTER_REFUSAL, at);
  }

  #judge(at: number): void {
    const now = { load: this.#load / this.#answers, latency: this.#latency / this.#answers };
    this.#open();
    const before = this.#useful;
    if (before === null) {
      this.#useful = now;
      return;
    }
    const growth = now.load / before.load;
    if (growth < JUDGED_GROWTH) return;
    const gain = now.latency === 0 ? growth : (growth * before.latency) / now.latency;
    if (gain - 1 < USEFUL_GAIN * (growth - 1)) this.#cut(before.load * BELOW_USEFUL, at);
    else this.#useful = now;
  }

  #cut(limit: number, at: number): void {
    this.#limit = Math.min(this.#limit, Math.max(1, limit));
    this.#threshold = this.#limit;
    this.#since = at;
    this.#useful = null;
    this.#open();
  }

  #open(): void {
    this.#window = Math.max(LEAST_WINDOW, this.limit);
    this.#answers = 0;
    this.#latency = 0;
    this.#load = 0;
  }
}

// One HTTP request and its whole answer, bounded in time and bytes, over a dispatcher of undici's. On `dispatch` itself rather than
// `request`, since the answer is wanted whole and a stream object for each costs a third of the rate. Ignores what the bytes mean.
import type { IncomingHttpHeaders } from "node:http";
import type { Dispatcher } from "undici";
import type { AbortCrowd } from "./abort-crowd.ts";
import { failureReason } from "./failure-reason.ts";

export interface Timeouts {
  /** Until there is a connection. */
  readonly connectMs: number;
  /** From there until the answer begins; servers that do not stream begin when all samples are done. */
  readonly firstByteMs: number;
  /** From the call to the answer's last byte. */
  readonly wholeMs: number;
}

export interface ExchangeRequest {
  readonly origin: string;
  readonly path: string;
  readonly method: "GET" | "POST";
  /** Names and values by turns. */
  readonly headers: string[];
  readonly body: string | null;
}

export interface ExchangeAnswer {
  readonly status: number;
  readonly retryAfter: string | null;
  readonly body: string;
}

/** No whole answer came. `answer`: it was longer than allowed. */
export class ExchangeFault extends Error {
  readonly kind: "network" | "timeout" | "answer";
  /** HTTP status, where one came. */
  readonly status: number | null;
  constructor(kind: ExchangeFault["kind"], message: string, status: number | null, options?: ErrorOptions) {
    super(message, options);
    this.name = "ExchangeFault";
    this.kind = kind;
    this.status = status;
  }
}

const TIMEOUTS: Readonly<Record<string, string>> = {
  UND_ERR_CONNECT_TIMEOUT: "no connection within the time allowed",
  UND_ERR_HEADERS_TIMEOUT: "no answer within the time allowed",
  UND_ERR_BODY_TIMEOUT: "the answer stopped coming",
  ETIMEDOUT: "no connection within the time allowed",
};

export interface ExchangeLimits {
  readonly timeouts: Timeouts;
  readonly maxBytes: number;
  readonly aborted: AbortCrowd;
}

/**
 * Sends the request and waits for the answer.
 * @returns null if it was aborted first
 * @throws ExchangeFault
 */
export function exchange(
  dispatcher: Dispatcher,
  request: ExchangeRequest,
  limits: ExchangeLimits,
): Promise<ExchangeAnswer | null> {
  if (limits.aborted.aborted) return Promise.resolve(null);
  return new Promise((resolve, reject) => {
    const handler = new Exchange(limits, resolve, reject);
    const { origin, path, method, headers, body } = request;
    const { firstByteMs, wholeMs } = limits.timeouts;
    // The whole time covers the body; one timer a request less.
    const headersTimeout = firstByteMs < wholeMs ? firstByteMs : 0;
    try {
      dispatcher.dispatch({ origin, path, method, headers, body, headersTimeout, bodyTimeout: 0 }, handler);
    } catch (error) {
      handler.fail("network", failureReason(error), error as Error);
    }
  });
}

/** What undici tells of one request: an object with methods, since closures for each request are what its memory goes into. */
class Exchange implements Dispatcher.DispatchHandler {
  readonly #limits: ExchangeLimits;
  readonly #resolve: (answer: ExchangeAnswer | null) => void;
  readonly #reject: (fault: ExchangeFault) => void;
  readonly #timer: NodeJS.Timeout;
  readonly #onAbort = (): void => this.#abort();
  #controller: Dispatcher.DispatchController | null = null;
  #settled = false;
  #status: number | null = null;
  #retryAfter: string | null = null;
  #bytes = 0;
  /** Nearly all answers come in one piece. */
  #first: Buffer | null = null;
  #more: Buffer[] | null = null;

  constructor(
    limits: ExchangeLimits,
    resolve: (answer: ExchangeAnswer | null) => void,
    reject: (fault: ExchangeFault) => void,
  ) {
    this.#limits = limits;
    this.#resolve = resolve;
    this.#reject = reject;
    this.#timer = setTimeout(outOfTime, limits.timeouts.wholeMs, this);
    limits.aborted.add(this.#onAbort);
  }

  onRequestStart(controller: Dispatcher.DispatchController): void {
    this.#controller = controller;
    if (this.#settled) this.#stop();
  }

  onResponseStart(_: Dispatcher.DispatchController, status: number, headers: IncomingHttpHeaders): void {
    this.#status = status;
    const given = headers["retry-after"];
    this.#retryAfter = typeof given === "string" ? given : null;
  }

  onResponseData(_: Dispatcher.DispatchController, chunk: Buffer): void {
    this.#bytes += chunk.length;
    const { maxBytes } = this.#limits;
    if (this.#bytes > maxBytes) {
      this.fail("answer", `an answer longer than ${maxBytes} bytes`);
      this.#stop();
    } else if (this.#first === null) this.#first = chunk;
    else if (this.#more === null) this.#more = [this.#first, chunk];
    else this.#more.push(chunk);
  }

  onResponseEnd(): void {
    if (!this.#settle()) return;
    const body = this.#more === null ? this.#first : Buffer.concat(this.#more, this.#bytes);
    const text = body === null ? "" : body.toString("utf8");
    this.#resolve({ status: this.#status!, retryAfter: this.#retryAfter, body: text });
  }

  onResponseError(_: Dispatcher.DispatchController, error: Error): void {
    const reason = failureReason(error);
    const late = TIMEOUTS[(error as NodeJS.ErrnoException).code ?? ""];
    if (late !== undefined) this.fail("timeout", late, error);
    else if (this.#status === null) this.fail("network", reason, error);
    else this.fail("network", `the connection was cut in the answer (${reason})`, error);
  }

  fail(kind: ExchangeFault["kind"], message: string, cause?: Error): void {
    if (this.#settle()) this.#reject(new ExchangeFault(kind, message, this.#status, cause && { cause }));
  }

  late(): void {
    const within = `within ${this.#limits.timeouts.wholeMs / 1000} s`;
    this.fail("timeout", this.#status === null ? `no answer ${within}` : `the answer was not whole ${within}`);
    this.#stop();
  }

  #abort(): void {
    if (!this.#settle()) return;
    this.#resolve(null);
    this.#stop();
  }

  #settle(): boolean {
    if (this.#settled) return false;
    this.#settled = true;
    clearTimeout(this.#timer);
    this.#limits.aborted.delete(this.#onAbort);
    return true;
  }

  /** Ends it from this side; the connection can't be used again. */
  #stop(): void {
    this.#controller?.abort(new Error("ended by this side"));
  }
}

const outOfTime = (exchange: Exchange): void => exchange.late();

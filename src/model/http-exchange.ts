// One HTTP request and its whole answer, bounded in time and bytes, over a dispatcher of undici's. On `dispatch` itself rather than
// `request`, since the answer is wanted whole and a stream object for each costs a third of the rate. Ignores what the bytes mean.
import type { Dispatcher } from "undici";
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

/**
 * Sends the request and waits for the answer.
 * @returns null if the signal was aborted first
 * @throws ExchangeFault
 */
export function exchange(
  dispatcher: Dispatcher,
  request: ExchangeRequest,
  {
    timeouts,
    maxBytes,
    signal,
  }: { readonly timeouts: Timeouts; readonly maxBytes: number; readonly signal?: AbortSignal | undefined },
): Promise<ExchangeAnswer | null> {
  const { promise, resolve, reject } = Promise.withResolvers<ExchangeAnswer | null>();
  const { firstByteMs, wholeMs } = timeouts;
  let controller: Dispatcher.DispatchController | null = null;
  let settled = false;
  let status: number | null = null;
  let retryAfter: string | null = null;
  let bytes = 0;
  const chunks: Buffer[] = [];

  const settle = (): boolean => {
    if (settled) return false;
    settled = true;
    clearTimeout(timer);
    signal?.removeEventListener("abort", onAbort);
    return true;
  };
  const fail = (kind: ExchangeFault["kind"], message: string, cause?: Error): void => {
    if (settle()) reject(new ExchangeFault(kind, message, status, cause && { cause }));
  };
  /** Ends it from this side; the connection can't be used again. */
  const stop = (): void => controller?.abort(new Error("ended by this side"));
  const onAbort = (): void => {
    if (!settle()) return;
    resolve(null);
    stop();
  };
  const timer = setTimeout(() => {
    const waited = `${wholeMs / 1000} s`;
    fail("timeout", status === null ? `no answer within ${waited}` : `the answer was not whole within ${waited}`);
    stop();
  }, wholeMs);
  if (signal?.aborted) {
    settle();
    return Promise.resolve(null);
  }
  signal?.addEventListener("abort", onAbort);

  const handler: Dispatcher.DispatchHandler = {
    onRequestStart(started) {
      controller = started;
      if (settled) stop();
    },
    onResponseStart(_, code, headers) {
      status = code;
      const given = headers["retry-after"];
      retryAfter = typeof given === "string" ? given : null;
    },
    onResponseData(_, chunk) {
      bytes += chunk.length;
      if (bytes <= maxBytes) chunks.push(chunk);
      else if (!settled) {
        fail("answer", `an answer longer than ${maxBytes} bytes`);
        stop();
      }
    },
    onResponseEnd() {
      if (!settle()) return;
      const body = chunks.length === 1 ? chunks[0]! : Buffer.concat(chunks, bytes);
      resolve({ status: status!, retryAfter, body: body.toString("utf8") });
    },
    onResponseError(_, error) {
      const { code = "" } = error as NodeJS.ErrnoException;
      const late = TIMEOUTS[code];
      if (late !== undefined) fail("timeout", late, error);
      else if (status !== null)
        fail("network", `the connection was cut in the answer (${failureReason(error)})`, error);
      else fail("network", failureReason(error), error);
    },
  };
  // The whole time covers the body; one timer a request less.
  const headersTimeout = firstByteMs < wholeMs ? firstByteMs : 0;
  try {
    dispatcher.dispatch({ ...request, headersTimeout, bodyTimeout: 0 }, handler);
  } catch (error) {
    fail("network", failureReason(error), error as Error);
  }
  return promise;
}

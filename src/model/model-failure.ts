// Why a model gave no usable answer, in terms of what follows from it: whether every other request would fail alike, whether to
// ask again, and what to tell the person whose run it is. A failure is kept with its request (run/store.ts), so it has all that
// is known: the raw text, how the answer ended, what each attempt came to, and the tokens that were paid for nothing.
import type { Usage } from "./model.ts";

/**
 * - `key`: the server does not accept the key (401, 403)
 * - `model`: it has no such model (404, or says so)
 * - `context`: prompt and response do not fit the model's context
 * - `schema`: it knows no JSON schemas for responses
 * - `request`: it refuses the request for another reason (other 4xx)
 * - `rate`: too many requests (429)
 * - `overload`: it is too busy or broken (5xx)
 * - `network`: no connection, or cut while the answer came
 * - `timeout`: no answer in the time allowed
 * - `answer`: an answer that is not what was asked for: no JSON, against the schema, without choices or text
 */
export type FailureKind =
  | "key"
  | "model"
  | "context"
  | "schema"
  | "request"
  | "rate"
  | "overload"
  | "network"
  | "timeout"
  | "answer";

/** One try of a request. */
export interface Attempt {
  readonly kind: FailureKind;
  /** What was said, without keys. */
  readonly message: string;
  /** HTTP status; null where there was none. */
  readonly status: number | null;
  readonly milliseconds: number;
}

/** Kinds that every other request to the same model would meet as well: the run ends at once instead of failing item by item. */
const FATAL: ReadonlySet<FailureKind> = new Set(["key", "model"]);
/** Kinds that may pass when the same request is made again. */
const PASSING: ReadonlySet<FailureKind> = new Set(["rate", "overload", "network", "timeout"]);

export const isFatal = (kind: FailureKind): boolean => FATAL.has(kind);
export const mayPass = (kind: FailureKind): boolean => PASSING.has(kind);

export interface FailureDetails {
  /** All tries, the last one last; the failure's own kind is the last one's. */
  readonly attempts?: readonly Attempt[];
  /** The text that the model gave, where it gave one. */
  readonly raw?: string | null;
  readonly finishReason?: string | null;
  /** Tokens of all tries and of samples that came before the failure, as far as the server told. */
  readonly usage?: Usage | null;
}

/** A request that a model gave no usable answer to. The message says what, where (address, attempt) and what to do. */
export class ModelFailure extends Error {
  readonly kind: FailureKind;
  readonly attempts: readonly Attempt[];
  readonly raw: string | null;
  readonly finishReason: string | null;
  readonly usage: Usage | null;
  constructor(
    kind: FailureKind,
    message: string,
    { attempts = [], raw = null, finishReason = null, usage = null }: FailureDetails = {},
  ) {
    super(message);
    this.name = "ModelFailure";
    this.kind = kind;
    this.attempts = attempts;
    this.raw = raw;
    this.finishReason = finishReason;
    this.usage = usage;
  }

  /** The same failure of a request that took these tokens. */
  withUsage(usage: Usage): ModelFailure {
    const { kind, message, attempts, raw, finishReason } = this;
    return new ModelFailure(kind, message, { attempts, raw, finishReason, usage });
  }
}

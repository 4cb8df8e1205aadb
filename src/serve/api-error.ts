// What a request to the server is refused with, in the form that the clients of OpenAI's API read: a status and
// {error: {message, type, param, code}}. Faults of models become such errors here; what is nobody's mistake but this program's
// is told to the log and not to the client.
import { RequestError } from "../model/model.ts";
import { type FailureKind, ModelFailure } from "../model/model-failure.ts";

export type ApiErrorStatus = 400 | 401 | 404 | 413 | 415 | 429 | 499 | 500 | 502 | 503 | 504;

export interface ApiErrorDetails {
  /** Field of the request that is at fault. */
  readonly param?: string | null;
  /** For programs: `model_not_found`, `context_length_exceeded` and the like. */
  readonly code?: string | null;
  /** Seconds after which to ask again. */
  readonly retryAfter?: number | null;
}

/** An error that the client is told of. */
export class ApiError extends Error {
  readonly status: ApiErrorStatus;
  readonly param: string | null;
  readonly code: string | null;
  readonly retryAfter: number | null;

  constructor(
    status: ApiErrorStatus,
    message: string,
    { param = null, code = null, retryAfter = null }: ApiErrorDetails = {},
  ) {
    super(message);
    this.name = "ApiError";
    this.status = status;
    this.param = param;
    this.code = code;
    this.retryAfter = retryAfter;
  }

  /** The body of the response. */
  toJSON(): unknown {
    const { message, param, code } = this;
    return { error: { message, type: TYPES[this.status], param, code } };
  }
}

const TYPES: Record<ApiErrorStatus, string> = {
  400: "invalid_request_error",
  401: "authentication_error",
  404: "invalid_request_error",
  413: "invalid_request_error",
  415: "invalid_request_error",
  429: "rate_limit_error",
  499: "invalid_request_error",
  500: "server_error",
  502: "server_error",
  503: "server_error",
  504: "server_error",
};

/** What a model's failure is to the client. A model may itself be asked over the network: its key and its limits aren't the client's. */
const OF_MODELS: Record<FailureKind, readonly [status: ApiErrorStatus, details: ApiErrorDetails]> = {
  context: [400, { param: "messages", code: "context_length_exceeded" }],
  schema: [400, { param: "response_format", code: "unsupported_schema" }],
  request: [400, {}],
  rate: [429, { code: "rate_limit_exceeded" }],
  overload: [503, { code: "model_overloaded" }],
  timeout: [504, { code: "model_timeout" }],
  key: [502, { code: "model_unavailable" }],
  model: [502, { code: "model_unavailable" }],
  network: [502, { code: "model_unavailable" }],
  answer: [502, { code: "model_unavailable" }],
};

/** The server is about to end. */
export const shuttingDown = (): ApiError => new ApiError(503, "the server is shutting down", { code: "shutting_down" });

/** Nobody reads this one: it ends the work on a request whose client has gone. */
export const clientGone = (): ApiError => new ApiError(499, "the client closed the connection", { code: "aborted" });

/** Any failure as an error for the client; null where it is none of the client's business. */
export function apiError(error: unknown): ApiError | null {
  if (error instanceof ApiError) return error;
  if (error instanceof RequestError) return new ApiError(400, error.message);
  if (!(error instanceof ModelFailure)) return null;
  const [status, details] = OF_MODELS[error.kind];
  // In these words clients know that it is this schema, and not schemas, that can't be had.
  const message = error.kind === "schema" ? `invalid schema for response_format: ${error.message}` : error.message;
  return new ApiError(status, message, details);
}

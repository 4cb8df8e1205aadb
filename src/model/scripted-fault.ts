// What can go wrong at an endpoint, in the forms in which real servers say it, and a seeded plan of when. For tests and benches.
// The bodies are those of OpenAI, vLLM, llama.cpp's server and Ollama, as their sources and the issues about them quote them. Pure.
import { fraction } from "../preference/seed.ts";

/** Faults of single answers; those that an endpoint has always are options of the server. */
export type ScriptedFault =
  | "rate" // 429
  | "rate-seconds" // 429 with Retry-After in seconds
  | "rate-date" // 429 with Retry-After as an HTTP date
  | "broken" // 500
  | "overload" // 503
  | "overload-seconds" // 503 with Retry-After
  | "cut" // the connection ends within the body
  | "hang" // no answer, ever
  | "stall" // half an answer, and no more of it
  | "no-json" // 200 with a proxy's page
  | "truncated" // 200 with half the JSON, its length told rightly
  | "no-choices" // 200 with an empty list
  | "no-content" // 200 with a message without text
  | "context" // 400: too long
  | "few"; // fewer choices than n

/** Whose bodies errors have. */
export type Flavour = "openai" | "vllm" | "vllm-before-0.10" | "llama.cpp" | "ollama";

export type ScriptedRefusal =
  | "key"
  | "model"
  | "context"
  | "schema"
  | "n"
  | "length"
  | "rate"
  | "funds"
  | "broken"
  | "overload";

export interface RefusalBody {
  readonly status: number;
  readonly body: string;
}

/** How a server of that flavour refuses. @param model the model's name as asked for */
export function refusalBody(flavour: Flavour, refusal: ScriptedRefusal, model: string): RefusalBody {
  const { status, message, type = "invalid_request_error", code = null, param = null } = said(flavour, refusal, model);
  const as = (body: unknown): RefusalBody => ({ status, body: JSON.stringify(body) });
  switch (flavour) {
    case "openai":
      return as({ error: { message, type, param, code } });
    case "ollama":
      return as({ error: { message, type, param: null, code: null } });
    case "llama.cpp": {
      const counts = refusal === "context" ? { n_prompt_tokens: 4390, n_ctx: 4096 } : {};
      return as({ error: { code: status, message, type, ...counts } });
    }
    case "vllm":
    case "vllm-before-0.10": {
      if (refusal === "key") return as({ error: "Unauthorized" });
      const error = { message, type, param, code: status };
      return flavour === "vllm" ? as({ error }) : as({ object: "error", ...error });
    }
  }
}

interface Said {
  readonly status: number;
  readonly message: string;
  readonly type?: string;
  readonly code?: string | null;
  readonly param?: string | null;
}

function said(flavour: Flavour, refusal: ScriptedRefusal, model: string): Said {
  const vllm = flavour === "vllm" || flavour === "vllm-before-0.10";
  switch (refusal) {
    case "key":
      if (flavour === "llama.cpp") return { status: 401, message: "Invalid API Key", type: "authentication_error" };
      return { status: 401, message: "Incorrect API key provided: sk-***.", code: "invalid_api_key" };
    case "model":
      if (vllm) return { status: 404, message: `The model \`${model}\` does not exist.`, type: "NotFoundError" };
      if (flavour === "ollama")
        return { status: 404, message: `model "${model}" not found, try pulling it first`, type: "not_found_error" };
      return {
        status: 404,
        message: `The model \`${model}\` does not exist or you do not have access to it.`,
        code: "model_not_found",
      };
    case "context":
      if (flavour === "llama.cpp")
        return {
          status: 400,
          message: "request (4390 tokens) exceeds the available context size (4096 tokens), try increasing it",
          type: "exceed_context_size_error",
        };
      if (vllm)
        return {
          status: 400,
          message:
            "This model's maximum context length is 4096 tokens. However, you requested 4390 tokens (3878 in the messages, " +
            "512 in the completion). Please reduce the length of the messages or completion.",
          type: "BadRequestError",
        };
      return {
        status: 400,
        message:
          "This model's maximum context length is 8192 tokens. However, your messages resulted in 8227 tokens. Please reduce " +
          "the length of the messages.",
        param: "messages",
        code: "context_length_exceeded",
      };
    case "schema":
      return {
        status: 400,
        message: "Invalid parameter: 'response_format' of type 'json_schema' is not supported with this model.",
        param: "response_format",
        ...(vllm && { type: "BadRequestError" }),
      };
    case "n":
      if (flavour === "llama.cpp") return { status: 400, message: "Only one completion choice is allowed" };
      return { status: 400, message: "'n' : number must be at most 1" };
    case "length":
      return {
        status: 400,
        message:
          "Unsupported parameter: 'max_tokens' is not supported with this model. Use 'max_completion_tokens' instead.",
        param: "max_tokens",
        code: "unsupported_parameter",
      };
    case "rate":
      return {
        status: 429,
        message: `Rate limit reached for ${model}: Limit 3, Used 3, Requested 1. Please try again in 20s.`,
        type: "requests",
        code: "rate_limit_exceeded",
      };
    case "funds":
      return {
        status: 429,
        message: "You exceeded your current quota, please check your plan and billing details.",
        type: "insufficient_quota",
        code: "insufficient_quota",
      };
    case "broken":
      if (vllm) return { status: 500, message: "Internal server error", type: "InternalServerError" };
      return {
        status: 500,
        message: "The server had an error while processing your request.",
        type: flavour === "ollama" ? "api_error" : "server_error",
      };
    case "overload":
      if (flavour === "llama.cpp") return { status: 503, message: "Loading model", type: "unavailable_error" };
      return {
        status: 503,
        message: "The engine is currently overloaded, please try again later",
        type: "server_error",
      };
  }
}

/** Shares of answers that each fault befalls; together at most 1. */
export type FaultShares = Partial<Readonly<Record<ScriptedFault, number>>>;

/**
 * The fault that befalls a request, by its content and by how often it has come before: the same however the work is ordered.
 * @returns null for most
 */
export function plannedFault(shares: FaultShares, seed: number, content: string, before: number): ScriptedFault | null {
  let left = fraction("fault", seed, content, before);
  for (const [fault, share] of Object.entries(shares) as [ScriptedFault, number][]) {
    if (left < share) return fault;
    left -= share;
  }
  return null;
}

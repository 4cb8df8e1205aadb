// What a server's refusal means: the kind of failure, and what to ask otherwise, where asking otherwise helps. Read from the status
// and from the bodies that OpenAI, vLLM, llama.cpp, Ollama, DeepSeek and Groq are known to send; they agree on little more than
// that there is a message. Pure. Ignores retries.
import { z } from "zod";
import type { FailureKind } from "./model-failure.ts";

/**
 * What the next request has to do without, or to do otherwise:
 * - `length`: max_completion_tokens in place of max_tokens
 * - `n`: one sample a request
 * - `logprobs`: no log-probabilities
 * - `format`: no JSON schema, whichever
 * - `this-format`: not this JSON schema in this form
 */
export type Change = "length" | "n" | "logprobs" | "format" | "this-format";

export interface Refusal {
  readonly kind: FailureKind;
  /** In the server's words, or the status where it has none. */
  readonly message: string;
  readonly change: Change | null;
}

const said = z.object({
  message: z.string().nullish(),
  type: z.string().nullish(),
  param: z.unknown().optional(),
  code: z.union([z.string(), z.number()]).nullish(),
});

/** {"error": {…}} (all today), {"object": "error", …} (older vLLM), {"error": "…"} (vLLM's key check), {"detail": …} (FastAPI). */
const body = z.object({
  error: z.union([z.string(), said]).nullish(),
  object: z.string().nullish(),
  detail: z.unknown().optional(),
  ...said.shape,
});

/** Gemini's endpoint sends a list with one error in it. */
const whole = z.union([body, z.tuple([body]).transform(([only]) => only)]);

interface Said {
  readonly message: string;
  readonly type: string;
  readonly param: string;
  readonly code: string;
}

/** What an error's body says; null if it is no error's body. */
function errorIn(text: string): Said | null {
  let json: unknown;
  try {
    json = JSON.parse(text);
  } catch {
    return null;
  }
  const parsed = whole.safeParse(json);
  if (!parsed.success) return null;
  const { error, object, detail, ...flat } = parsed.data;
  const words = (message: string): z.output<typeof said> => ({ message, param: null });
  const given = typeof error === "string" ? words(error) : (error ?? (object === "error" ? flat : null));
  if (given === null && detail === undefined) return null;
  const { message, type, param, code } = given ?? words(typeof detail === "string" ? detail : JSON.stringify(detail));
  return {
    message: message ?? "",
    type: type ?? "",
    param: typeof param === "string" ? param : "",
    code: String(code ?? ""),
  };
}

const OUT_OF_CONTEXT =
  /context[ _](?:length|size|window)|maximum (?:context|model|input|sequence) length|max_tokens must be at least 1|reduce the length|prompt is too long|exceed\w* (?:the )?(?:max\w*|available) (?:\w+ )?(?:context|tokens|length)/i;
/** OpenRouter, Mistral and LiteLLM say "not a valid model", "invalid model". */
const NO_MODEL =
  /model\W.*(?:not found|does not exist|not exist|unknown|is not available)|model_not_found|unknown model|invalid[ _]model|not a valid model/i;
/** Gemini and xAI refuse a key with 400. */
const NO_KEY = /api[ _]key (?:is )?(?:not valid|invalid|incorrect|expired)|(?:invalid|incorrect)[ _]api[ _]key/i;
const ONE_SAMPLE =
  /only one completion|\bn\b['"`]?\s*(?:>\s*1|must be|should be|: number must|is not supported|greater than 1)|multiple (?:choices|completions|candidates)/i;
const OTHER_LENGTH = /unsupported parameter:? ['"`]?max_tokens|use ['"`]?max_completion_tokens/i;
const SCHEMA = /response_?format|json_?schema|json schema|guided|structured output|grammar/i;
/** The server knows schemas, and has something against this one. */
const THIS_SCHEMA =
  /invalid (?:json )?schema|invalid grammar|additionalproperties|keyword|(?:parse|compile|convert)\w*/i;
const NO_FUNDS = /insufficient_quota|exceeded your current quota|insufficient balance|billing/i;

/**
 * Reads a refusal.
 * @param status HTTP status, not 200
 */
export function readRefusal(status: number, text: string): Refusal {
  const given = errorIn(text);
  // A body that is no error's is a proxy's page, or a server of another kind.
  const { message, type, param, code } = given ?? { message: text.trim(), type: "", param: "", code: "" };
  const all = `${message} ${type} ${code}`;
  const as = (kind: FailureKind, change: Change | null = null): Refusal => {
    return { kind, message: message === "" ? `HTTP ${status}` : `HTTP ${status}: ${message}`, change };
  };
  // No other status brings an answer: below 300 there is none in it, and who is sent elsewhere, or may not post, has not got to the API.
  if (status < 300) return as("answer");
  if (status < 400 || status === 405) return as("model");
  if (status === 401 || status === 402 || status === 403) return as("key");
  if (status === 429) return as(NO_FUNDS.test(all) ? "key" : "rate");
  if (status === 408) return as("timeout");
  if (status === 413 || code === "context_length_exceeded" || type === "exceed_context_size_error")
    return as("context");
  if (status === 404) return as("model");
  if (status === 400 && NO_KEY.test(all)) return as("key");
  if (OUT_OF_CONTEXT.test(message)) return as("context"); // llama.cpp says so with 500 as well
  if (status >= 500) return as("overload");
  if (OTHER_LENGTH.test(message)) return as("request", "length");
  if (param === "n" || ONE_SAMPLE.test(message)) return as("request", "n");
  if (/logprobs/.test(`${param} ${message}`)) return as("request", "logprobs");
  if (SCHEMA.test(`${param} ${message}`)) return as("schema", THIS_SCHEMA.test(message) ? "this-format" : "format");
  if (NO_MODEL.test(all)) return as("model");
  return as("request");
}

/** A refusal under the status 200, as some gateways send it; null if the body is no error's. */
export function hiddenRefusal(text: string): Refusal | null {
  if (!/"error"|"detail"/.test(text.slice(0, 2000))) return null; // the usual case, without parsing it twice
  const given = errorIn(text);
  if (given === null) return null;
  const code = Number(given.code);
  return readRefusal(Number.isInteger(code) && code >= 400 && code < 600 ? code : 400, text);
}

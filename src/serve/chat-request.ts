// The body of POST /v1/chat/completions as a request for samples. Follows OpenAI's reference of chat completions, with top_k and
// min_p as vLLM and llama.cpp name them. What this server can't do is refused by its field, and so is a field that nobody knows: an
// option silently passed over is a wrong result.
import { z } from "zod";
import { nearestName } from "../config/nearest-name.ts";
import { fieldPath } from "../dataset/input-error.ts";
import type { GenerateRequest, ResponseSchema } from "../model/model.ts";
import { ApiError } from "./api-error.ts";

/** What a client asks for. */
export interface ChatCall {
  readonly model: string;
  readonly request: GenerateRequest;
  readonly stream: boolean;
  /** Whether the stream ends with the token counts. */
  readonly includeUsage: boolean;
}

export interface ChatDefaults {
  /** Longest sample in tokens where the client doesn't say. */
  readonly maxTokens: number;
  /** A seed where the client gives none: a non-negative integer. */
  readonly seed: () => number;
}

/** The protocol's own limits. */
const MOST_CHOICES = 128;
const MOST_STOPS = 4;
const MOST_TOP_LOGPROBS = 20;
const HIGHEST_TEMPERATURE = 2;

const textParts = z
  .array(z.object({ type: z.literal("text", "only text can be read here"), text: z.string() }))
  .transform((parts) => parts.map(({ text }) => text).join("\n"));

const message = z.object({
  role: z.enum(["system", "developer", "user", "assistant"], "must be system, developer, user or assistant"),
  content: z.union([z.string(), textParts], "must be a text, or a list of parts of type text"),
});

const stop = z.string().min(1, "a stop text can't be empty");

/** What a client may say of an option that this server doesn't have: that it isn't to be used. */
const unsupported = (neutral: readonly (string | number)[]) =>
  z.literal(neutral, `is not supported here: leave it out or give ${neutral.join(" or ")}`);
const none = z.union([z.array(z.never()), z.strictObject({})], "is not supported here: leave it out");

const bodySchema = z.strictObject({
  model: z.string("needs the name of a model; GET /v1/models lists them"),
  messages: z.array(message).min(1, "needs at least one message"),
  n: z.int().min(1).max(MOST_CHOICES).nullish(),
  temperature: z.number().min(0).max(HIGHEST_TEMPERATURE).nullish(),
  top_p: z.number().gt(0).max(1).nullish(),
  top_k: z.int().min(-1).nullish(),
  min_p: z.number().min(0).max(1).nullish(),
  max_tokens: z.int().min(1).nullish(),
  max_completion_tokens: z.int().min(1).nullish(),
  stop: z
    .union(
      [stop, z.array(stop).max(MOST_STOPS)],
      `must be a text that is not empty, or a list of at most ${MOST_STOPS}`,
    )
    .nullish(),
  seed: z.int().min(0).nullish(),
  logprobs: z.boolean().nullish(),
  top_logprobs: z.int().min(0).max(MOST_TOP_LOGPROBS).nullish(),
  response_format: z
    .discriminatedUnion(
      "type",
      [
        z.strictObject({ type: z.literal("text") }),
        z.strictObject({ type: z.literal("json_object") }),
        z.strictObject({
          type: z.literal("json_schema"),
          json_schema: z.strictObject({
            name: z.string().regex(/^[\w-]{1,64}$/, "must be of 1 to 64 letters, digits, - and _"),
            schema: z.record(z.string(), z.unknown()).default({ type: "object" }),
            strict: z.boolean().nullish(),
            description: z.string().nullish(),
          }),
        }),
      ],
      "its type must be text, json_object or json_schema",
    )
    .nullish(),
  stream: z.boolean().nullish(),
  stream_options: z
    .strictObject({ include_usage: z.boolean().nullish(), include_obfuscation: z.boolean().nullish() })
    .nullish(),
  // Options that change nothing where they have these values.
  frequency_penalty: unsupported([0]).nullish(),
  presence_penalty: unsupported([0]).nullish(),
  repetition_penalty: unsupported([1]).nullish(),
  tool_choice: unsupported(["none", "auto"]).nullish(),
  logit_bias: none.nullish(),
  tools: none.nullish(),
  functions: none.nullish(),
  audio: none.nullish(),
  modalities: z.tuple([z.literal("text")], 'must be ["text"]').nullish(),
  // Options that say nothing about the text.
  user: z.unknown().optional(),
  metadata: z.unknown().optional(),
  store: z.unknown().optional(),
  service_tier: z.unknown().optional(),
  safety_identifier: z.unknown().optional(),
  prompt_cache_key: z.unknown().optional(),
  parallel_tool_calls: z.unknown().optional(),
});

const FIELDS = Object.keys(bodySchema.shape);

/**
 * Reads a body.
 * @param body parsed JSON
 * @throws ApiError 400 naming the field and what is wrong with it
 */
export function chatCall(body: unknown, defaults: ChatDefaults): ChatCall {
  const parsed = bodySchema.safeParse(body);
  if (!parsed.success) throw refusal(parsed.error.issues[0]!);
  const given = parsed.data;
  if (given.top_logprobs != null && given.logprobs !== true)
    throw new ApiError(400, "top_logprobs: needs logprobs to be true", {
      param: "top_logprobs",
      code: "invalid_value",
    });
  if (given.stream_options != null && given.stream !== true)
    throw new ApiError(400, "stream_options: needs stream to be true", {
      param: "stream_options",
      code: "invalid_value",
    });
  return {
    model: given.model,
    stream: given.stream === true,
    includeUsage: given.stream_options?.include_usage === true,
    request: {
      messages: given.messages.map(({ role, content }) => ({ role: role === "developer" ? "system" : role, content })),
      n: given.n ?? 1,
      temperature: given.temperature ?? 1,
      topP: given.top_p ?? 1,
      topK: Math.max(given.top_k ?? 0, 0),
      minP: given.min_p ?? 0,
      maxTokens: given.max_completion_tokens ?? given.max_tokens ?? defaults.maxTokens,
      stop: typeof given.stop === "string" ? [given.stop] : (given.stop ?? []),
      seed: given.seed ?? defaults.seed(),
      logprobs: given.logprobs === true ? (given.top_logprobs ?? 0) : null,
      schema: responseSchema(given.response_format ?? { type: "text" }),
    },
  };
}

function responseSchema(format: NonNullable<z.output<typeof bodySchema>["response_format"]>): ResponseSchema | null {
  if (format.type === "text") return null;
  if (format.type === "json_object") return { name: "json_object", schema: { type: "object" } };
  const { name, schema } = format.json_schema;
  return { name, schema };
}

function refusal(issue: z.core.$ZodIssue): ApiError {
  if (issue.code === "unrecognized_keys") {
    const unknown = fieldPath([...issue.path, issue.keys[0]!]);
    const near = issue.path.length === 0 ? nearestName(unknown, FIELDS) : null;
    const hint = near === null ? "" : `; did you mean ${near}?`;
    return new ApiError(400, `unknown field ${unknown}${hint}`, { param: unknown, code: "unknown_parameter" });
  }
  if (issue.path.length === 0) return new ApiError(400, "the body must be a JSON object");
  const param = fieldPath(issue.path);
  return new ApiError(400, `${param}: ${issue.message}`, { param, code: "invalid_value" });
}

// The section `endpoints` of rpo.yaml: where models are served, each under a name that roles call it by. An endpoint is a
// server that speaks OpenAI's protocol, or a model in this process. A key never stands in the file: an endpoint names the
// environment variable that holds it.
import { z } from "zod";
import { InputError } from "../dataset/input-error.ts";
import { SCHEMA_FORMS, type SchemaForm } from "../model/chat-request.ts";

/** What an endpoint has where it says nothing else. The client's own defaults (model/endpoint.ts, model/embedded.ts). */
export const DEFAULT_ENDPOINT = {
  /** Requests at once at most; what the endpoint bears is found out below that (429, 503, latency). */
  concurrency: 64,
  /** Seconds for one answer, as the official clients allow: long answers of large models take minutes. */
  timeout: 600,
  /** Tries of a request that may pass when it is made again, after the first (spec/method.md, step 7). */
  retries: 5,
  schemas: "auto",
  weight: 1,
  /** Tokens: a profile, a few turns and an answer. */
  contextSize: 2048,
} as const;

/** Names that settings refer to. None begins like a property that every object has. */
const NAME = /^[\p{L}\p{N}][\p{L}\p{N}_.-]*$/u;
const ENVIRONMENT_VARIABLE = /^[A-Za-z_][A-Za-z0-9_]*$/;

/** Names under which people put a key into a file or an address. */
export const KEY_NAME =
  /^(?:(?:open_?ai|x)?[_-]?(?:api|access|auth|subscription)?[_-]?)?(?:key|token|secret|password|authori[sz]ation|bearer)$/i;

const filled = z.string().regex(/\S/, "must not be blank");

/** What is wrong with the address of an endpoint, in words; null for nothing. Says nothing of what it holds. */
export function addressFault(text: string): string | null {
  const url = URL.parse(text);
  if (url === null || !/^https?:$/.test(url.protocol)) return "must be an address such as http://127.0.0.1:8000/v1";
  if (url.username !== "" || url.password !== "")
    return "must not hold a name or password; put the key into an environment variable and name that as keyEnv";
  if ([...url.searchParams.keys()].some((name) => KEY_NAME.test(name)))
    return "must not hold a key; put it into an environment variable and name that as keyEnv";
  return null;
}

/** Settings that only one kind of endpoint has. */
const ONLY_SERVED = ["model", "keyEnv", "concurrency", "timeout", "retries", "schemas"] as const;
const ONLY_EMBEDDED = ["adapter", "contextSize"] as const;

export const endpointSection = z
  .strictObject({
    url: z
      .string()
      .superRefine((text, context) => {
        const fault = addressFault(text);
        if (fault !== null) context.addIssue(fault);
      })
      .exactOptional()
      .describe("Address of a server that speaks OpenAI's protocol, up to and with /v1."),
    model: filled.exactOptional().describe("The model's name at that server. A role may name another."),
    keyEnv: z
      .string()
      .regex(
        ENVIRONMENT_VARIABLE,
        "must be the name of an environment variable, such as OPENAI_API_KEY; the key itself does not belong in the file",
      )
      .exactOptional()
      .describe("Name of the environment variable that holds the key. None: no key is sent."),
    concurrency: z
      .int()
      .min(1)
      .exactOptional()
      .describe(
        `Requests at once at most; fewer are made while it is slow or full. Default ${DEFAULT_ENDPOINT.concurrency}.`,
      ),
    timeout: z
      .number()
      .positive()
      .exactOptional()
      .describe(`Seconds for one answer. Default ${DEFAULT_ENDPOINT.timeout}.`),
    retries: z
      .int()
      .min(0)
      .exactOptional()
      .describe(`Further tries of a request that may pass when made again. Default ${DEFAULT_ENDPOINT.retries}.`),
    schemas: z
      .enum(SCHEMA_FORMS)
      .exactOptional()
      .describe(
        `How it is asked for JSON: by schema, by JSON mode, in words alone, or as it takes it. Default ${DEFAULT_ENDPOINT.schemas}.`,
      ),
    embedded: filled
      .exactOptional()
      .describe("In place of url, a model in this process: a known name, hf:owner/repo/file.gguf, or a GGUF file."),
    adapter: filled.exactOptional().describe("Embedded: a LoRA adapter as a GGUF file."),
    contextSize: z
      .int()
      .min(64)
      .exactOptional()
      .describe(`Embedded: tokens of prompt and response together. Default ${DEFAULT_ENDPOINT.contextSize}.`),
    weight: z
      .number()
      .positive()
      .default(DEFAULT_ENDPOINT.weight)
      .describe("Share of a role's requests, beside its other endpoints."),
  })
  .superRefine((endpoint, context) => {
    const { url, embedded } = endpoint;
    if ((url === undefined) === (embedded === undefined)) {
      context.addIssue("give url, for a server, or embedded, for a model in this process: one of them");
      return;
    }
    const [alien, kind] = url === undefined ? [ONLY_SERVED, "a server"] : [ONLY_EMBEDDED, "an embedded model"];
    for (const setting of alien)
      if (endpoint[setting] !== undefined)
        context.addIssue({ code: "custom", path: [setting], message: `is for ${kind}, which this endpoint is not` });
  })
  .meta({ oneOf: [{ required: ["url"] }, { required: ["embedded"] }] });

export const endpointsSection = z
  .record(
    z.string().regex(NAME, "a name is of letters, digits, _, - and ., and begins with a letter or digit"),
    endpointSection,
  )
  .describe("Where models are served, by names of your own.");

/** A server, resolved. */
export interface ServedEndpoint {
  readonly kind: "served";
  readonly name: string;
  /** Without a slash at its end. */
  readonly url: string;
  /** Null: the role names it. */
  readonly model: string | null;
  readonly keyEnv: string | null;
  readonly weight: number;
  /** Requests at once at most. */
  readonly concurrency: number;
  readonly timeoutSeconds: number;
  readonly retries: number;
  readonly schemas: SchemaForm;
}

/** A model in this process, resolved. */
export interface EmbeddedEndpoint {
  readonly kind: "embedded";
  readonly name: string;
  /** A known name, `hf:…`, or a path. */
  readonly model: string;
  /** Path of a GGUF file. */
  readonly adapter: string | null;
  readonly contextSize: number;
  readonly weight: number;
}

export type Endpoint = ServedEndpoint | EmbeddedEndpoint;

/** The endpoint with its defaults. @param at makes a path absolute, and leaves a model's name as it is */
export function resolvedEndpoint(
  name: string,
  given: z.output<typeof endpointSection>,
  at: { readonly path: (text: string) => string; readonly model: (text: string) => string },
): Endpoint {
  const { url, embedded, weight } = given;
  if (embedded !== undefined)
    return {
      kind: "embedded",
      name,
      model: at.model(embedded),
      adapter: given.adapter === undefined ? null : at.path(given.adapter),
      contextSize: given.contextSize ?? DEFAULT_ENDPOINT.contextSize,
      weight,
    };
  return served(name, { ...given, url: url ?? "" });
}

function served(name: string, given: z.output<typeof endpointSection> & { readonly url: string }): ServedEndpoint {
  return {
    kind: "served",
    name,
    url: given.url.replace(/\/+$/, ""),
    model: given.model ?? null,
    keyEnv: given.keyEnv ?? null,
    weight: given.weight,
    concurrency: given.concurrency ?? DEFAULT_ENDPOINT.concurrency,
    timeoutSeconds: given.timeout ?? DEFAULT_ENDPOINT.timeout,
    retries: given.retries ?? DEFAULT_ENDPOINT.retries,
    schemas: given.schemas ?? DEFAULT_ENDPOINT.schemas,
  };
}

/** The name of the endpoint that the environment makes where the file gives none. */
export const ENVIRONMENT_ENDPOINT = "openai";

/** Where a key without an address belongs, as OpenAI's own clients have it. */
const OPENAI_ADDRESS = "https://api.openai.com/v1";

/**
 * The endpoint that OPENAI_BASE_URL and OPENAI_API_KEY name, read as OpenAI's own clients read them; null where neither is set.
 * It has no model: a role has to name one, so that nothing is spent that nobody asked for.
 * @throws InputError for an address that is none
 */
export function environmentEndpoint(env: Readonly<Record<string, string | undefined>>): ServedEndpoint | null {
  const { OPENAI_BASE_URL: url, OPENAI_API_KEY: key } = env;
  if (!url && !key) return null;
  const fault = url ? addressFault(url) : null;
  if (fault !== null) throw new InputError(`OPENAI_BASE_URL: ${fault}`);
  return served(ENVIRONMENT_ENDPOINT, {
    url: url || OPENAI_ADDRESS,
    weight: 1,
    ...(key && { keyEnv: "OPENAI_API_KEY" }),
  });
}

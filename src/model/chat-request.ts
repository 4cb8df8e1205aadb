// A request in the words of the OpenAI protocol (POST /chat/completions), in the form that the endpoint at hand is known to take.
// Pure. Ignores transport.
import type { Message } from "../profile/message.ts";
import type { ResolvedRequest, ResponseSchema } from "./model.ts";
import type { Change } from "./refusal.ts";

/**
 * How a JSON schema is put to the endpoint, from the most binding form to the least:
 * - `strict`: json_schema, strict (a server like OpenAI's takes only schemas of a certain subset so)
 * - `schema`: json_schema, as well as the server can
 * - `object`: json_object, the schema told in the prompt
 * - `text`: told in the prompt alone; whoever asks checks what comes (typed-answer.ts)
 */
const FORMATS = ["strict", "schema", "object", "text"] as const;
export type Format = (typeof FORMATS)[number];

/**
 * How an endpoint is to be asked for JSON: in the most binding form that it takes, found out by asking (`auto`), or in one form
 * and no other: by schema, by JSON mode, in words alone.
 */
export const SCHEMA_FORMS = ["auto", "json_schema", "json_object", "none"] as const;
export type SchemaForm = (typeof SCHEMA_FORMS)[number];

const FIRST_FORMAT: Readonly<Record<SchemaForm, Format>> = {
  auto: "strict",
  json_schema: "strict",
  json_object: "object",
  none: "text",
};

/** What is known of an endpoint: found out by asking, and kept for as long as the endpoint is. */
export class Manner {
  #lengthField: "max_tokens" | "max_completion_tokens" = "max_tokens";
  #many = true;
  #logprobs = true;
  #format: number;
  readonly #formats = new Map<string, number>();
  /** The least binding form that may be used. */
  readonly #last: number;

  constructor(form: SchemaForm = "auto") {
    this.#format = FORMATS.indexOf(FIRST_FORMAT[form]);
    // A server that takes a schema may still not take it strictly.
    this.#last =
      form === "auto" ? FORMATS.length - 1 : form === "json_schema" ? FORMATS.indexOf("schema") : this.#format;
  }

  /** Whether one request may ask for several samples. */
  get many(): boolean {
    return this.#many;
  }

  get lengthField(): "max_tokens" | "max_completion_tokens" {
    return this.#lengthField;
  }

  get logprobs(): boolean {
    return this.#logprobs;
  }

  format(name: string): Format {
    return FORMATS[Math.max(this.#format, this.#formats.get(name) ?? 0)]!;
  }

  /** The server gave one sample where several were asked for. */
  oneSample(): void {
    this.#many = false;
  }

  /**
   * Takes a change that a refusal asks for.
   * @param sent the body that was refused
   * @returns whether the next body differs from it: else asking again is of no use
   */
  change(change: Change, sent: ChatRequest, schema: ResponseSchema | null): boolean {
    switch (change) {
      case "length":
        this.#lengthField = "max_completion_tokens";
        return !("max_completion_tokens" in sent);
      case "n":
        this.#many = false;
        return sent.n !== undefined;
      case "logprobs":
        this.#logprobs = false;
        return sent.logprobs !== undefined;
      case "format":
      case "this-format": {
        if (schema === null) return false;
        const used = sentFormat(sent);
        // Where no schema is known, none that is less strict is either.
        const skipped = change === "format" && used === "strict" ? 2 : 1;
        const next = FORMATS.indexOf(used) + skipped;
        if (next > this.#last) return false;
        if (change === "format") this.#format = Math.max(next, this.#format);
        else this.#formats.set(schema.name, Math.max(next, this.#formats.get(schema.name) ?? 0));
        return true;
      }
    }
  }
}

export interface ChatRequest {
  readonly model: string;
  readonly messages: readonly Message[];
  readonly temperature: number;
  readonly seed: number;
  readonly n?: number;
  readonly max_tokens?: number;
  readonly max_completion_tokens?: number;
  readonly top_p?: number;
  readonly top_k?: number;
  readonly min_p?: number;
  readonly stop?: readonly string[];
  readonly logprobs?: true;
  readonly top_logprobs?: number;
  readonly response_format?:
    | { readonly type: "json_object" }
    | {
        readonly type: "json_schema";
        readonly json_schema: ResponseSchema & { readonly strict: boolean };
      };
}

/**
 * The body of a request for n samples.
 * @param seed the one seed of them all
 */
export function chatRequest(
  model: string,
  request: ResolvedRequest,
  { n, seed }: { readonly n: number; readonly seed: number },
  manner: Manner,
): ChatRequest {
  const { schema } = request;
  const format = schema === null ? null : manner.format(schema.name);
  const told = format === "object" || format === "text";
  return {
    model,
    messages: told ? withSchemaTold(request.messages, schema!) : request.messages,
    temperature: request.temperature,
    seed,
    [manner.lengthField]: request.maxTokens,
    // What stands at its default is left out: not every server knows every field.
    ...(n > 1 && { n }),
    ...(request.topP < 1 && { top_p: request.topP }),
    ...(request.topK > 0 && { top_k: request.topK }),
    ...(request.minP > 0 && { min_p: request.minP }),
    ...(request.stop.length > 0 && { stop: request.stop }),
    ...(request.logprobs !== null && manner.logprobs && { logprobs: true as const, top_logprobs: request.logprobs }),
    ...(format === "object" && { response_format: { type: "json_object" as const } }),
    ...((format === "strict" || format === "schema") && {
      response_format: {
        type: "json_schema" as const,
        json_schema: { name: schema!.name, schema: schema!.schema, strict: format === "strict" },
      },
    }),
  };
}

function sentFormat({ response_format: format }: ChatRequest): Format {
  if (format === undefined) return "text";
  if (format.type === "json_object") return "object";
  return format.json_schema.strict ? "strict" : "schema";
}

/** The word JSON has to stand in the prompt for json_object; at the end of it the schema is obeyed best. */
function withSchemaTold(messages: readonly Message[], { schema }: ResponseSchema): readonly Message[] {
  const told = `Answer with one JSON value that this JSON schema accepts, and with nothing else:\n${JSON.stringify(schema)}`;
  const last = messages.at(-1)!;
  if (last.role !== "user") return [...messages, { role: "user", content: told }];
  return [...messages.slice(0, -1), { role: "user", content: `${last.content}\n\n${told}` }];
}

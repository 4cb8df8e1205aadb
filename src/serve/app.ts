// The server's routes: OpenAI's chat completions and models over any chat models. Knows HTTP and the protocol; what a body means is
// in chat-request.ts, how an answer looks in chat-response.ts, whose turn it is in model-shelf.ts.
import { createHash, timingSafeEqual } from "node:crypto";
import { type Context, Hono } from "hono";
import { bodyLimit } from "hono/body-limit";
import type { Choice } from "../model/model.ts";
import { ApiError, apiError, clientGone, shuttingDown } from "./api-error.ts";
import { type ChatCall, type ChatDefaults, chatCall } from "./chat-request.ts";
import { type AnswerHead, ChunkWriter, completion } from "./chat-response.ts";
import type { ModelShelf } from "./model-shelf.ts";

/** A conversation that fills a context of a million tokens has some 4 MB of text; JSON may double it. */
const LARGEST_BODY = 8 * 2 ** 20;

export interface ServeOptions {
  readonly shelf: ModelShelf;
  readonly defaults: ChatDefaults;
  /** What clients have to bring as a bearer token; null lets everybody in. */
  readonly apiKey: string | null;
  /** Aborted when the server ends: what runs is ended with it. */
  readonly closing: AbortSignal;
  readonly now: () => Date;
  /** A name for an answer, of letters, digits and -, never the same twice. */
  readonly newId: () => string;
  /** Told of failures that are not the client's, which the client isn't told of. */
  readonly onFault: (error: unknown) => void;
}

/** The routes as a Hono app: `fetch` takes a request and gives the response. */
export function serveApp(options: ServeOptions): Hono {
  const { shelf, now, closing, apiKey } = options;
  const app = new Hono();
  const started = seconds(now());
  const modelBody = (id: string) => ({ id, object: "model", created: started, owned_by: "rpo" });

  app.notFound((c) =>
    refused(c, new ApiError(404, `there is no ${c.req.method} ${c.req.path}`, { code: "unknown_url" })),
  );
  app.onError((error, c) => refused(c, told(error)));

  /** The error for the client; what isn't the client's business goes to the log. */
  function told(error: unknown): ApiError {
    const known = apiError(error);
    if (known !== null) return known;
    options.onFault(error);
    return new ApiError(500, "the server failed at this request; its log says why", { code: "internal_error" });
  }

  app.get("/health", (c) => c.json({ status: "ok", ...shelf.load }));

  app.use("/v1/*", async (c, next) => {
    if (apiKey !== null && !isKey(bearer(c), apiKey))
      throw new ApiError(401, "this server wants its API key as a bearer token", { code: "invalid_api_key" });
    await next();
  });

  app.get("/v1/models", (c) => c.json({ object: "list", data: shelf.ids.map(modelBody) }));

  app.get("/v1/models/:id{.+}", (c) => {
    const id = c.req.param("id");
    if (!shelf.has(id)) throw new ApiError(404, `there is no model ${JSON.stringify(id)} here`, MODEL_NOT_FOUND);
    return c.json(modelBody(id));
  });

  const limit = bodyLimit({
    maxSize: LARGEST_BODY,
    onError: () => {
      throw new ApiError(413, `the body is larger than ${LARGEST_BODY} bytes`, { code: "body_too_large" });
    },
  });

  app.post("/v1/chat/completions", limit, async (c) => {
    const call = chatCall(await jsonBody(c), options.defaults);
    const signal = AbortSignal.any([c.req.raw.signal, closing]);
    const head: AnswerHead = { id: `chatcmpl-${options.newId()}`, created: seconds(now()), model: call.model };
    if (call.stream) return streamed(call, head, signal);
    try {
      const { choices, usage } = await shelf.use(call.model, signal, (model) =>
        model.generate(call.request, { signal }),
      );
      if (choices.some(isAborted)) throw ended();
      return c.json(completion(head, choices, usage) as object);
    } catch (error) {
      throw signal.aborted ? ended() : error;
    }
  });

  const ended = (): ApiError => (closing.aborted ? shuttingDown() : clientGone());

  /** The response is held back until there is a first piece of text, so that a refusal still has its status. */
  async function streamed(call: ChatCall, head: AnswerHead, client: AbortSignal): Promise<Response> {
    const events = new EventStream();
    const signal = AbortSignal.any([client, events.cancelled]);
    const writer = new ChunkWriter(head, call.includeUsage);
    const begun = Promise.withResolvers<void>();
    const send = (chunks: readonly unknown[]): void => {
      for (const chunk of chunks) events.send(JSON.stringify(chunk));
      begun.resolve();
    };
    const onText = ({ index, text }: { index: number; text: string }): void => send(writer.text(index, text));
    const onChoice = (choice: Choice): void => {
      if (!isAborted(choice)) send(writer.end(choice));
    };
    const answer = async (): Promise<void> => {
      try {
        const { choices, usage } = await shelf.use(call.model, signal, (model) =>
          model.generate(call.request, { signal, onText, onChoice }),
        );
        if (choices.some(isAborted)) throw ended();
        if (call.includeUsage) send([writer.usage(usage)]);
        events.send("[DONE]");
      } catch (error) {
        const failure = told(signal.aborted ? ended() : error);
        begun.reject(failure); // which says nothing where it has begun; then the error is the last event
        events.send(JSON.stringify(failure));
      } finally {
        events.end();
      }
    };
    void answer();
    await begun.promise;
    return new Response(events.body, {
      headers: { "content-type": "text/event-stream; charset=utf-8", "cache-control": "no-cache" },
    });
  }

  return app;
}

const MODEL_NOT_FOUND = { param: "model", code: "model_not_found" } as const;

const seconds = (date: Date): number => Math.floor(date.getTime() / 1000);

const isAborted = ({ finishReason }: Choice): boolean => finishReason === "aborted";

function refused(c: Context, error: ApiError): Response {
  if (error.retryAfter !== null) c.header("retry-after", String(error.retryAfter));
  if (error.status === 401) c.header("www-authenticate", "Bearer");
  return c.body(JSON.stringify(error), error.status as 400, { "content-type": "application/json" });
}

const bearer = (c: Context): string => /^Bearer +(.*)$/i.exec(c.req.header("authorization") ?? "")?.[1] ?? "";

/** Compares hashes: the time it takes tells nothing about how much of the key was right. */
function isKey(given: string, key: string): boolean {
  const hash = (text: string): Buffer => createHash("sha256").update(text).digest();
  return timingSafeEqual(hash(given), hash(key));
}

/** The body, if it says that it is JSON: pages of other sites can't say so without being asked first whether they may. */
async function jsonBody(c: Context): Promise<unknown> {
  if (!/^application\/json\b/i.test(c.req.header("content-type") ?? ""))
    throw new ApiError(415, "the content-type must be application/json", { code: "unsupported_media_type" });
  try {
    return JSON.parse(await c.req.text());
  } catch (error) {
    if (!(error instanceof SyntaxError)) throw error;
    throw new ApiError(400, `the body is no JSON: ${error.message}`, { code: "invalid_json" });
  }
}

/** Server-sent events, written before and after their reader is there; none after it has gone. */
class EventStream {
  readonly body: ReadableStream<Uint8Array>;
  readonly #gone = new AbortController();
  readonly #encoder = new TextEncoder();
  #controller: ReadableStreamDefaultController<Uint8Array> | null = null;

  constructor() {
    this.body = new ReadableStream({
      start: (controller) => {
        this.#controller = controller;
      },
      cancel: () => {
        this.#controller = null;
        this.#gone.abort();
      },
    });
  }

  /** Aborted when the reader goes. */
  get cancelled(): AbortSignal {
    return this.#gone.signal;
  }

  send(data: string): void {
    this.#controller?.enqueue(this.#encoder.encode(`data: ${data}\n\n`));
  }

  end(): void {
    this.#controller?.close();
    this.#controller = null;
  }
}

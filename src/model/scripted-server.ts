// A server on this machine that speaks the protocol of OpenAI's chat completions (POST /v1/chat/completions, GET /v1/models; no
// streams) and answers by a script, as late and as badly as it is told: what stands for an endpoint in tests and benches. It counts
// what it has answered, by content, so that tests can show that nothing was paid for twice. Ignores sampling settings but for seeds,
// and counts words for tokens.
import { hash } from "node:crypto";
import { createServer, type IncomingMessage, type ServerResponse } from "node:http";
import type { AddressInfo } from "node:net";
import { z } from "zod";
import {
  type FaultShares,
  type Flavour,
  plannedFault,
  refusalBody,
  type ScriptedFault,
  type ScriptedRefusal,
} from "./scripted-fault.ts";

const chatBody = z.looseObject({
  model: z.string(),
  messages: z.array(z.object({ role: z.string(), content: z.string() })).min(1),
  n: z.int().min(1).default(1),
  seed: z.int().optional(),
  max_tokens: z.int().optional(),
  logprobs: z.boolean().optional(),
  top_logprobs: z.int().optional(),
  response_format: z.looseObject({ type: z.string() }).optional(),
});

/** What a request asked for, as far as the server reads it. */
export type ChatBody = z.output<typeof chatBody>;

/** Where in which request a text is wanted. */
export interface ServedSample {
  readonly body: ChatBody;
  /** Which of the request's n. */
  readonly index: number;
  /** Requests answered before, over all. */
  readonly number: number;
}

export interface ScriptedServerOptions {
  /** The text of a sample; null for a message without one. Default: a short sentence with the last message's words in it. */
  readonly script?: (sample: ServedSample) => string | null;
  /** Milliseconds that an answer takes, in a slot. Default 0. */
  readonly latencyMs?: number;
  /** Answers under way at once. Default: no end of them. */
  readonly slots?: number;
  /** What becomes of a request that finds no slot: it waits, or is refused with 429. Default "wait". */
  readonly beyond?: "wait" | "refuse";
  readonly faults?: FaultShares;
  readonly seed?: number;
  /** Seconds that Retry-After asks for. Default 1. */
  readonly retryAfterSeconds?: number;
  /** Milliseconds since 1970, for Retry-After as a date. */
  readonly now?: () => number;
  readonly flavour?: Flavour;
  /** Wanted as bearer token. Default: none is asked for. */
  readonly key?: string;
  /** Models that there are. Default `["scripted"]`. */
  readonly models?: readonly string[];
  /** What it makes of n > 1: it obeys, passes over it, refuses it. Default "obey". */
  readonly several?: "obey" | "ignore" | "refuse";
  /** Response formats that it knows. Default both. */
  readonly formats?: readonly ("json_schema" | "json_object")[];
  /** Whether it wants max_completion_tokens. Default false. */
  readonly newLength?: boolean;
  /** Characters of all messages together that fit. Default: no end. */
  readonly context?: number;
  /** Prompt tokens of each request that it says it had at hand. Default: it says nothing of them. */
  readonly cachedPrompt?: number;
  /** Refuses all requests so, as long as it is set. */
  readonly refuse?: ScriptedRefusal;
}

/** What came of requests so far. */
export interface Served {
  /** Requests that came in, of whatever kind. */
  requests: number;
  /** Whole and right answers, by the content of their request: more than 1 is work done twice. */
  readonly answers: Map<string, number>;
  /** Choices in them. */
  choices: number;
  /** Faults that befell requests. */
  readonly faults: Partial<Record<ScriptedFault, number>>;
  /** Most requests in slots at once. */
  mostAtOnce: number;
}

export interface ScriptedServer {
  /** Base address for clients, such as `http://127.0.0.1:40000/v1`. */
  readonly url: string;
  readonly served: Served;
  /** Bodies of the last requests, at most 100. */
  readonly bodies: readonly ChatBody[];
  /** Changes options from the next request on. */
  set(options: ScriptedServerOptions): void;
  /** Ends all connections. */
  close(): Promise<void>;
}

/** Longer than a test or a bench lasts. */
const KEEP_ALIVE_MS = 60_000;
/** Bodies that are kept to be looked at. */
const KEPT_BODIES = 100;
const PAGE = "<html><body>502 Bad Gateway</body></html>";

/** Starts a server on a free port of the loopback. */
export async function scriptedServer(given: ScriptedServerOptions = {}): Promise<ScriptedServer> {
  let options = given;
  const served: Served = { requests: 0, answers: new Map(), choices: 0, faults: {}, mostAtOnce: 0 };
  const bodies: ChatBody[] = [];
  const seen = new Map<string, number>();
  const waiting: (() => void)[] = [];
  let atOnce = 0;
  let number = 0;

  /** Does the work in a slot, when there is one. */
  function inSlot(work: (leave: () => void) => void): boolean {
    const { slots = Number.POSITIVE_INFINITY, beyond = "wait" } = options;
    const leave = (): void => {
      atOnce -= 1;
      waiting.shift()?.();
    };
    const begin = (): void => {
      atOnce += 1;
      served.mostAtOnce = Math.max(served.mostAtOnce, atOnce);
      work(leave);
    };
    if (atOnce < slots) begin();
    else if (beyond === "refuse") return false;
    else waiting.push(begin);
    return true;
  }

  function chat(text: string, response: ServerResponse): void {
    const parsed = chatBody.safeParse(jsonOrNull(text));
    if (!parsed.success) {
      send(response, 400, { error: { message: z.prettifyError(parsed.error), code: null } });
      return;
    }
    const body = parsed.data;
    if (bodies.push(body) > KEPT_BODIES) bodies.shift();
    // What one answer pays for. A client that asks again for what it has sends the same.
    const content = hash("sha256", text, "base64url");
    const always = refusalOf(body, options);
    const fault = always === null ? faultOf(content, body) : null;
    const refused = always === null ? atTheDoor(fault, options) : { refusal: always };
    if (refused !== null) refuse(response, refused, body.model);
    else if (fault !== "hang" && !inSlot((leave) => later(() => answer(leave))))
      refuse(response, { refusal: "rate" }, body.model);

    function answer(leave: () => void): void {
      leave();
      if (response.destroyed) return; // the client has given up
      const whole = answerText(body, options, number, fault);
      number += 1;
      if (fault === "cut" || fault === "stall") {
        response.writeHead(200, { "content-type": "application/json", "content-length": Buffer.byteLength(whole) });
        response.write(whole.slice(0, whole.length >> 1), () => {
          if (fault === "cut") response.destroy();
        });
        return;
      }
      if (fault === null || fault === "few") {
        served.answers.set(content, (served.answers.get(content) ?? 0) + 1);
        served.choices += fault === "few" ? body.n - 1 : body.n;
      }
      sendText(response, 200, whole);
    }
  }

  function faultOf(content: string, { n }: ChatBody): ScriptedFault | null {
    if (options.faults === undefined) return null;
    const before = seen.get(content) ?? 0;
    seen.set(content, before + 1);
    const fault = plannedFault(options.faults, options.seed ?? 0, content, before);
    if (fault === null || (fault === "few" && n === 1)) return null;
    served.faults[fault] = (served.faults[fault] ?? 0) + 1;
    return fault;
  }

  function later(work: () => void): void {
    const { latencyMs = 0 } = options;
    if (latencyMs === 0) work();
    else setTimeout(work, latencyMs);
  }

  function refuse(response: ServerResponse, { refusal, retryAfter }: Refused, model: string): void {
    const { status, body } = refusalBody(options.flavour ?? "openai", refusal, model);
    if (retryAfter !== undefined) response.setHeader("retry-after", retryAfter);
    sendText(response, status, body);
  }

  const server = createServer({ keepAliveTimeout: KEEP_ALIVE_MS }, (request, response) => {
    served.requests += 1;
    const { key } = options;
    const known = key === undefined || request.headers.authorization === `Bearer ${key}`;
    if (known && request.method === "POST" && request.url?.startsWith("/v1/chat/completions")) {
      readBody(request, (text) => chat(text, response));
      return;
    }
    request.resume();
    if (!known) refuse(response, { refusal: "key" }, "");
    else if (request.method === "GET" && request.url?.startsWith("/v1/models")) {
      const data = modelsOf(options).map((id) => ({ id, object: "model", created: 0, owned_by: "scripted" }));
      send(response, 200, { object: "list", data });
    } else send(response, 404, { detail: "Not Found" });
  });
  const { promise: listening, resolve, reject } = Promise.withResolvers<void>();
  server.once("error", reject);
  server.listen({ port: 0, host: "127.0.0.1", backlog: 4096 }, resolve);
  await listening;

  return {
    url: `http://127.0.0.1:${(server.address() as AddressInfo).port}/v1`,
    served,
    bodies,
    set: (changed) => {
      options = { ...options, ...changed };
    },
    close: () =>
      new Promise((done) => {
        server.close(() => done());
        server.closeAllConnections();
      }),
  };
}

interface Refused {
  readonly refusal: ScriptedRefusal;
  readonly retryAfter?: string;
}

/** How a fault refuses a request before it has a slot; null where it lets it in. */
function atTheDoor(
  fault: ScriptedFault | null,
  { retryAfterSeconds = 1, now = Date.now }: ScriptedServerOptions,
): Refused | null {
  const seconds = String(retryAfterSeconds);
  switch (fault) {
    case "rate":
    case "broken":
    case "overload":
    case "context":
      return { refusal: fault };
    case "rate-seconds":
      return { refusal: "rate", retryAfter: seconds };
    case "rate-date":
      return { refusal: "rate", retryAfter: new Date(now() + retryAfterSeconds * 1000).toUTCString() };
    case "overload-seconds":
      return { refusal: "overload", retryAfter: seconds };
    default:
      return null;
  }
}

const modelsOf = ({ models = ["scripted"] }: ScriptedServerOptions): readonly string[] => models;

/** The refusal that a request meets by what it asks for. */
function refusalOf(body: ChatBody, options: ScriptedServerOptions): ScriptedRefusal | null {
  const { refuse, several = "obey", formats, newLength = false, context } = options;
  if (refuse !== undefined) return refuse;
  if (!modelsOf(options).includes(body.model)) return "model";
  if (several === "refuse" && body.n > 1) return "n";
  if (newLength && body.max_tokens !== undefined) return "length";
  const format = body.response_format?.type;
  if (formats !== undefined && format !== undefined && !formats.some((known) => known === format)) return "schema";
  const length = body.messages.reduce((sum, { content }) => sum + content.length, 0);
  return context !== undefined && length > context ? "context" : null;
}

const defaultScript = ({ body, index }: ServedSample): string =>
  `Answer ${index} to: ${body.messages.at(-1)!.content.slice(0, 100)}`;

function answerText(
  body: ChatBody,
  { script = defaultScript, several = "obey", cachedPrompt }: ScriptedServerOptions,
  number: number,
  fault: ScriptedFault | null,
): string {
  if (fault === "no-json") return PAGE;
  const n = several === "ignore" ? 1 : fault === "few" ? body.n - 1 : body.n;
  let completion = 0;
  const choices: unknown[] = [];
  for (let index = 0; index < n && fault !== "no-choices"; index += 1) {
    const content = fault === "no-content" ? null : script({ body, index, number });
    const tokens = content === null ? [] : words(content);
    completion += tokens.length;
    choices.push({
      index,
      message: { role: "assistant", content },
      logprobs:
        body.logprobs === true ? { content: tokens.map((token) => logprobOf(token, body.top_logprobs ?? 0)) } : null,
      finish_reason: "stop",
    });
  }
  const prompt = body.messages.reduce((sum, { content }) => sum + words(content).length, 0);
  const text = JSON.stringify({
    id: `chatcmpl-${number}`,
    object: "chat.completion",
    created: 0,
    model: body.model,
    choices,
    usage: {
      prompt_tokens: prompt,
      completion_tokens: completion,
      total_tokens: prompt + completion,
      ...(cachedPrompt !== undefined && { prompt_tokens_details: { cached_tokens: cachedPrompt } }),
    },
  });
  return fault === "truncated" ? text.slice(0, text.length >> 1) : text;
}

const words = (text: string): string[] => text.match(/\s*\S+|\s+$/gu) ?? [];

function logprobOf(token: string, top: number): unknown {
  const top_logprobs = Array.from({ length: top }, (_, rank) => ({
    token: rank === 0 ? token : "x",
    logprob: -1 - rank,
  }));
  return { token, logprob: -1, top_logprobs };
}

function readBody(request: IncomingMessage, then: (text: string) => void): void {
  const chunks: Buffer[] = [];
  request.on("data", (chunk: Buffer) => chunks.push(chunk));
  request.on("end", () => then((chunks.length === 1 ? chunks[0]! : Buffer.concat(chunks)).toString("utf8")));
}

function jsonOrNull(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    return null;
  }
}

const send = (response: ServerResponse, status: number, body: unknown): void =>
  sendText(response, status, JSON.stringify(body));

function sendText(response: ServerResponse, status: number, text: string): void {
  response.writeHead(status, { "content-type": "application/json", "content-length": Buffer.byteLength(text) });
  response.end(text);
}

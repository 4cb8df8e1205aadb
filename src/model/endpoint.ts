// A model behind an OpenAI-compatible endpoint (vLLM, Ollama, llama.cpp's server, hosted ones), behind the interface of every chat
// model. Owns what is tried again and when, what the endpoint is known to take, how many requests are under way, and what becomes
// of samples that a server does not give. Ignores storing (a cache in front does that), prices, and which of several endpoints to
// use (failover.ts).
//
// What passes is tried again: 429, 5xx, cut connections, time-outs; an answer that is none, once, since it may have been paid for.
// Key, model, context and request are not. The key is in the header and nowhere else: answers, messages and raw texts are freed of it.
import type { Dispatcher } from "undici";
import { z } from "zod";
import { fieldPath, InputError } from "../dataset/input-error.ts";
import type { Random } from "../preference/seed.ts";
import { AbortCrowd } from "./abort-crowd.ts";
import { AdaptiveLimit } from "./adaptive-limit.ts";
import { type ChatRequest, chatRequest, Manner, SCHEMA_FORMS, type SchemaForm } from "./chat-request.ts";
import { type Answer, readAnswer } from "./chat-response.ts";
import { type Clock, systemClock } from "./clock.ts";
import { endpointDispatcher } from "./endpoint-dispatcher.ts";
import { ExchangeFault, type ExchangeLimits, exchange } from "./http-exchange.ts";
import {
  addUsage,
  type ChatModel,
  type Choice,
  type GenerateOptions,
  type GenerateRequest,
  type Generation,
  NO_USAGE,
  type ResolvedRequest,
  resolveRequest,
  type Usage,
} from "./model.ts";
import { type Attempt, type FailureKind, isFatal, ModelFailure, mayPass } from "./model-failure.ts";
import { type Change, hiddenRefusal, readRefusal } from "./refusal.ts";
import { retryAfter, retryWait } from "./retry-wait.ts";
import { sampleSeed } from "./sample-seed.ts";
import { WaitingLine } from "./waiting-line.ts";

/** Requests at once where nobody says how many: what one server of one GPU serves well. */
const DEFAULT_CONCURRENCY = 64;
/** Beyond it a machine runs out of ports before a server is busy. */
const MAX_CONCURRENCY = 16_384;
/** With full jitter, 8 s of waiting on average and 16 at most: a server that restarts its worker is back by then. */
const DEFAULT_TRIES = 6;
const DEFAULT_CONNECT_MS = 10_000;
/** What the official clients allow: long answers of large models take minutes. */
const DEFAULT_WHOLE_MS = 600_000;
/** 4,096 samples of 4,096 characters of 4 bytes, with room; more is no answer to our requests. */
const MAX_ANSWER_BYTES = 128 << 20;
/** Tries of a request whose answer is none: it was paid for, and another may be as bad. */
const ANSWER_TRIES = 2;
/** Statuses of servers that have too much to do; 529 is Anthropic's. */
const OVERLOADED: ReadonlySet<number> = new Set([503, 529]);
/** Characters of a server's message that are shown; proxies send pages. */
const SHOWN_MESSAGE = 300;
/** A shorter key is no secret but a word that a server without keys is given, and may stand in any text. */
const LEAST_KEY = 8;
/** One that servers without keys are given: not-needed, lm-studio. Models may say it. */
const PLAIN_WORD = /^[a-z-]{1,15}$/i;
/** Characters of a useless answer that are kept. */
const KEPT_RAW = 1 << 16;

/** RFC 9110, 5.5, in what JavaScript takes for Latin-1. */
const HEADER_VALUE = /^[\t\x20-\x7e\x80-\xff]+$/;

const optionsSchema = z.object({
  url: z.string().min(1),
  model: z.string().min(1),
  // What was read from a file often ends with a line break.
  key: z
    .string()
    .trim()
    .regex(HEADER_VALUE, "is blank, or has a line break or another character that no header takes")
    .optional(),
  name: z.string().min(1).optional(),
  concurrency: z.int().min(1).max(MAX_CONCURRENCY).default(DEFAULT_CONCURRENCY),
  tries: z.int().min(1).default(DEFAULT_TRIES),
  connectMs: z.number().positive().default(DEFAULT_CONNECT_MS),
  firstByteMs: z.number().positive().optional(),
  wholeMs: z.number().positive().default(DEFAULT_WHOLE_MS),
  schemas: z.enum(SCHEMA_FORMS).default("auto"),
});

export interface EndpointOptions {
  /** The endpoint's base address, such as `http://localhost:8000/v1`; its query is kept. */
  readonly url: string;
  /** The model's name at the endpoint. */
  readonly model: string;
  /** Sent as a bearer token. Never shown. */
  readonly key?: string | undefined;
  /** Name for the records. Default: the model's. */
  readonly name?: string | undefined;
  /** Most requests at once; how many of them there are adapts to the endpoint. Default 64. */
  readonly concurrency?: number | undefined;
  /** Tries of a request before it has failed. Default 6. */
  readonly tries?: number | undefined;
  /** Time allowed until there is a connection, in milliseconds. Default 10,000. */
  readonly connectMs?: number | undefined;
  /** Time allowed from there until the answer begins. Default: the whole time. */
  readonly firstByteMs?: number | undefined;
  /** Time allowed for one try as a whole, in milliseconds. Default 600,000. */
  readonly wholeMs?: number | undefined;
  /** How the endpoint is asked for JSON: in whatever form it takes, or in this one and no other. Default "auto". */
  readonly schemas?: SchemaForm | undefined;
  /** The connections, where they are not to be this module's own; whoever gives them closes them. */
  readonly dispatcher?: Dispatcher | undefined;
  readonly clock?: Clock | undefined;
  /** For the jitter of waits; results do not depend on it. Default Math.random. */
  readonly random?: Random | undefined;
  /** Environment for proxies and certificates. Default process.env. */
  readonly env?: Readonly<Record<string, string | undefined>> | undefined;
}

export interface EndpointModel extends ChatModel {
  /** The endpoint's address, fit to be shown: without key and query. */
  readonly address: string;
  /** Requests under way, those that wait, and how many may be under way now. */
  readonly load: { readonly underWay: number; readonly waiting: number; readonly limit: number };
  /** Names of the models that the endpoint says it has. @throws ModelFailure */
  models(signal?: AbortSignal): Promise<string[]>;
}

/** What one try came to. */
type Outcome =
  | { readonly answer: Answer; readonly milliseconds: number }
  | {
      readonly kind: FailureKind;
      readonly message: string;
      readonly status: number | null;
      readonly milliseconds: number;
      readonly change?: Change | null;
      readonly retryAfterMs?: number | null;
      readonly raw?: string | null;
      readonly finishReason?: string | null;
      readonly usage?: Usage;
    };
type Fault = Exclude<Outcome, { readonly answer: Answer }>;

/**
 * A model behind an endpoint. Connections are made at the first request. Samples that one answer gave together share the seed that
 * was sent, which is the `sampleSeed` of the first of them; their tokens are shared out by length where the server counts them
 * together. A sample that the server leaves out is asked for alone.
 * @throws InputError when an option is wrong.
 */
export function endpointModel(given: EndpointOptions): EndpointModel {
  const parsed = optionsSchema.safeParse(given);
  if (!parsed.success) {
    const [issue] = parsed.error.issues;
    throw new InputError(`endpoint: ${fieldPath(issue?.path ?? [])}: ${issue?.message}`);
  }
  const { model, key, concurrency, tries, connectMs, wholeMs, name = model } = parsed.data;
  const timeouts = { connectMs, wholeMs, firstByteMs: parsed.data.firstByteMs ?? wholeMs };
  const base = baseAddress(parsed.data.url);
  const root = base.pathname.replace(/\/$/, "");
  const address = `${base.origin}${root}`;
  const { clock = systemClock, random = Math.random, env = process.env } = given;
  const headers = ["accept", "application/json", "content-type", "application/json"];
  if (key !== undefined) headers.push("authorization", `Bearer ${key}`);

  const manner = new Manner(parsed.data.schemas);
  const limit = new AdaptiveLimit({ maximum: concurrency });
  const line = new WaitingLine(() => limit.limit);
  const disposal = new AbortController();
  let opening: Promise<Dispatcher> | undefined;
  const dispatcher = (): Promise<Dispatcher> => {
    opening ??=
      given.dispatcher === undefined
        ? endpointDispatcher(new URL(base.origin), { connections: concurrency, connectMs, env })
        : Promise.resolve(given.dispatcher);
    return opening;
  };

  /** Servers may repeat the key that they refuse. */
  const withoutKey = (text: string): string =>
    key === undefined || key.length < LEAST_KEY ? text : text.replaceAll(key, "[key]");
  /** What a model says may be kept for ever, and shown; a gateway that tests its clients gives back their headers. */
  const answerWithoutKey = (body: string): string =>
    key === undefined || PLAIN_WORD.test(key) ? body : withoutKey(body);
  /** A server's words on one line of ours. */
  const shown = (text: string): string => {
    const line = withoutKey(text)
      .replace(/[\s\p{Cc}]+/gu, " ")
      .replace(/[.\s]+$/, "");
    return line.length > SHOWN_MESSAGE ? `${line.slice(0, SHOWN_MESSAGE)} …` : line;
  };

  // A run gives one signal to all of its requests.
  const never = new AbortController().signal;
  const ends = new WeakMap<AbortSignal, Ending>();
  function endOf(given: AbortSignal | undefined): Ending {
    const own = given ?? never;
    let ending = ends.get(own);
    if (ending === undefined) {
      const signal = AbortSignal.any([own, disposal.signal]);
      ending = { signal, crowd: new AbortCrowd(signal) };
      ends.set(own, ending);
    }
    return ending;
  }

  const pathOf = (name: string): string => `${root}/${name}${base.search}`;
  const chatPath = pathOf("chat/completions");
  const limitsOf = (aborted: AbortCrowd): ExchangeLimits => ({ timeouts, maxBytes: MAX_ANSWER_BYTES, aborted });

  /** One try of whoever had a turn in line, which ends with it. Null if it was aborted. */
  async function attempt(body: ChatRequest, stop: readonly string[], aborted: AbortCrowd): Promise<Outcome | null> {
    const sentAt = clock.now();
    const inFlight = line.underWay;
    try {
      const got = await exchange(
        await dispatcher(),
        { origin: base.origin, path: chatPath, method: "POST", headers, body: JSON.stringify(body) },
        limitsOf(aborted),
      );
      if (got === null) return null;
      const at = clock.now();
      const { status } = got;
      const milliseconds = Math.round(at - sentAt);
      const refusal = status === 200 ? hiddenRefusal(got.body) : readRefusal(status, got.body);
      if (refusal !== null) {
        const retryAfterMs = retryAfter(got.retryAfter, at);
        if (refusal.kind === "rate" || OVERLOADED.has(status)) {
          limit.refused({ sentAt, at });
          // Whoever comes next would be refused as well: nobody goes before the server wants to hear of us again.
          if (retryAfterMs) line.hold(clock.sleep(retryWait(1, retryAfterMs, random), disposal.signal));
        }
        return { ...refusal, message: shown(refusal.message), status, retryAfterMs, milliseconds };
      }
      const answer = readAnswer(answerWithoutKey(got.body), stop);
      if ("fault" in answer) {
        const raw = withoutKey(got.body.slice(0, KEPT_RAW));
        return { kind: "answer", message: answer.fault, status, raw, usage: answer.usage, milliseconds };
      }
      let tokens = 0;
      for (const sample of answer.samples) if (sample !== null) tokens = Math.max(tokens, sample.tokens);
      limit.answered({ sentAt, at, inFlight, tokens });
      return { answer, milliseconds };
    } catch (error) {
      if (!(error instanceof ExchangeFault)) throw error;
      const at = clock.now();
      if (error.kind === "timeout") limit.refused({ sentAt, at }); // as TCP takes a lost packet: most often there are too many
      const milliseconds = Math.round(at - sentAt);
      return { kind: error.kind, message: shown(error.message), status: error.status, milliseconds };
    } finally {
      line.leave();
    }
  }

  /** Gets the samples of these indices, one way or the other, and hands each over as it comes. */
  async function ask(indices: readonly number[], work: Work): Promise<void> {
    const { request, ending, onSample } = work;
    const attempts: Attempt[] = [];
    let wanted = indices;
    for (;;) {
      const entered = line.enter(ending.crowd);
      if (entered !== true && !(await entered)) return; // what is missing is marked as aborted by whoever counts the samples
      if (wanted.length > 1 && !manner.many) {
        line.leave();
        return askApart(wanted, work);
      }
      const seed = sampleSeed(request.seed, wanted[0]!);
      const body = chatRequest(model, request, { n: wanted.length, seed }, manner);
      const outcome = await attempt(body, request.stop, ending.crowd);
      if (outcome === null) return;
      let fault: Fault;
      if ("answer" in outcome) {
        const { samples, usage, emptyFinish } = outcome.answer;
        work.usage = addUsage(work.usage, usage);
        const missing = wanted.filter((index, at) => {
          const sample = samples[at] ?? null;
          if (sample !== null) onSample({ index, seed, ...sample });
          return sample === null;
        });
        if (missing.length === 0) return;
        if (wanted.length > 1) {
          if (samples.length === 1) manner.oneSample(); // it takes no notice of n
          return askApart(missing, work);
        }
        const { milliseconds } = outcome;
        fault = {
          kind: "answer",
          message: "a choice without text",
          status: 200,
          finishReason: emptyFinish,
          milliseconds,
        };
        wanted = missing;
      } else {
        if (outcome.change != null && manner.change(outcome.change, body, request.schema)) continue;
        fault = outcome;
        work.usage = addUsage(work.usage, outcome.usage ?? NO_USAGE);
      }
      const { kind, message, status, milliseconds } = fault;
      attempts.push({ kind, message, status, milliseconds });
      const enough = attempts.length >= tries || (kind === "answer" && count(attempts, kind) >= ANSWER_TRIES);
      if (enough || !(mayPass(kind) || kind === "answer")) throw failure(fault, attempts);
      await clock.sleep(retryWait(attempts.length, fault.retryAfterMs ?? null, random), ending.signal);
    }
  }

  /** Each sample in a request of its own; all of them come to an end before one's failure is told. */
  async function askApart(indices: readonly number[], work: Work): Promise<void> {
    const ends = await Promise.allSettled(indices.map((index) => ask([index], work)));
    const reasons = ends.flatMap((end) => (end.status === "rejected" ? [end.reason as unknown] : []));
    if (reasons.length === 0) return;
    throw reasons.find((reason) => reason instanceof ModelFailure && isFatal(reason.kind)) ?? reasons[0];
  }

  function failure(fault: Fault, attempts: readonly Attempt[]): ModelFailure {
    const { kind, message, raw = null, finishReason = null } = fault;
    const count = attempts.length === 1 ? "" : ` in ${attempts.length} tries, the last one`;
    return new ModelFailure(kind, `${name} at ${address}: no answer${count}: ${message}. ${ADVICE[kind]}`, {
      attempts,
      raw,
      finishReason,
    });
  }

  async function generate(given: GenerateRequest, { signal, onChoice }: GenerateOptions = {}): Promise<Generation> {
    const request = resolveRequest(given);
    if (disposal.signal.aborted) throw new Error(`model ${name} was disposed`);
    const wanted: number[] = [];
    for (let index = 0; index < request.n; index += 1) if (!request.skip.includes(index)) wanted.push(index);
    const choices: Choice[] = [];
    const onSample = (choice: Choice): void => {
      choices.push(choice);
      onChoice?.(choice);
    };
    const work: Work = { request, ending: endOf(signal), usage: NO_USAGE, onSample };
    try {
      if (wanted.length > 0) await ask(wanted, work);
    } catch (error) {
      throw error instanceof ModelFailure ? error.withUsage(work.usage) : error;
    }
    if (choices.length < wanted.length) {
      const ended = new Set(choices.map(({ index }) => index));
      for (const index of wanted)
        if (!ended.has(index))
          onSample({ index, seed: sampleSeed(request.seed, index), text: "", finishReason: "aborted", tokens: 0 });
    }
    return { choices: choices.sort((a, b) => a.index - b.index), usage: work.usage };
  }

  async function models(signal?: AbortSignal): Promise<string[]> {
    const request = { origin: base.origin, path: pathOf("models"), method: "GET" as const, headers, body: null };
    const start = clock.now();
    const fail = (kind: FailureKind, said: string, status: number | null): ModelFailure => {
      const message = shown(said);
      const milliseconds = Math.round(clock.now() - start);
      return failure({ kind, message, status, milliseconds }, [{ kind, message, status, milliseconds }]);
    };
    const got = await exchange(await dispatcher(), request, limitsOf(endOf(signal).crowd)).catch((error: unknown) => {
      throw error instanceof ExchangeFault ? fail(error.kind, error.message, error.status) : error;
    });
    if (got === null) throw signal?.reason ?? new Error(`model ${name} was disposed`);
    const { status, body } = got;
    if (status !== 200) {
      const { kind, message } = readRefusal(status, body);
      throw fail(kind, message, status);
    }
    const list = modelList.safeParse(jsonOrNull(body));
    if (!list.success) throw fail("answer", "no list of models", status);
    return list.data.data.map(({ id }) => id);
  }

  return {
    name,
    concurrency,
    address,
    get load() {
      return { underWay: line.underWay, waiting: line.waiting, limit: limit.limit };
    },
    generate,
    models,
    async dispose() {
      disposal.abort();
      const opened = given.dispatcher === undefined ? await opening?.catch(() => undefined) : undefined;
      await opened?.destroy();
    },
  };
}

/** When the requests of one caller end early. */
interface Ending {
  readonly signal: AbortSignal;
  readonly crowd: AbortCrowd;
}

/** What the tries of a request have in common. */
interface Work {
  readonly request: ResolvedRequest;
  readonly ending: Ending;
  /** Of all tries so far, useless ones as well. */
  usage: Usage;
  readonly onSample: (choice: Choice) => void;
}

const ADVICE: Readonly<Record<FailureKind, string>> = {
  key: "Check the key (OPENAI_API_KEY, or the endpoint's in rpo.yaml), its rights and its balance",
  model: "Check the model's name and the address, which usually ends in /v1",
  context: "Shorten the prompt, ask for fewer tokens, or serve the model with a larger context",
  schema: "The endpoint takes this JSON schema in no form that `schemas` allows",
  request: "The setting that it names can't be used with this endpoint",
  rate: "Allow fewer requests at once (concurrency), or raise the quota; what is done is kept",
  overload: "Look at the server's log; what is done is kept, and the same command goes on later",
  network: "Is the server running, and the address right? What is done is kept",
  timeout: "Allow more time or fewer requests at once; what is done is kept",
  answer: "Does this address speak the OpenAI protocol, and does the model give text?",
};

const modelList = z.object({ data: z.array(z.object({ id: z.string() })) });

function jsonOrNull(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    return null;
  }
}

const count = (attempts: readonly Attempt[], kind: FailureKind): number =>
  attempts.filter((attempt) => attempt.kind === kind).length;

/** What is no address may still have a key in it. */
const withoutSecrets = (text: string): string => text.replace(/[^/]*@/, "…@").replace(/[?#].*$/s, "?…");

/** The base address as given, or as it is meant where the whole path of a request was given. @throws InputError */
function baseAddress(text: string): URL {
  const url = URL.canParse(text) ? new URL(text) : null;
  if (url === null || !/^https?:$/.test(url.protocol))
    throw new InputError(
      `endpoint: url: ${JSON.stringify(withoutSecrets(text))} is no http address; one looks like http://localhost:8000/v1`,
    );
  if (url.username !== "" || url.password !== "")
    throw new InputError(`endpoint: url: ${url.host}: a key does not belong into the address; give it as key`);
  url.pathname = url.pathname.replace(/\/+$/, "").replace(/\/(?:chat\/completions|models)$/, "");
  url.hash = "";
  return url;
}

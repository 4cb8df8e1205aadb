// A chat model whose answers are kept: samples that the store has are served from it, only the missing ones are asked for, each is
// stored the moment it comes, and so is the cause of every failure. In front of any model, with the same promises as any model.
//
// A request is known by the model's identity, its messages and its parameters (request-content.ts). The identity is the name that
// servers know the model by, or the SHA-256 of its file: two addresses that serve one model share their answers. A new model
// under an old name would be given the old one's, so it wants an identity of its own.
import {
  type ChatModel,
  type Choice,
  type FinishReason,
  type GenerateOptions,
  type GenerateRequest,
  type Generation,
  type Usage as ModelUsage,
  NO_USAGE,
  type ResolvedRequest,
  resolveRequest,
} from "../model/model.ts";
import { ModelFailure } from "../model/model-failure.ts";
import { sampleSeed } from "../model/sample-seed.ts";
import { unlessAborted } from "../model/unless-aborted.ts";
import { DiskFull } from "./disk-full.ts";
import type { Admitted, Ledger } from "./ledger.ts";
import { loopTurn } from "./loop-turn.ts";
import { type RequestContent, requestContent, requestHash } from "./request-content.ts";
import type { StoredChoice, StoredFailure } from "./request-store.ts";
import type { RunStore } from "./store.ts";
import { type Asker, NO_SPENDING, type Spending, type UsageKind } from "./usage.ts";

export interface RecordedModelOptions extends Asker {
  readonly store: RunStore;
  readonly ledger: Ledger;
  /** What the model is known by in the store. Default its name. */
  readonly identity?: string;
  /** What the price table and the ledger call the model. Default its name. */
  readonly pricedAs?: string;
}

/** Requests that are being asked, by hash: who asks the same at the same time waits for who asked first. */
const underWay = new WeakMap<RunStore, Map<string, Promise<unknown>>>();

/**
 * Puts the store in front of a model.
 *
 * A generation's `usage` is what the call took of the model: nothing where the store had every sample. Beyond a model's own errors,
 * `generate` throws BudgetReached and DiskFull, before it asks for anything. A request that failed is asked again when it is
 * made again; the failure stays in the store.
 * @throws InputError when there is a budget in currency and no price for the model; DiskFull when there is no space to begin with
 */
export function recordedModel(model: ChatModel, options: RecordedModelOptions): ChatModel {
  const { store, ledger, role, stage, identity = model.name, pricedAs = model.name } = options;
  const asker: Asker = { role, stage };
  ledger.requirePrices([pricedAs]);
  store.reserveSpace();
  const gate = loopTurn();
  const asking = underWay.get(store) ?? new Map<string, Promise<unknown>>();
  underWay.set(store, asking);

  async function generate(given: GenerateRequest, { signal, onChoice }: GenerateOptions = {}): Promise<Generation> {
    const request = resolveRequest(given);
    const content = requestContent(identity, request);
    const hash = requestHash(content);
    for (let other = asking.get(hash); other !== undefined && !signal?.aborted; other = asking.get(hash))
      // Its failure is this one's as well: the same request would only fail again.
      await (signal === undefined ? other : unlessAborted(other, signal));

    const { choices: stored, promptTokens } = store.requests.answers(hash);
    const missing = new Set(Array.from({ length: request.n }, (_, index) => index));
    for (const index of request.skip) missing.delete(index);
    const served = stored.filter(({ sample }) => missing.delete(sample)).map((choice) => asChoice(choice, request));
    if (served.length > 0) {
      const whole = missing.size === 0;
      // Where samples are missing, the prompt is paid for again.
      const saved = { promptTokens: whole ? (promptTokens ?? 0) : 0, completionTokens: tokensOf(served) };
      // Of no consequence but to the sums: a full disk is told to whoever has something to lose.
      count("cached", spendingOf(saved, served, whole ? 1 : 0)).catch(() => undefined);
    }
    for (const choice of served) onChoice?.(choice);
    if (missing.size === 0) {
      const turn = gate();
      if (turn !== null) await turn;
      return { choices: served, usage: NO_USAGE };
    }

    const asked = ask({ hash, content, request, missing, served }, { signal, onChoice });
    if (signal?.aborted) return asked; // asks for nothing, and another may be asking
    asking.set(hash, asked);
    try {
      return await asked;
    } finally {
      asking.delete(hash);
    }
  }

  async function ask(call: Call, { signal, onChoice }: GenerateOptions): Promise<Generation> {
    const { hash, content, request, missing, served } = call;
    const fresh = new Map<number, Choice>();
    const ended = (usage: ModelUsage): Generation => {
      for (const index of missing)
        if (!fresh.has(index) && signal?.aborted) fresh.set(index, abortedChoice(index, request));
      return { choices: [...served, ...fresh.values()].sort((a, b) => a.index - b.index), usage };
    };
    if (signal?.aborted) return ended(NO_USAGE);
    store.refuseWhenFull();
    let admitted: Admitted;
    try {
      admitted = await ledger.admit(pricedAs, mostOf(request, missing.size), signal);
    } catch (error) {
      if (signal?.aborted) return ended(NO_USAGE);
      throw error;
    }

    const saves: Promise<void>[] = [];
    const keep = (choice: Choice): void => {
      if (!missing.has(choice.index) || fresh.has(choice.index)) return;
      const kept = { ...choice, text: choice.text.toWellFormed() }; // as it will be read again
      fresh.set(choice.index, kept);
      if (choice.finishReason === "aborted") onChoice?.(kept);
      else saves.push(handled(save(kept).then(() => onChoice?.(kept))));
    };
    const save = (choice: Choice): Promise<void> => store.requests.saveChoice(hash, content, asStored(choice), asker);
    try {
      const skip = Array.from({ length: request.n }, (_, index) => index).filter((index) => !missing.has(index));
      const { choices, usage: told } = await model.generate({ ...request, skip }, { signal, onChoice: keep });
      for (const choice of choices) keep(choice);
      const usage = knownUsage(told, request, [...fresh.values()]);
      saves.push(handled(count("paid", spendingOf(usage, [...fresh.values()], 1))));
      saves.push(handled(store.requests.savePromptTokens(hash, usage.promptTokens)));
      await Promise.all(saves);
      return ended(usage);
    } catch (error) {
      if (error instanceof DiskFull) throw error;
      const came = [...fresh.values()];
      const told = (error instanceof ModelFailure && error.usage) || NO_USAGE;
      // A model that tells nothing of its failure still gave the samples that came.
      const completionTokens = Math.max(told.completionTokens, tokensOf(came));
      const spent = spendingOf({ ...told, completionTokens }, came, 1);
      saves.push(handled(count(signal?.aborted ? "paid" : "failed", spent)));
      if (!signal?.aborted) saves.push(handled(store.requests.saveFailure(hash, content, failureOf(error), asker)));
      await Promise.all(saves);
      throw error;
    } finally {
      admitted.release();
    }
  }

  function count(kind: UsageKind, spending: Spending): Promise<void> {
    const usage = { ...asker, model: pricedAs, kind, ...spending };
    ledger.add(usage);
    return store.requests.addUsage(usage);
  }

  return { name: model.name, concurrency: model.concurrency, generate, dispose: () => model.dispose() };
}

interface Call {
  readonly hash: string;
  readonly content: RequestContent;
  readonly request: ResolvedRequest;
  /** Indices to ask for. */
  readonly missing: ReadonlySet<number>;
  /** Choices that the store had. */
  readonly served: readonly Choice[];
}

/** A promise that is awaited later, together with others: until then its failure is not unhandled. */
function handled<T>(promise: Promise<T>): Promise<T> {
  promise.catch(() => undefined);
  return promise;
}

const tokensOf = (choices: readonly Choice[]): number => choices.reduce((sum, { tokens }) => sum + tokens, 0);

const spendingOf = (
  { promptTokens, completionTokens, cachedPromptTokens = 0 }: ModelUsage,
  choices: readonly Choice[],
  requests: number,
): Spending => {
  const samples = choices.filter(({ finishReason }) => finishReason !== "aborted").length;
  return { requests, samples, promptTokens, cachedPromptTokens, completionTokens };
};

/**
 * Bytes of UTF-8 that a token of a prompt has at least, on average over a prompt: about 4 in English, 4 to 5 in Chinese with today's
 * vocabularies.
 */
const BYTES_PER_TOKEN = 3;
/** What a chat template puts around a message. */
const TOKENS_PER_MESSAGE = 8;

const tokensIn = (text: string): number => Math.ceil(Buffer.byteLength(text) / BYTES_PER_TOKEN);

const promptTokensOf = ({ messages }: ResolvedRequest): number =>
  messages.reduce((sum, { content }) => sum + tokensIn(content) + TOKENS_PER_MESSAGE, 0);

/**
 * What was used, by length where the server tells nothing of it: else it would be free, and no budget would ever end. No prompt has 0
 * tokens, and no text.
 */
function knownUsage(told: ModelUsage, request: ResolvedRequest, choices: readonly Choice[]): ModelUsage {
  if (told.promptTokens > 0 && told.completionTokens > 0) return told;
  const answered = choices.filter(({ finishReason }) => finishReason !== "aborted");
  if (answered.length === 0) return told;
  return {
    ...told,
    promptTokens: told.promptTokens || promptTokensOf(request),
    completionTokens: told.completionTokens || answered.reduce((sum, { text }) => sum + tokensIn(text), 0),
  };
}

/** What a request takes at most: samples of full length. */
function mostOf(request: ResolvedRequest, samples: number): Spending {
  const promptTokens = promptTokensOf(request);
  const { maxTokens } = request;
  return { ...NO_SPENDING, requests: 1, samples, promptTokens, completionTokens: maxTokens * samples };
}

function asChoice({ sample, text, finishReason, tokens, logprobs }: StoredChoice, { seed }: ResolvedRequest): Choice {
  const end = finishReason as FinishReason; // the store holds no others
  const choice = { index: sample, text, finishReason: end, tokens, seed: sampleSeed(seed, sample) };
  return logprobs === undefined ? choice : { ...choice, logprobs };
}

const asStored = ({ index, text, finishReason, tokens, logprobs }: Choice): StoredChoice => ({
  sample: index,
  text,
  finishReason,
  tokens,
  ...(logprobs === undefined ? {} : { logprobs }),
});

const abortedChoice = (index: number, { seed }: ResolvedRequest): Choice => ({
  index,
  text: "",
  finishReason: "aborted",
  tokens: 0,
  seed: sampleSeed(seed, index),
});

function failureOf(error: unknown): StoredFailure {
  if (error instanceof ModelFailure) {
    const { kind, message, raw, finishReason, attempts } = error;
    return { kind, message, raw, finishReason, attempts };
  }
  const message = error instanceof Error ? error.message : String(error);
  return { kind: "other", message, raw: null, finishReason: null, attempts: [] };
}

// The embedded model: llama.cpp in this process, on a GGUF file, behind the interface of every chat model. Owns the file's
// chat template, the limits of the context and the queue; the sampling itself is in llama-lane.ts. Ignores where the file
// comes from (pull.ts) and never downloads or compiles anything: the library's prebuilt binary is used or none.
//
// The cores are shared out as lanes: contexts of a few threads each, one request at a time in each. On two cores two lanes
// of one thread give as many tokens/s as one of two threads when the machine is quiet, and several times as many when it
// is not, because no thread waits for another at every layer. So keep `concurrency` requests in flight.
import { randomUUID } from "node:crypto";
import { availableParallelism, tmpdir } from "node:os";
import { basename, join } from "node:path";
import type { Llama, LlamaModel, Token } from "node-llama-cpp";
import { z } from "zod";
import { refuseAlienAdapter } from "../adapter/gguf-adapter.ts";
import type { Message } from "../profile/message.ts";
import { type ChatTemplate, ChatTemplateError, chatTemplate } from "./chat-template.ts";
import { GrammarShelf } from "./grammar-shelf.ts";
import { LanePool } from "./lane-pool.ts";
import { LlamaLane, PROMPT_PIECE, type Sample, withoutBrokenEnd } from "./llama-lane.ts";
import {
  type ChatModel,
  type Choice,
  type GenerateOptions,
  type GenerateRequest,
  type Generation,
  resolveRequest,
} from "./model.ts";
import { ModelFailure } from "./model-failure.ts";
import { sampleSeed } from "./sample-seed.ts";
import { unlessAborted } from "./unless-aborted.ts";

/** Tokens of prompt and response together. 2,048 holds a profile, a few turns and an answer; 47 MB a sequence in a 135M model. */
const DEFAULT_CONTEXT_SIZE = 2048;

/** Samples in one batch. More tokens/s up to 8 (of SmolLM2-135M on a processor), hardly more beyond; memory grows with it. */
const DEFAULT_WIDTH = 8;

/** Most lanes taken by default: each holds memory for `width` sequences of its own. */
const DEFAULT_MAX_LANES = 4;

const optionsSchema = z.strictObject({
  path: z.string().min(1),
  name: z.string().min(1).optional(),
  contextSize: z.int().min(64).default(DEFAULT_CONTEXT_SIZE),
  width: z.int().min(1).max(PROMPT_PIECE).default(DEFAULT_WIDTH),
  threads: z.int().min(1).optional(),
  lanes: z.int().min(1).optional(),
  chatTemplate: z.string().min(1).optional(),
  templateVariables: z.record(z.string(), z.union([z.string(), z.number(), z.boolean()])).optional(),
  adapter: z.string().min(1).optional(),
});

export interface EmbeddedModelOptions {
  /** A GGUF file. */
  readonly path: string;
  /** Name for the records. Default: the file's name without `.gguf`, and the adapter's after a `+`. */
  readonly name?: string | undefined;
  /** Tokens of prompt and response together; no more than the model was trained on is used. Default 2048. */
  readonly contextSize?: number | undefined;
  /** Samples of a request evaluated in one batch. Default 8. */
  readonly width?: number | undefined;
  /** Threads of all lanes together, never more than there are cores. Default: the cores. */
  readonly threads?: number | undefined;
  /** Requests served at once. Default: one a thread, at most 4. */
  readonly lanes?: number | undefined;
  /** A Jinja chat template to use in place of the file's own. */
  readonly chatTemplate?: string | undefined;
  /** Variables of the chat template, such as `{ enable_thinking: false }` for Qwen3. */
  readonly templateVariables?: Readonly<Record<string, string | number | boolean>> | undefined;
  /** A LoRA adapter for the model as a GGUF file: `rpo train` leaves one, `rpo adapter convert` makes one of PEFT's form. */
  readonly adapter?: string | undefined;
}

/** A prompt that leaves no room in the context for a single token of response. */
export class PromptTooLongError extends ModelFailure {
  readonly promptTokens: number;
  readonly contextSize: number;
  constructor(promptTokens: number, contextSize: number, model: string) {
    super(
      "context",
      `the prompt has ${promptTokens} tokens and the context of ${model} holds ${contextSize}, prompt and response together: ` +
        "shorten the prompt or set a larger contextSize",
    );
    this.name = "PromptTooLongError";
    this.promptTokens = promptTokens;
    this.contextSize = contextSize;
  }
}

/** An embedded model, with what its template and tokenizer make of a conversation. */
export interface EmbeddedModel extends ChatModel {
  /** Loads the file now rather than at the first request. @throws Error when it is no model that can be run. */
  load(): Promise<void>;
  /** The prompt as the model's chat template writes it. @throws ChatTemplateError */
  renderPrompt(messages: readonly Message[]): Promise<string>;
  /** Tokens of that prompt. @throws ChatTemplateError */
  countPromptTokens(messages: readonly Message[]): Promise<number>;
}

interface Loaded {
  readonly llama: Llama;
  readonly model: LlamaModel;
  readonly template: ChatTemplate;
  readonly contextSize: number;
  readonly lanes: LanePool<LlamaLane>;
  readonly grammars: GrammarShelf;
}

/**
 * A model in this process, loaded at its first request. The same request gives the same text again on the same kind of
 * machine with the same `width`, whatever else runs; the number of lanes and threads changes nothing.
 * @throws zod's error when an option is wrong.
 */
export function embeddedModel(given: EmbeddedModelOptions): EmbeddedModel {
  const options = optionsSchema.parse(given);
  const files = options.adapter === undefined ? [options.path] : [options.path, options.adapter];
  const name = options.name ?? files.map((path) => basename(path, ".gguf")).join("+");
  const threads = Math.min(options.threads ?? Number.POSITIVE_INFINITY, availableParallelism());
  const laneCount = Math.min(options.lanes ?? DEFAULT_MAX_LANES, threads);
  const disposal = new AbortController();
  let loading: Promise<Loaded> | undefined;

  const requests = new Set<Promise<unknown>>();

  function load(): Promise<Loaded> {
    if (disposal.signal.aborted) throw new Error(`model ${name} was disposed`);
    loading ??= loadModel(options, { name, threads, laneCount });
    return loading;
  }

  async function generate(
    given: GenerateRequest,
    { signal, onChoice, onText }: GenerateOptions = {},
  ): Promise<Generation> {
    const request = resolveRequest(given);
    const samples = Array.from({ length: request.n }, (_, index): Sample => {
      const seed = sampleSeed(request.seed, index);
      const skipped = request.skip.includes(index);
      return { index, seed, skipped, tokens: [], text: "", told: 0, finishReason: null, logprobs: null };
    });
    const choices = new Map<number, Choice>();
    const close = ({ index, seed, skipped, tokens, text, finishReason, logprobs }: Sample): void => {
      if (skipped) return;
      const choice: Choice = {
        index,
        text,
        finishReason: finishReason!,
        tokens: tokens.length,
        seed,
        ...(logprobs !== null && { logprobs }),
      };
      choices.set(index, choice);
      onChoice?.(choice);
    };
    const tell = onText && (({ index, skipped }: Sample, text: string) => skipped || onText({ index, text }));

    const ended = signal === undefined ? disposal.signal : AbortSignal.any([signal, disposal.signal]);
    const loaded = await unlessAborted(load(), ended);
    const prompt = loaded === undefined ? [] : promptTokens(loaded, request.messages);
    if (loaded !== undefined) {
      const room = loaded.contextSize - prompt.length;
      if (room < 1) throw new PromptTooLongError(prompt.length, loaded.contextSize, name);
      const grammar = request.schema === null ? null : await loaded.grammars.of(request.schema);
      const wanted = batches(samples, options.width).filter((batch) => batch.some(({ skipped }) => !skipped));
      let failed = false;
      const jobs = wanted.map(async (batch) => {
        try {
          await loaded.lanes.use((lane) =>
            lane.run({
              ...request,
              prompt,
              samples: batch,
              maxTokens: Math.min(request.maxTokens, room),
              grammar,
              cancelled: () => failed || ended.aborted,
              onSample: close,
              onText: tell ?? null,
            }),
          );
        } catch (error) {
          failed = true; // the other batches of the request have no use any more
          throw error;
        }
      });
      await unlessAborted(Promise.all(jobs), ended);
    }
    for (const sample of samples) {
      if (sample.skipped || choices.has(sample.index)) continue;
      if (sample.finishReason === null) {
        sample.finishReason = "aborted";
        sample.text = withoutBrokenEnd(loaded?.model.detokenize(sample.tokens) ?? "");
      }
      close(sample);
    }
    const made = [...choices.values()].toSorted((a, b) => a.index - b.index);
    const completionTokens = made.reduce((sum, choice) => sum + choice.tokens, 0);
    return { choices: made, usage: { promptTokens: prompt.length, completionTokens } };
  }

  return {
    name,
    concurrency: laneCount,
    async generate(given, options) {
      const request = generate(given, options);
      requests.add(request);
      try {
        return await request;
      } finally {
        requests.delete(request);
      }
    },
    load: async () => void (await load()),
    renderPrompt: async (messages) => (await load()).template.render(messages),
    countPromptTokens: async (messages) => promptTokens(await load(), messages).length,
    async dispose() {
      disposal.abort();
      await Promise.allSettled(requests);
      const loaded = await loading?.catch(() => undefined);
      if (loaded === undefined) return;
      await loaded.lanes.dispose();
      await loaded.model.dispose();
      await loaded.llama.dispose();
    },
  };
}

/** The template writes the beginning-of-sequence token where the model wants one, so none is added. */
function promptTokens({ model, template }: Loaded, messages: readonly Message[]): Token[] {
  return model.tokenize(template.render(messages), true);
}

/** Cuts samples into as few batches as fit the width, of sizes as even as can be: 10 at a width of 8 are 5 and 5. */
export function batches<T>(samples: readonly T[], width: number): T[][] {
  const count = Math.ceil(samples.length / width);
  return Array.from({ length: count }, (_, i) =>
    samples.slice(Math.round((i * samples.length) / count), Math.round(((i + 1) * samples.length) / count)),
  );
}

async function loadModel(
  options: z.output<typeof optionsSchema>,
  { name, threads, laneCount }: { name: string; threads: number; laneCount: number },
): Promise<Loaded> {
  const { getLlama, LlamaGrammarEvaluationState, LlamaLogLevel } = await import("node-llama-cpp"); // half a second: only those who use it pay
  const llama = await getLlama({
    gpu: false,
    build: "never",
    skipDownload: true,
    progressLogs: false,
    logLevel: LlamaLogLevel.error,
    maxThreads: threads,
  });
  try {
    const model = await llama.loadModel({ modelPath: options.path });
    if (options.adapter !== undefined)
      await refuseAlienAdapter(options.adapter, model.fileInfo.metadata.general.architecture);
    const source = options.chatTemplate ?? model.fileInfo.metadata.tokenizer?.chat_template;
    if (source === undefined)
      throw new ChatTemplateError(
        `${options.path} carries no chat template (a base model has none): give one as chatTemplate`,
      );
    const template = chatTemplate(source, {
      bosToken: model.tokens.bosString ?? "",
      eosToken: model.tokens.eosString ?? "",
      variables: options.templateVariables,
    });
    const contextSize = Math.min(options.contextSize, model.trainContextSize);
    const lanes = new LanePool({
      limit: laneCount,
      make: async () => {
        const context = await model.createContext({
          contextSize,
          sequences: options.width,
          batchSize: PROMPT_PIECE,
          threads: Math.floor(threads / laneCount),
          flashAttention: false, // its sums depend on how a batch is cut
          failedCreationRemedy: false, // a smaller context would be another model
          ...(options.adapter !== undefined && { lora: options.adapter }),
        });
        return new LlamaLane(model, context, join(tmpdir(), `rpo-prompt-${randomUUID()}`));
      },
    });
    const grammars = new GrammarShelf(
      (text) => llama.createGrammar({ grammar: text }),
      (grammar) => new LlamaGrammarEvaluationState({ model, grammar }),
    );
    return { llama, model, template, contextSize, lanes, grammars };
  } catch (error) {
    await llama.dispose();
    if (error instanceof ChatTemplateError) throw error;
    const reason = error instanceof Error ? error.message : String(error);
    throw new Error(`model ${name} (${options.path}) can't be loaded: ${reason}`, { cause: error });
  }
}

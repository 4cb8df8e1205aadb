// One llama.cpp context with a few sequences: it samples several continuations of one prompt in lockstep, one batch a
// token. Knows tokens, not messages or templates.
//
// The same job gives the same tokens whatever else the machine does, because what a batch holds is decided by the job
// alone: the prompt is evaluated from its start in pieces of one size, its state is copied to the other sequences byte for
// byte, and every step evaluates exactly the samples that are still open, in order. (llama.cpp's kernels may round
// differently in a batch of another shape; a context shared by jobs as they come would therefore not repeat itself.)
import { rm } from "node:fs/promises";
import type { LlamaContext, LlamaContextSequence, LlamaModel, Token } from "node-llama-cpp";
import type { Lane } from "./lane-pool.ts";
import type { FinishReason } from "./model.ts";
import { stopIndex } from "./stop-text.ts";

/**
 * Tokens of the prompt evaluated at once. Larger gains little on a processor and makes the buffers larger (one row of the
 * vocabulary per token: 67 MB for a vocabulary of 262,144) and an abort slower.
 */
export const PROMPT_PIECE = 64;

/** One sample in the making; the lane fills it in, its owner may read it at any time. */
export interface Sample {
  readonly index: number;
  readonly seed: number;
  readonly tokens: Token[];
  text: string;
  finishReason: FinishReason | null;
}

export interface LaneJob {
  readonly prompt: readonly Token[];
  /** At most as many as the lane has sequences. */
  readonly samples: readonly Sample[];
  readonly temperature: number;
  readonly topP: number;
  readonly topK: number;
  readonly minP: number;
  readonly stop: readonly string[];
  /** Longest sample in tokens; prompt and sample together must fit the context. */
  readonly maxTokens: number;
  /** Looked at between batches: once true, the lane leaves the samples as they are. */
  readonly cancelled: () => boolean;
  /** A sample has its text and finish reason. */
  readonly onSample: (sample: Sample) => void;
}

/** See the head of this file. */
export class LlamaLane implements Lane {
  readonly #model: LlamaModel;
  readonly #context: LlamaContext;
  readonly #sequences: readonly LlamaContextSequence[];
  readonly #stateFile: string;

  /** @param stateFile a path of this lane's own, where it puts the state of a prompt for a moment to copy it. */
  constructor(model: LlamaModel, context: LlamaContext, stateFile: string) {
    this.#model = model;
    this.#context = context;
    this.#sequences = Array.from({ length: context.totalSequences }, () => context.getSequence());
    this.#stateFile = stateFile;
  }

  /** Samples until every sample has ended or the job is cancelled. */
  async run(job: LaneJob): Promise<void> {
    const sequences = this.#sequences.slice(0, job.samples.length);
    await this.#evaluatePrompt(job, sequences);
    await this.#sample(job, sequences);
  }

  async dispose(): Promise<void> {
    await this.#context.dispose();
  }

  /** Brings all sequences to the state after all but the last token of the prompt. */
  async #evaluatePrompt(job: LaneJob, sequences: readonly LlamaContextSequence[]): Promise<void> {
    const [first, ...others] = sequences;
    for (const sequence of sequences) await sequence.clearHistory();
    const shared = job.prompt.slice(0, -1);
    for (let start = 0; start < shared.length; start += PROMPT_PIECE) {
      if (job.cancelled()) return;
      await first!.evaluateWithoutGeneratingNewTokens(shared.slice(start, start + PROMPT_PIECE));
    }
    if (others.length === 0 || shared.length === 0) return;
    try {
      await first!.saveStateToFile(this.#stateFile);
      // The risk to accept is a state of another model; this one was written a moment ago.
      for (const sequence of others) await sequence.loadStateFromFile(this.#stateFile, { acceptRisk: true });
    } finally {
      await rm(this.#stateFile, { force: true });
    }
  }

  async #sample(job: LaneJob, sequences: readonly LlamaContextSequence[]): Promise<void> {
    const { temperature, topP, topK, minP } = job;
    const last = job.prompt.at(-1)!;
    let open = job.samples.map((sample, slot) => ({
      sample,
      next: sequences[slot]!.evaluate([last], {
        temperature,
        topP,
        topK,
        minP,
        seed: sample.seed,
        yieldEogToken: true,
      }),
    }));
    try {
      while (open.length > 0 && !job.cancelled()) {
        const tokens = await Promise.all(open.map(({ next }) => next.next()));
        if (job.cancelled()) break;
        for (const [i, { sample, next }] of open.entries()) {
          this.#accept(job, sample, tokens[i]!.value as Token);
          if (sample.finishReason === null) continue;
          await next.return();
          job.onSample(sample);
        }
        open = open.filter(({ sample }) => sample.finishReason === null);
      }
    } finally {
      for (const { next } of open) await next.return();
    }
  }

  #accept(job: LaneJob, sample: Sample, token: Token): void {
    sample.tokens.push(token);
    if (this.#model.isEogToken(token)) {
      sample.text = this.text(sample.tokens.slice(0, -1));
      sample.finishReason = "stop";
      return;
    }
    if (job.stop.length > 0) {
      const text = this.text(sample.tokens);
      const stop = stopIndex(text, job.stop);
      if (stop !== -1) {
        sample.text = text.slice(0, stop);
        sample.finishReason = "stop";
        return;
      }
    }
    if (sample.tokens.length >= job.maxTokens) {
      sample.text = withoutBrokenEnd(this.text(sample.tokens));
      sample.finishReason = "length";
    }
  }

  /** Text of sampled tokens, control tokens left out. */
  text(tokens: readonly Token[]): string {
    return this.#model.detokenize(tokens);
  }
}

/** A character of several tokens of which the last ones were not sampled leaves replacement characters at the end. */
export const withoutBrokenEnd = (text: string): string => text.replace(/\uFFFD+$/u, "");

// One llama.cpp context with a few sequences: it samples several continuations of one prompt in lockstep, one batch a
// token. Knows tokens, not messages or templates.
//
// The same job gives the same tokens whatever else the machine does, because what a batch holds is decided by the job
// alone: the prompt is evaluated from its start in pieces of one size, its state is copied to the other sequences byte for
// byte, and every step evaluates exactly the samples that are still open, in order. (llama.cpp's kernels may round
// differently in a batch of another shape; a context shared by jobs as they come would therefore not repeat itself.) So a
// sample that nobody wants any more is sampled along as long as one of its batch is wanted.
//
// Log-probabilities are the model's own, whatever temperature, filters or grammar the samples were drawn with: they are read
// in a second pass over the finished samples. The first pass, and with it the text, is the same with and without them.
import { rm } from "node:fs/promises";
import type {
  LlamaContext,
  LlamaContextSequence,
  LlamaGrammarEvaluationState,
  LlamaModel,
  Token,
} from "node-llama-cpp";
import type { Lane } from "./lane-pool.ts";
import type { FinishReason, TokenLogprob } from "./model.ts";
import { stopIndex, withoutStopBeginning } from "./stop-text.ts";

/**
 * Tokens of the prompt evaluated at once. Larger gains little on a processor and makes the buffers larger (one row of the
 * vocabulary per token: 67 MB for a vocabulary of 262,144) and an abort slower.
 */
export const PROMPT_PIECE = 64;

/**
 * Tokens scored at once. One, as they are sampled: for several, llama.cpp has kernels that round otherwise, which moved
 * log-probabilities by up to 0.3 (SmolLM2-135M in Q4_1, AVX2), so that the token taken at temperature 0 was not the likeliest.
 */
const SCORED_PIECE = 1;

/** Log of the smallest number above 0 that a float holds: of a token whose probability is less than that, no more is known. */
const LEAST_LOGPROB = Math.log(2 ** -149);

/** The distribution as the model gives it: the sampler takes the likeliest token and alters nothing. */
const UNALTERED = { temperature: 0 } as const;

/** One sample in the making; the lane fills it in, its owner may read it at any time. */
export interface Sample {
  readonly index: number;
  readonly seed: number;
  /** Whether its caller has it already: it is sampled only to keep the batch what it was. */
  readonly skipped: boolean;
  readonly tokens: Token[];
  text: string;
  /** How much of the text was told by `onText`. */
  told: number;
  finishReason: FinishReason | null;
  logprobs: readonly TokenLogprob[] | null;
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
  /** What the samples are held to; null for free text. */
  readonly grammar: Grammar | null;
  /** How many likeliest tokens are wanted beside each sampled one; null for no log-probabilities. */
  readonly logprobs: number | null;
  /** Looked at between batches: once true, the lane leaves the samples as they are. */
  readonly cancelled: () => boolean;
  /** A sample has its text, finish reason and log-probabilities. */
  readonly onSample: (sample: Sample) => void;
  /** A sample has a further piece of text that it is sure to keep. Null where nobody listens, which costs nothing. */
  readonly onText: ((sample: Sample, piece: string) => void) | null;
}

/** A grammar that samples can be held to. */
export interface Grammar {
  /** The state before the first token of a sample; each has its own. */
  readonly begin: () => LlamaGrammarEvaluationState;
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
    if (job.logprobs === null) return;
    for (const [slot, sample] of job.samples.entries()) {
      if (sample.finishReason === null || sample.skipped) continue;
      sample.logprobs = await this.#score(job, sequences[slot]!, sample);
      if (job.cancelled()) return;
      job.onSample(sample);
    }
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
        ...(job.grammar !== null && { grammarEvaluationState: job.grammar.begin() }),
      }),
    }));
    try {
      while (open.some(({ sample }) => !sample.skipped) && !job.cancelled()) {
        const tokens = await Promise.all(open.map(({ next }) => next.next()));
        if (job.cancelled()) break;
        for (const [i, { sample, next }] of open.entries()) {
          this.#accept(job, sample, tokens[i]!.value as Token);
          if (job.onText !== null) this.#tell(job, sample);
          if (sample.finishReason === null) continue;
          await next.return();
          if (job.logprobs === null) job.onSample(sample);
        }
        open = open.filter(({ sample }) => sample.finishReason === null);
      }
    } finally {
      for (const { next } of open) await next.return();
    }
  }

  /** Tells what is new of the text and sure to stay: whole characters that no stop text can take back. */
  #tell({ onText, stop }: LaneJob, sample: Sample): void {
    const text =
      sample.finishReason === null
        ? withoutStopBeginning(withoutBrokenEnd(this.text(sample.tokens)), stop)
        : sample.text;
    if (text.length <= sample.told) return;
    onText!(sample, text.slice(sample.told));
    sample.told = text.length;
  }

  /** Log-probabilities of the tokens that make up the text; the end of turn and what belongs to a stop text have none. */
  async #score(job: LaneJob, sequence: LlamaContextSequence, sample: Sample): Promise<readonly TokenLogprob[] | null> {
    const tokens = this.#textTokens(sample);
    const shared = job.prompt.length - 1;
    await sequence.eraseContextTokenRanges([{ start: shared, end: sequence.nextTokenIndex }]);
    const inputs = [job.prompt[shared]!, ...tokens.slice(0, -1)];
    const logprobs: TokenLogprob[] = [];
    for (let start = 0; start < tokens.length; start += SCORED_PIECE) {
      if (job.cancelled()) return null;
      const piece = inputs.slice(start, start + SCORED_PIECE);
      const scored = await sequence.controlledEvaluate(
        piece.map((token) => [token, { generateNext: { probabilities: true, options: UNALTERED } }]),
      );
      for (const [i, output] of scored.entries()) {
        const probabilities = output!.next.probabilities!;
        // llama.cpp adds them up in single precision, where the tail of a large vocabulary is lost: they come to more than 1.
        let sum = 0;
        for (const probability of probabilities.values()) sum += probability;
        logprobs.push({
          token: this.#tokenText(tokens[start + i]!),
          logprob: logarithm((probabilities.get(tokens[start + i]!) ?? 0) / sum),
          // The map goes from the likeliest to the least likely.
          top: [...probabilities.entries().take(job.logprobs!)].map(([token, probability]) => ({
            token: this.#tokenText(token),
            logprob: logarithm(probability / sum),
          })),
        });
      }
    }
    return logprobs;
  }

  #textTokens({ tokens, text, finishReason }: Sample): Token[] {
    if (finishReason !== "stop") return [...tokens];
    if (this.#model.isEogToken(tokens.at(-1)!)) return tokens.slice(0, -1);
    let count = tokens.length;
    while (count > 0 && this.text(tokens.slice(0, count - 1)).length >= text.length) count--;
    return tokens.slice(0, count);
  }

  /** Text of one token, a control token's own name included. */
  #tokenText(token: Token): string {
    return this.#model.detokenize([token], true);
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

const logarithm = (probability: number): number => Math.max(Math.log(probability), LEAST_LOGPROB);

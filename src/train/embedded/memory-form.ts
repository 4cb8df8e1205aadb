// Which form of the model fits a machine's memory. Estimates count what the graphs keep (operators/ say what each backward pass
// asks for), in fp32, and err on the side of too much: beside what a process with SmolLM2-135M's shape and rank 16 had in memory of
// its own at the most (RssAnon of bench/train/ours.ts, without the mapped weights), they are, less those weights,
//
//   tokens, scored      510, 256    638, 128   1,022, 768
//   whole, estimate      1.6 GB      2.0 GB       3.4 GB
//   whole, measured      1.1 GB      1.4 GB       2.4 GB
//   blocks, estimate     0.6 GB      0.6 GB       0.9 GB
//   blocks, measured     0.4 GB      0.5 GB       0.6 GB
import { InputError } from "../../dataset/input-error.ts";
import { type Architecture, tensorShapes } from "../../weights/architecture.ts";
import type { LoraConfig } from "../lora-weights.ts";
import type { FormName } from "./form.ts";
import { QUERY_RUNS } from "./layout.ts";
import { keepInputs, trainableLayers, VOCABULARY_ROWS } from "./step-graph.ts";

const FLOAT_BYTES = 4;

/** Node.js, ONNX Runtime, the tokenizer and what is read of the rows: 170 MB measured without rows. */
const PROCESS_BYTES = 250e6;

/** Copies of the adapter: itself, the step's gradients, the batch's, and AdamW's two moments. */
const ADAPTER_COPIES = 5;

/**
 * ONNX Runtime's arena holds more than what is in use, since pieces that were given back seldom fit the next request. After the
 * second row of a length it was 35 % more at 1,022 tokens and none at 510.
 */
const ARENA_SLACK = 1.3;

/**
 * The same of what the C library holds, from which blocks take their memory: one and a half times to three times what is in use,
 * differing from run to run, with matrices of 26 MB.
 */
const HEAP_SLACK = 3.2;

/** Of the scores [heads, T, T] the share that is computed, since queries come in runs (operators/causal-attention.ts). */
const SCORE_SHARE = (QUERY_RUNS + 1) / (2 * QUERY_RUNS);

/** Matrices of a run's scores, at most [heads, T / runs, T], that the backward pass has at once: P, its gradient, the scores' gradient. */
const SCORE_MATRICES = 3;

/** [T, feedForward] and [T, hidden] matrices that one block's backward pass has at once beside those kept. */
const FEED_FORWARD_GRADIENTS = 4;
const STREAM_GRADIENTS = 4;

/** What a step with a row takes in each form at the most, in bytes, mapped weights included. */
export function stepBytes(
  architecture: Architecture,
  config: LoraConfig,
  longest: number,
): Readonly<Record<FormName, number>> {
  const { hidden, heads, headDim, kvHeads, feedForward, qkNorm, postNorms, layers, vocabulary } = architecture;
  const T = longest;
  const N = longest; // at the most: a row that is nearly all completion
  const count = (shape: readonly number[]) => shape.reduce((product, size) => product * size, 1);

  let weights = 0;
  for (const shape of tensorShapes(architecture).values()) weights += count(shape);
  let adapter = 0;
  for (const { A, B } of trainableLayers(architecture, config)) adapter += count(A) + count(B);

  const q = heads * headDim;
  const kv = kvHeads * headDim;
  // For each token of a block: the stream before and between its halves and both normed, queries, what attention gives in two
  // layouts, keys and values, softmax, and the gate, its sigmoid and function, the other half and their product.
  let kept = 4 * hidden + 3 * q + 2 * kv + SCORE_SHARE * heads * T + 5 * feedForward;
  if (qkNorm) kept += q + kv;
  if (postNorms) kept += 4 * hidden;
  // A mask in bytes, its factors, and the input with them.
  for (const { block, width } of keepInputs(architecture, config)) if (block === 0) kept += 2.25 * width;

  const scores = (SCORE_MATRICES * heads * T) / QUERY_RUNS;
  const block = T * (scores + FEED_FORWARD_GRADIENTS * feedForward + STREAM_GRADIENTS * hidden);
  const masks = 2 * T * T + 4 * T * headDim;
  // Logits of a part of the vocabulary, their log-softmax and its exponential; averages of output rows by part.
  const parts = Math.ceil(vocabulary / VOCABULARY_ROWS);
  const head = N * (3 * Math.min(VOCABULARY_ROWS, vocabulary) + (parts + 3) * hidden);
  const streams = (layers.length + 3) * T * hidden;

  const fixed = PROCESS_BYTES + FLOAT_BYTES * (weights + ADAPTER_COPIES * adapter + masks);
  const largest = Math.max(block, head);
  return {
    whole: fixed + FLOAT_BYTES * ARENA_SLACK * (layers.length * T * kept + largest),
    blocks: fixed + FLOAT_BYTES * (streams + HEAP_SLACK * Math.max(T * kept + block, head)),
  };
}

/**
 * "whole" where it fits.
 * @param longest tokens of the longest row, its prompt and completions together
 * @param memory bytes; `free` is what the machine has, `limit` what the user allows, null if nothing was said
 * @throws InputError if even blocks are beyond what the user allows. Beyond what is free they are tried: the system may make room.
 */
export function chooseForm(
  architecture: Architecture,
  config: LoraConfig,
  longest: number,
  memory: { readonly free: number; readonly limit: number | null },
): FormName {
  const { whole, blocks } = stepBytes(architecture, config, longest);
  if (whole <= (memory.limit ?? memory.free)) return "whole";
  if (memory.limit !== null && blocks > memory.limit)
    throw new InputError(
      `memory: a row of ${longest} tokens takes about ${gigabytes(blocks)} with this model and adapter, and ` +
        `${gigabytes(memory.limit)} are allowed; allow more, or leave long rows out`,
    );
  return "blocks";
}

const gigabytes = (bytes: number): string => `${(bytes / 1e9).toFixed(1)} GB`;

// A training row as one sequence of tokens, prompt | chosen | rejected: the completions share the prompt's keys and values, and
// so its cost. A completion does not see the other one, and its positions go on from the prompt's last, so that every token
// gets what it would get in a sequence of its own (packing with block-diagonal masks, Krell et al. 2021). Pure: sizes and arrays,
// no model.
//
// A completion's last token is left out: nothing is predicted from it.
import type { TokenRow } from "../token-row.ts";

/** Added to the score of a key that is not seen. exp of it is 0 in float32, and sums with scores stay finite. */
export const HIDDEN = -1e9;

/**
 * Runs in which the queries of attention are taken (operators/causal-attention.ts): of four, five eighths of the scores are
 * computed. With more runs the products get too small to be quick.
 */
export const QUERY_RUNS = 4;

/** Sizes of a layout's arrays, in tokens: T of the sequence, N of the scored positions. */
export interface LayoutSize {
  readonly tokens: number;
  readonly scored: number;
}

/** Where a run of tokens stands in the sequence, and the position that its first token has in the model. */
interface Part {
  readonly start: number;
  readonly length: number;
  readonly position: number;
}

/**
 * T tokens, N scored positions, K completions; arrays rows first. No padding (memory and time are best without), but of a row with fewer tokens
 * than runs: ONNX Runtime does not write the products of an empty run. Padding sees itself and is seen by nothing.
 */
export interface Layout {
  readonly size: LayoutSize;
  readonly completions: number;
  /** [T] */
  readonly ids: BigInt64Array;
  /** [T] positions for the rotary embedding: every completion's begin after the prompt's. */
  readonly positionIds: Int32Array;
  /** [N] indices into the sequence of tokens from which the next is predicted; the prompt's last one once a completion. */
  readonly positions: BigInt64Array;
  /** [N] the tokens predicted there. */
  readonly targets: BigInt64Array;
  /** [K, N] 1 where the target is a token of the completion, else 0. */
  readonly segment: Float32Array;
  /** The prompt, then the completions without their last tokens. */
  readonly parts: readonly Part[];
}

/** The sizes of the row's layout. */
export function layoutSize(row: TokenRow): LayoutSize {
  let tokens = row.prompt.length;
  let scored = 0;
  for (const completion of row.completions) {
    tokens += Math.max(0, completion.length - 1);
    scored += completion.length;
  }
  return { tokens: Math.max(tokens, QUERY_RUNS), scored };
}

/** Lays the row out. @throws RangeError if the prompt is empty */
export function layOut(row: TokenRow): Layout {
  if (row.prompt.length === 0) throw new RangeError(`${row.id}: the prompt is empty`);
  const size = layoutSize(row);
  const { tokens: T, scored: N } = size;
  const K = row.completions.length;
  const prompt = { start: 0, length: row.prompt.length, position: 0 };
  const parts: Part[] = [prompt];
  const ids = new BigInt64Array(T);
  const positionIds = new Int32Array(T);
  const positions = new BigInt64Array(N);
  const targets = new BigInt64Array(N);
  const segment = new Float32Array(K * N);
  row.prompt.forEach((token, i) => {
    ids[i] = BigInt(token);
    positionIds[i] = i;
  });
  let start = prompt.length;
  let scored = 0;
  row.completions.forEach((completion, k) => {
    const length = Math.max(0, completion.length - 1);
    parts.push({ start, length, position: prompt.length });
    completion.forEach((token, i) => {
      if (i < length) {
        ids[start + i] = BigInt(token);
        positionIds[start + i] = prompt.length + i;
      }
      positions[scored] = BigInt(i === 0 ? prompt.length - 1 : start + i - 1);
      targets[scored] = BigInt(token);
      segment[k * N + scored] = 1;
      scored += 1;
    });
    start += length;
  });
  return { size, completions: K, ids, positionIds, positions, targets, segment, parts };
}

/**
 * [T, T] what is added to the scores of a query's row: 0 for the keys it sees, else HIDDEN. It sees itself and what stands
 * before it in its completion and the prompt, fewer than `window` positions back where there is a window.
 */
export function attentionMask(layout: Layout, window: number | null): Float32Array {
  const T = layout.size.tokens;
  const mask = new Float32Array(T * T).fill(HIDDEN);
  const reach = window ?? Number.POSITIVE_INFINITY;
  for (let i = 0; i < T; i += 1) mask[i * T + i] = 0;
  const [prompt, ...completions] = layout.parts as readonly [Part, ...Part[]];
  const see = (query: number, from: number, to: number) => mask.fill(0, query * T + from, query * T + to);
  for (let i = 0; i < prompt.length; i += 1) see(i, Math.max(0, i + 1 - reach), i + 1);
  for (const part of completions) {
    for (let i = 0; i < part.length; i += 1) {
      const query = part.start + i;
      const oldest = Math.max(0, part.position + i + 1 - reach);
      if (oldest < prompt.length) see(query, oldest, prompt.length);
      see(query, part.start + Math.max(0, oldest - part.position), query + 1);
    }
  }
  return mask;
}

/** Rows of each of the QUERY_RUNS runs, as equal as can be, and the row after its last one. */
export function queryRuns({ tokens }: LayoutSize): { sizes: BigInt64Array; ends: BigInt64Array } {
  const ends = Array.from({ length: QUERY_RUNS }, (_, run) => Math.ceil(((run + 1) * tokens) / QUERY_RUNS));
  return {
    sizes: BigInt64Array.from(ends, (after, run) => BigInt(after - (ends[run - 1] ?? 0))),
    ends: BigInt64Array.from(ends, BigInt),
  };
}

/** The row as rows of one completion each: the form without sharing, for comparison. */
export function splitCompletions(row: TokenRow): TokenRow[] {
  return row.completions.map((completion) => ({ ...row, completions: [completion] }));
}

// What the graphs of step-graph.ts are fed with, by the names of their inputs: a row laid out as arrays, a row's loss, an
// adapter, dropout masks. Knows no session.
import { Tensor } from "onnxruntime-node";
import type { Architecture } from "../../weights/architecture.ts";
import type { LoraConfig, LoraWeights } from "../lora-weights.ts";
import type { RowLoss } from "../row-loss.ts";
import type { TokenRow } from "../token-row.ts";
import { attentionKinds } from "./attention-kinds.ts";
import { keptElements } from "./dropout-mask.ts";
import { attentionMask, layOut, queryRuns } from "./layout.ts";
import { rotaryTable } from "./rotary-table.ts";
import { keepInputs, trainableLayers } from "./step-graph.ts";

/** A tensor by the name of an input, made when it is asked for; undefined for a name that is not among these. */
export type Feeds = (input: string) => Tensor | undefined;

const floats = (values: Float32Array | readonly number[], ...shape: number[]) =>
  new Tensor("float32", values instanceof Float32Array ? values : Float32Array.from(values), shape);
const integers = (values: BigInt64Array) => new Tensor("int64", values, [values.length]);

const among =
  (tensors: ReadonlyMap<string, Tensor>): Feeds =>
  (input) =>
    tensors.get(input);

/** The row, and the tables that its positions and the architecture's kinds of attention ask for. */
export function rowFeeds(architecture: Architecture, row: TokenRow): Feeds {
  const layout = layOut(row);
  const { tokens: T, scored: N } = layout.size;
  const { headDim } = architecture;
  const kinds = attentionKinds(architecture);
  const runs = queryRuns(layout.size);
  const tensors = new Map<string, Tensor>([
    ["ids", integers(layout.ids)],
    ["positions", integers(layout.positions)],
    ["targets", integers(layout.targets)],
    ["segment", floats(layout.segment, layout.completions, N)],
    ["run_sizes", integers(runs.sizes)],
    ["run_ends", integers(runs.ends)],
  ]);
  kinds.ropes.forEach((rope, i) => {
    const { cos, sin } = rotaryTable(rope, headDim, layout.positionIds);
    tensors.set(`cos_${i}`, floats(cos, T, headDim));
    tensors.set(`sin_${i}`, floats(sin, T, headDim));
  });
  kinds.windows.forEach((window, i) => {
    tensors.set(`mask_${i}`, floats(attentionMask(layout, window), T, T));
  });
  return among(tensors);
}

/** @throws RangeError if the loss is not of as many completions as the row */
export function lossFeeds({ id, completions }: TokenRow, loss: RowLoss): Feeds {
  const K = completions.length;
  if (loss.slope.length !== K || loss.linear.length !== K)
    throw new RangeError(`${id}: a loss of ${loss.slope.length} completions for a row of ${K}`);
  return among(
    new Map([
      ["slope", floats(loss.slope, K)],
      ["linear", floats(loss.linear, K)],
      ["bias", floats([loss.bias], 1)],
      ["softplus_of_minus", floats([loss.softplusOfMinus], 1)],
      ["softplus_of_plus", floats([loss.softplusOfPlus], 1)],
      ["sigmoid_of_minus", floats([loss.sigmoidOfMinus], 1)],
    ]),
  );
}

/**
 * The adapter's matrices, in place: what changes in them changes here.
 * @throws RangeError if a layer of the configuration is missing or of another shape
 */
export function loraFeeds(
  architecture: Architecture,
  config: LoraConfig,
  { pairs }: Pick<LoraWeights, "pairs">,
): Feeds {
  const tensors = new Map<string, Tensor>();
  for (const { name, A, B } of trainableLayers(architecture, config)) {
    const pair = pairs.get(name);
    if (pair?.A.length !== A[0] * A[1] || pair.B.length !== B[0] * B[1])
      throw new RangeError(`the adapter has no matrices of rank ${config.rank} for ${name}`);
    tensors.set(`${name}.lora_A`, floats(pair.A, ...A));
    tensors.set(`${name}.lora_B`, floats(pair.B, ...B));
  }
  return among(tensors);
}

/** Dropout masks of T tokens, drawn each time that they are asked for. */
export function keepFeeds(architecture: Architecture, config: LoraConfig, T: number, seed: number): Feeds {
  const keeps = new Map(keepInputs(architecture, config).map((keep) => [keep.name, keep]));
  return (input) => {
    const keep = keeps.get(input);
    if (keep === undefined) return undefined;
    return new Tensor("uint8", keptElements(seed, keep.place, T * keep.width, config.dropout), [T, keep.width]);
  };
}

/** The tensors of a graph's inputs, each from the first of the feeds that has it. @throws RangeError if none has it */
export function feedInputs(inputs: readonly string[], feeds: readonly Feeds[]): Record<string, Tensor> {
  const fed: Record<string, Tensor> = {};
  for (const input of inputs) {
    let tensor: Tensor | undefined;
    for (const feed of feeds) {
      tensor = feed(input);
      if (tensor !== undefined) break;
    }
    if (tensor === undefined) throw new RangeError(`nothing to feed ${input} with`);
    fed[input] = tensor;
  }
  return fed;
}

// The graphs of the embedded trainer. Whole: one graph computes a row's log-probabilities, or its loss with the gradients of the
// adapter. In blocks, for little memory: the residual stream between blocks is all that is kept of the forward pass, and each
// block's backward pass computes its forward pass again (Chen et al., Training Deep Nets with Sublinear Memory Cost, 2016).
//
// Lengths are symbolic: T tokens, N scored positions, K completions. All floating-point inputs are of the graph's type.
//
//   ids             int64 [T]
//   cos_i, sin_i    [T, headDim]   the i-th kind of rotary table (attention-kinds.ts)
//   mask_i          [T, T]         added to the scores, the i-th kind of window
//   run_sizes       int64 [R]      rows of the runs of queries, R = QUERY_RUNS (layout.ts)
//   run_ends        int64 [R]      the row after each run's last
//   positions       int64 [N]      rows whose next token is scored; may repeat
//   targets         int64 [N]
//   segment         [K, N]         1 where position n belongs to completion k; columns of padding are 0
//   slope, linear   [K]            RowLoss, with bias, softplus_of_minus, softplus_of_plus and sigmoid_of_minus [1]
//   <layer>.lora_A  [rank, width in], <layer>.lora_B [width out, rank]
//   model.layers.<i>.<site>.keep   uint8 [T, width in], 0 where LoRA dropout drops; only where there is dropout
//
// Outputs: logprobs [K]; of a step also loss [1], <layer>.lora_A.gradient and <layer>.lora_B.gradient.
import type { Architecture, LinearLayer } from "../../weights/architecture.ts";
import { LINEAR_LAYERS, linearShape } from "../../weights/architecture.ts";
import type { FrozenWeights } from "../../weights/frozen-weights.ts";
import type { LoraConfig } from "../lora-weights.ts";
import { attentionKinds } from "./attention-kinds.ts";
import type { DropoutSite } from "./block.ts";
import { block, DROPOUT_SITES } from "./block.ts";
import { FrozenInitializers, weightsFolder } from "./frozen-initializers.ts";
import type { HeadTensors } from "./head.ts";
import { headLogprobs, headLoss } from "./head.ts";
import { QUERY_RUNS } from "./layout.ts";
import { OnnxModel } from "./onnx-model.ts";
import { type QueryRuns, runMasks } from "./operators/causal-attention.ts";
import { dropout } from "./operators/dropout.ts";
import { embedding } from "./operators/embedding.ts";
import type { LoraValues } from "./operators/lora-linear.ts";
import type { Rotation } from "./operators/rotary.ts";
import { rotation } from "./operators/rotary.ts";
import type { Runs } from "./operators/row-runs.ts";
import { scale } from "./operators/scale.ts";
import type { FloatType, Value } from "./tape.ts";
import { Tape } from "./tape.ts";

/** What a graph is for: a step of training, or log-probabilities alone, which has neither gradients nor dropout. */
export type GraphKind = "step" | "logprobs";

export interface GraphOptions {
  readonly kind: GraphKind;
  /** float32 if not given. */
  readonly type?: FloatType;
}

/** A layer's trained matrices as inputs and outputs of graphs. */
export interface TrainableLayer {
  /** `model.layers.0.self_attn.q_proj` */
  readonly name: string;
  readonly block: number;
  /** [rank, width in] */
  readonly A: readonly [number, number];
  /** [width out, rank] */
  readonly B: readonly [number, number];
}

/** A dropout mask as an input of graphs, uint8 [T, width]. */
export interface KeepInput {
  /** `model.layers.0.mlp_input.keep` */
  readonly name: string;
  /** Name without `.keep`, by which its draws are made. */
  readonly place: string;
  readonly block: number;
  readonly width: number;
}

/** A graph that is ready for a session. */
export interface Graph {
  /** An ONNX ModelProto. */
  readonly model: Uint8Array;
  readonly inputs: readonly string[];
  readonly outputs: readonly string[];
}

export interface StepGraph extends Graph {
  /** Where the session finds the weights (frozen-initializers.ts). */
  readonly folder: string;
}

/** Blocks from `first` to before `end`, as one graph for each direction. */
export interface BlockGraph {
  readonly first: number;
  readonly end: number;
  /** Input `x` [T, hidden], output `y`. */
  readonly forward: Graph;
  /** Inputs `x` and `dy`, outputs the blocks' gradients and, but in the first, `dx`; null of log-probabilities alone. */
  readonly backward: Graph | null;
}

export interface BlockGraphs {
  readonly folder: string;
  /** Input `ids`, output `x` [T, hidden]. */
  readonly embedding: Graph;
  readonly blocks: readonly BlockGraph[];
  /** Inputs `x` and those of positions and loss; outputs `logprobs` and, of a step, `loss` and `dx`. */
  readonly head: Graph;
}

/** Rows of the output matrix that are multiplied at once: [N, rows] logits are in memory, a few MB for some hundred positions. */
export const VOCABULARY_ROWS = 8192;

/** The layers that an adapter trains, first block first. */
export function trainableLayers(architecture: Architecture, lora: LoraConfig | null): readonly TrainableLayer[] {
  return architecture.layers.flatMap((_, i) =>
    LINEAR_LAYERS.filter((layer) => lora?.targets.includes(layer)).map((layer) => {
      const [out, width] = linearShape(architecture, layer);
      const rank = lora?.rank as number;
      return { name: `${blockPrefix(i)}${layer}`, block: i, A: [rank, width], B: [out, rank] } as const;
    }),
  );
}

/** The dropout masks that a step's graphs take, first block first. */
export function keepInputs(architecture: Architecture, lora: LoraConfig | null): readonly KeepInput[] {
  if (lora === null || lora.dropout === 0) return [];
  return architecture.layers.flatMap((_, i) =>
    (Object.keys(DROPOUT_SITES) as DropoutSite[]).flatMap((site) => {
      const layer = DROPOUT_SITES[site].find((candidate) => lora.targets.includes(candidate));
      if (layer === undefined) return [];
      const place = `${blockPrefix(i)}${site}`;
      return [{ name: `${place}.keep`, place, block: i, width: linearShape(architecture, layer)[1] }];
    }),
  );
}

/** The whole model as one graph; `lora` is null for the frozen model alone, which has no steps. */
export function stepGraph(weights: FrozenWeights, lora: LoraConfig | null, options: GraphOptions): StepGraph {
  const folder = weightsFolder(weights);
  const parts = new GraphParts(weights, folder, lora, options);
  let x = parts.embedded();
  weights.architecture.layers.forEach((_, i) => {
    x = parts.block(i, x);
  });
  const seeds = parts.head(x);
  if (options.kind === "step") {
    parts.tape.backward(seeds);
    parts.gradientOutputs();
  }
  return { folder, ...parts.graph() };
}

/** The same model as graphs of a few blocks each. */
export function blockGraphs(
  weights: FrozenWeights,
  lora: LoraConfig | null,
  options: GraphOptions & { readonly blocksPerGraph?: number },
): BlockGraphs {
  const { architecture } = weights;
  const { kind, blocksPerGraph = 1 } = options;
  const folder = weightsFolder(weights);
  const fresh = () => new GraphParts(weights, folder, lora, options);
  const shape = ["T", architecture.hidden] as const;

  const start = fresh();
  start.tape.output(start.embedded().name, "x", shape);

  const head = fresh();
  const last = head.tape.input("x", shape, kind === "step");
  head.tape.backward(head.head(last));
  if (kind === "step") head.tape.output(head.tape.gradient(last), "dx", shape);

  const blocks: BlockGraph[] = [];
  for (let first = 0; first < architecture.layers.length; first += blocksPerGraph) {
    const end = Math.min(first + blocksPerGraph, architecture.layers.length);
    const indices = Array.from({ length: end - first }, (_, i) => first + i);
    const forward = fresh();
    const y = indices.reduce((value, i) => forward.block(i, value), forward.tape.input("x", shape));
    forward.tape.output(y.name, "y", shape);
    blocks.push({ first, end, forward: forward.graph(), backward: kind === "step" ? backwardOf(indices) : null });
  }
  return { folder, embedding: start.graph(), blocks, head: head.graph() };

  function backwardOf(indices: readonly number[]): Graph {
    const parts = fresh();
    const x = parts.tape.input("x", shape, indices[0] !== 0);
    const y = indices.reduce((value, i) => parts.block(i, value), x);
    parts.tape.backward([{ value: y, gradient: parts.tape.input("dy", shape).name }]);
    if (x.needsGradient) parts.tape.output(parts.tape.gradient(x), "dx", shape);
    parts.gradientOutputs();
    return parts.graph();
  }
}

const blockPrefix = (i: number) => `model.layers.${i}.`;

/** One graph under construction: the parts of the model on a tape, with the inputs that they ask for. */
class GraphParts {
  readonly tape: Tape;
  readonly #architecture: Architecture;
  readonly #lora: LoraConfig | null;
  readonly #kind: GraphKind;
  readonly #frozen: FrozenInitializers;
  readonly #rotations = new Map<number, Rotation>();
  readonly #queryRuns = new Map<number, QueryRuns>();
  #runs: Runs | undefined;
  readonly #trained: { readonly layer: TrainableLayer; readonly A: Value; readonly B: Value }[] = [];

  constructor(
    weights: FrozenWeights,
    folder: string,
    lora: LoraConfig | null,
    { kind, type = "float32" }: GraphOptions,
  ) {
    this.tape = new Tape(new OnnxModel(), type);
    this.#architecture = weights.architecture;
    this.#lora = lora;
    this.#kind = kind;
    this.#frozen = new FrozenInitializers(this.tape, weights, folder);
  }

  embedded(): Value {
    const { hidden, embeddingScale } = this.#architecture;
    const ids = this.tape.model.input("ids", "int64", ["T"]);
    const rows = embedding(this.tape, this.#frozen.tensor("model.embed_tokens.weight"), ids, hidden);
    return scale(this.tape, rows, embeddingScale);
  }

  block(i: number, x: Value): Value {
    const { tape } = this;
    const kinds = attentionKinds(this.#architecture).layers[i] as { rope: number; window: number };
    const prefix = blockPrefix(i);
    const keeps = this.#kind === "step" ? keepInputs(this.#architecture, this.#lora) : [];
    return block(
      tape,
      this.#architecture,
      {
        frozen: (name) => this.#frozen.tensor(prefix + name),
        norm: (name) => this.#frozen.norm(prefix + name),
        lora: (layer) => this.#loraInputs(i, layer),
        dropped: (site, value) => {
          const keep = keeps.find(({ place }) => place === prefix + site);
          if (keep === undefined) return value;
          const mask = tape.model.input(keep.name, "uint8", ["T", keep.width]);
          return dropout(tape, value, mask, (this.#lora as LoraConfig).dropout);
        },
        rotation: this.#rotation(kinds.rope),
        runs: this.#queryRunsOf(kinds.window),
      },
      x,
    );
  }

  /** Outputs of the head; gives the seeds of the backward pass. */
  head(x: Value): readonly { readonly value: Value; readonly gradient: string }[] {
    const { tape } = this;
    const logprobs = headLogprobs(tape, this.#architecture, this.#headTensors(), x);
    tape.output(logprobs.name, "logprobs", ["K"]);
    if (this.#kind === "logprobs") return [];
    const loss = headLoss(tape, logprobs);
    tape.output(loss.name, "loss", [1]);
    return [{ value: loss, gradient: tape.scalar(1) }];
  }

  gradientOutputs(): void {
    for (const { layer, A, B } of this.#trained) {
      this.tape.output(this.tape.gradient(A), `${layer.name}.lora_A.gradient`, layer.A);
      this.tape.output(this.tape.gradient(B), `${layer.name}.lora_B.gradient`, layer.B);
    }
  }

  graph(): Graph {
    const { model } = this.tape;
    return { model: model.bytes(), inputs: model.inputNames, outputs: model.outputNames };
  }

  #loraInputs(i: number, layer: LinearLayer): LoraValues | undefined {
    if (this.#lora === null || !this.#lora.targets.includes(layer)) return undefined;
    const name = `${blockPrefix(i)}${layer}`;
    const [out, width] = linearShape(this.#architecture, layer);
    const { rank, alpha } = this.#lora;
    const trains = this.#kind === "step";
    const A = this.tape.input(`${name}.lora_A`, [rank, width], trains);
    const B = this.tape.input(`${name}.lora_B`, [out, rank], trains);
    this.#trained.push({ layer: { name, block: i, A: [rank, width], B: [out, rank] }, A, B });
    return { A, B, rank, scale: alpha / rank };
  }

  #rotation(rope: number): Rotation {
    const known = this.#rotations.get(rope);
    if (known !== undefined) return known;
    const { headDim } = this.#architecture;
    const table = (name: string) => this.tape.input(`${name}_${rope}`, ["T", headDim]);
    const made = rotation(this.tape, table("cos"), table("sin"), headDim);
    this.#rotations.set(rope, made);
    return made;
  }

  #queryRunsOf(window: number): QueryRuns {
    const known = this.#queryRuns.get(window);
    if (known !== undefined) return known;
    this.#runs ??= this.#runInputs();
    const mask = this.tape.input(`mask_${window}`, ["T", "T"]).name;
    const made = { ...this.#runs, masks: runMasks(this.tape, mask, this.#runs) };
    this.#queryRuns.set(window, made);
    return made;
  }

  #runInputs(): Runs {
    const { model } = this.tape;
    const sizes = model.input("run_sizes", "int64", [QUERY_RUNS]);
    const ends = model.input("run_ends", "int64", [QUERY_RUNS]);
    const one = model.integers(...Array.from({ length: QUERY_RUNS }, () => 1));
    return { sizes, ends: model.operators("Split", [ends, one], QUERY_RUNS, { axis: 0 }) };
  }

  #headTensors(): HeadTensors {
    const { tiedEmbeddings, vocabulary } = this.#architecture;
    const matrix = tiedEmbeddings ? "model.embed_tokens.weight" : "lm_head.weight";
    const parts: string[] = [];
    for (let first = 0; first < vocabulary; first += VOCABULARY_ROWS)
      parts.push(this.#frozen.rows(matrix, first, Math.min(first + VOCABULARY_ROWS, vocabulary)));
    return {
      norm: this.#frozen.norm("model.norm.weight"),
      output: { whole: this.#frozen.tensor(matrix), parts },
    };
  }
}

// What a decoder of the known families is made of, as data: one description serves the graph, the readers and the writers of
// weights. Names of tensors are those of Hugging Face checkpoints everywhere in the project; other layouts are turned into
// that one where they are read.

/** The families whose checkpoints can be read and trained. */
export const FAMILIES = ["llama", "qwen2", "qwen3", "gemma3"] as const;
export type Family = (typeof FAMILIES)[number];

/** How one layer attends: sliding windows and rotary bases alternate between layers in Gemma 3. */
export interface LayerAttention {
  /** A query sees keys fewer than this many positions back, itself included; null sees all. */
  readonly window: number | null;
  /** Base of the rotary frequencies. */
  readonly ropeTheta: number;
  /** Each rotary frequency is divided by its factor, [headDim / 2] (Llama 3's scaling, linear scaling); null for none. */
  readonly ropeFactors: readonly number[] | null;
}

/** A decoder-only transformer. Sizes are counts of elements. */
export interface Architecture {
  readonly family: Family;
  /** Width of the residual stream. */
  readonly hidden: number;
  readonly heads: number;
  /** Heads of keys and values; divides `heads`. */
  readonly kvHeads: number;
  /** Width of one head; not always hidden / heads. */
  readonly headDim: number;
  readonly feedForward: number;
  readonly vocabulary: number;
  /** Longest sequence that the model was made for, in tokens. */
  readonly contextLength: number;
  readonly normEpsilon: number;
  /** Added to the stored weights of every RMS norm: 1 in Gemma, else 0. */
  readonly normOffset: 0 | 1;
  /** Scores are q·k times this; 1/√headDim but in some Gemmas. */
  readonly attentionScale: number;
  /** Biases on q, k and v (Qwen2). */
  readonly qkvBias: boolean;
  /** RMS norms over each head of q and k (Qwen3, Gemma 3). */
  readonly qkNorm: boolean;
  /** Further RMS norms on what attention and feed-forward give, before they are added to the stream (Gemma 3). */
  readonly postNorms: boolean;
  readonly activation: "silu" | "gelu-tanh";
  /** Embeddings are multiplied by this: √hidden in Gemma, else 1. */
  readonly embeddingScale: number;
  /** The output matrix is the embedding matrix. */
  readonly tiedEmbeddings: boolean;
  /** One entry a layer, first layer first. */
  readonly layers: readonly LayerAttention[];
}

/** The linear layers of a block, by their names in Hugging Face checkpoints, in the order in which they run. */
export const LINEAR_LAYERS = [
  "self_attn.q_proj",
  "self_attn.k_proj",
  "self_attn.v_proj",
  "self_attn.o_proj",
  "mlp.gate_proj",
  "mlp.up_proj",
  "mlp.down_proj",
] as const;
export type LinearLayer = (typeof LINEAR_LAYERS)[number];

/** [rows, columns] of a linear layer's weight, that is [width out, width in]. */
export function linearShape(architecture: Architecture, layer: LinearLayer): readonly [number, number] {
  const { hidden, heads, kvHeads, headDim, feedForward } = architecture;
  switch (layer) {
    case "self_attn.q_proj":
      return [heads * headDim, hidden];
    case "self_attn.k_proj":
    case "self_attn.v_proj":
      return [kvHeads * headDim, hidden];
    case "self_attn.o_proj":
      return [hidden, heads * headDim];
    case "mlp.gate_proj":
    case "mlp.up_proj":
      return [feedForward, hidden];
    case "mlp.down_proj":
      return [hidden, feedForward];
  }
}

/** Names and shapes of all tensors of a checkpoint of this architecture, in the order in which they are used. */
export function tensorShapes(architecture: Architecture): Map<string, readonly number[]> {
  const { hidden, headDim, vocabulary } = architecture;
  const shapes = new Map<string, readonly number[]>([["model.embed_tokens.weight", [vocabulary, hidden]]]);
  architecture.layers.forEach((_, i) => {
    const at = `model.layers.${i}.`;
    shapes.set(`${at}input_layernorm.weight`, [hidden]);
    for (const layer of LINEAR_LAYERS) {
      const [out, width] = linearShape(architecture, layer);
      shapes.set(`${at}${layer}.weight`, [out, width]);
      if (architecture.qkvBias && /[qkv]_proj$/.test(layer)) shapes.set(`${at}${layer}.bias`, [out]);
    }
    if (architecture.qkNorm)
      for (const name of ["q_norm", "k_norm"]) shapes.set(`${at}self_attn.${name}.weight`, [headDim]);
    shapes.set(`${at}post_attention_layernorm.weight`, [hidden]);
    if (architecture.postNorms)
      for (const name of ["pre_feedforward_layernorm", "post_feedforward_layernorm"])
        shapes.set(`${at}${name}.weight`, [hidden]);
  });
  shapes.set("model.norm.weight", [hidden]);
  if (!architecture.tiedEmbeddings) shapes.set("lm_head.weight", [vocabulary, hidden]);
  return shapes;
}

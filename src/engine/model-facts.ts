// What the config.json of a Hugging Face model says of its size and family, as far as a training must be planned by it. Takes any
// decoder, not only the families of the embedded trainer: a size that can't be told is null. Ignores the weights.
import { z } from "zod";

export interface ModelFacts {
  /** `model_type`, such as "llama". */
  readonly family: string;
  /** Weights, counted from the sizes; null where a size is not named. */
  readonly parameters: number | null;
  readonly layers: number | null;
  readonly hidden: number | null;
  readonly vocabulary: number | null;
  /** Longest sequence the model was made for, in tokens. */
  readonly contextLength: number | null;
}

const size = z.int().positive().nullish().catch(null);

const textConfig = z.object({
  model_type: z.string().catch("unknown"),
  hidden_size: size,
  num_hidden_layers: size,
  num_attention_heads: size,
  num_key_value_heads: size,
  head_dim: size,
  intermediate_size: size,
  vocab_size: size,
  max_position_embeddings: size,
  tie_word_embeddings: z.boolean().nullish().catch(null),
  /** Mixtures of experts: each layer has so many feed-forwards. */
  num_local_experts: size,
  num_experts: size,
  moe_intermediate_size: size,
});

/** Models that also see have the decoder's sizes one level down. */
const configSchema = z.looseObject({ text_config: textConfig.nullish() });

/** @param config what stands in config.json; anything else gives nulls */
export function modelFacts(config: unknown): ModelFacts {
  const outer = configSchema.safeParse(config);
  const whole = outer.success && outer.data.text_config ? outer.data.text_config : textConfig.safeParse(config).data;
  if (whole === undefined)
    return { family: "unknown", parameters: null, layers: null, hidden: null, vocabulary: null, contextLength: null };
  return {
    family: textConfig.safeParse(config).data?.model_type ?? whole.model_type,
    parameters: parametersOf(whole),
    layers: whole.num_hidden_layers ?? null,
    hidden: whole.hidden_size ?? null,
    vocabulary: whole.vocab_size ?? null,
    contextLength: whole.max_position_embeddings ?? null,
  };
}

function parametersOf(config: z.output<typeof textConfig>): number | null {
  const { hidden_size: hidden, num_hidden_layers: layers, num_attention_heads: heads, vocab_size: vocabulary } = config;
  const experts = config.num_local_experts ?? config.num_experts ?? 1;
  const feedForward = (experts > 1 ? config.moe_intermediate_size : null) ?? config.intermediate_size;
  if (!hidden || !layers || !heads || !vocabulary || !feedForward) return null;
  const headDim = config.head_dim ?? hidden / heads;
  const kvHeads = config.num_key_value_heads ?? heads;
  const attention = 2 * hidden * heads * headDim + 2 * hidden * kvHeads * headDim;
  const embeddings = (config.tie_word_embeddings ? 1 : 2) * vocabulary * hidden;
  return embeddings + layers * (attention + 3 * hidden * feedForward * experts);
}

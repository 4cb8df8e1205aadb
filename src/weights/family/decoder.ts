// The fields that config.json and GGUF metadata have in common for all our families, turned into the common part of an
// architecture. Follows transformers' configuration_*.py and llama.cpp's llama-model.cpp (load_hparams).
import { z } from "zod";
import { InputError } from "../../dataset/input-error.ts";
import type { Architecture, Family } from "../architecture.ts";
import { count, type GgufFacts, layerCount, none, parsed, positive } from "./family-reader.ts";
import { decimal, ggufRotary, ggufRotaryFields, type Rotary } from "./rotary.ts";

/** The sizes of an architecture. */
export type DecoderSizes = Pick<
  Architecture,
  | "hidden"
  | "heads"
  | "kvHeads"
  | "headDim"
  | "feedForward"
  | "vocabulary"
  | "contextLength"
  | "normEpsilon"
  | "tiedEmbeddings"
>;

/** Fields of config.json. Those with defaults have transformers' own; a family replaces the ones that differ. */
export const decoderFields = {
  hidden_size: count,
  intermediate_size: count,
  num_hidden_layers: layerCount,
  num_attention_heads: count,
  num_key_value_heads: count.nullish(),
  head_dim: count.nullish(),
  vocab_size: count,
  max_position_embeddings: count.default(2048),
  rms_norm_eps: positive.default(1e-6),
  tie_word_embeddings: z.boolean().default(false),
  quantization_config: z
    .null({ error: "quantised checkpoints are not read; take the model they were made from, or a GGUF file" })
    .optional(),
};
const decoderSchema = z.object(decoderFields);

export function configSizes(config: z.output<typeof decoderSchema>): DecoderSizes {
  const heads = config.num_attention_heads;
  return {
    hidden: config.hidden_size,
    heads,
    kvHeads: config.num_key_value_heads ?? heads,
    headDim: config.head_dim ?? Math.floor(config.hidden_size / heads),
    feedForward: config.intermediate_size,
    vocabulary: config.vocab_size,
    contextLength: config.max_position_embeddings,
    normEpsilon: config.rms_norm_eps,
    tiedEmbeddings: config.tie_word_embeddings,
  };
}

/** Fields of GGUF metadata, without the architecture's name. */
export const ggufDecoderFields = {
  block_count: layerCount,
  context_length: count,
  embedding_length: count,
  feed_forward_length: count,
  "attention.head_count": count,
  "attention.head_count_kv": count.optional(),
  "attention.key_length": count.optional(),
  "attention.value_length": count.optional(),
  "attention.layer_norm_rms_epsilon": positive,
  expert_count: none("mixtures of experts are not supported"),
  ...ggufRotaryFields,
};

/** What `<architecture>.…` keys of the metadata say, by the schema of a family. @throws InputError */
export function ggufFields<T>(schema: z.ZodType<T>, family: Family, { metadata }: GgufFacts, where: string): T {
  const prefix = `${family}.`;
  const own = [...metadata].filter(([key]) => key.startsWith(prefix));
  const stripped = Object.fromEntries(own.map(([key, value]) => [key.slice(prefix.length), value]));
  return parsed(schema, stripped, `${where}, metadata of ${family}`);
}

const ggufDecoderSchema = z.object(ggufDecoderFields);

/** @throws InputError where keys and values differ in width, or not all of a head is rotated. */
export function ggufSizes(
  fields: z.output<typeof ggufDecoderSchema>,
  facts: GgufFacts,
  where: string,
): DecoderSizes & { readonly layerCount: number; readonly rotary: Rotary } {
  const heads = fields["attention.head_count"];
  const headDim = fields["attention.key_length"] ?? Math.floor(fields.embedding_length / heads);
  const valueWidth = fields["attention.value_length"] ?? headDim;
  if (valueWidth !== headDim)
    throw new InputError(`${where}: keys of ${headDim} and values of ${valueWidth} elements are not supported`);
  return {
    hidden: fields.embedding_length,
    heads,
    kvHeads: fields["attention.head_count_kv"] ?? heads,
    headDim,
    feedForward: fields.feed_forward_length,
    vocabulary: facts.vocabulary,
    contextLength: fields.context_length,
    normEpsilon: decimal(fields["attention.layer_norm_rms_epsilon"]),
    tiedEmbeddings: facts.tiedEmbeddings,
    layerCount: fields.block_count,
    rotary: ggufRotary(fields, headDim, facts.ropeFrequencies, where),
  };
}

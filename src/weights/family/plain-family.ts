// Llama, Qwen 2 and Qwen 3: RMS norms before each half of a block, SiLU, and every layer attends to all that was before. They
// differ in two switches and in the defaults of config.json.
import { z } from "zod";
import type { Architecture, Family } from "../architecture.ts";
import { configSizes, type DecoderSizes, decoderFields, ggufDecoderFields, ggufFields, ggufSizes } from "./decoder.ts";
import { consistent, type FamilyReader, parsed } from "./family-reader.ts";
import { configRotary, type Rotary, ropeParameters, rotaryFields } from "./rotary.ts";

/** Fields of config.json that these families share. */
export const plainFields = {
  ...decoderFields,
  ...rotaryFields,
  rope_parameters: ropeParameters,
  hidden_act: z.literal("silu", { error: "only silu is supported here" }).default("silu"),
  layer_types: z
    .array(z.literal("full_attention", { error: "only layers that attend to everything are supported here" }))
    .nullish(),
};
const plainSchema = z.object(plainFields);
const ggufSchema = z.object(ggufDecoderFields);

interface PlainFamily {
  readonly family: Family;
  /** Schema of config.json: `plainFields` and what the family adds or has to refuse. */
  readonly config: z.ZodType<z.output<typeof plainSchema>>;
  readonly qkvBias: boolean;
  readonly qkNorm: boolean;
}

export function plainFamily({ family, config: configSchema, qkvBias, qkNorm }: PlainFamily): FamilyReader {
  const architecture = (sizes: DecoderSizes, layers: number, rotary: Rotary): Architecture => ({
    family,
    ...sizes,
    normOffset: 0,
    attentionScale: 1 / Math.sqrt(sizes.headDim),
    qkvBias,
    qkNorm,
    postNorms: false,
    activation: "silu",
    embeddingScale: 1,
    layers: Array.from({ length: layers }, () => ({ window: null, ...rotary })),
  });
  return {
    fromConfig(value, where) {
      const config = parsed(configSchema, value, where);
      const sizes = configSizes(config);
      const rotary = configRotary(config, sizes.headDim, 10_000, where);
      return consistent(architecture(sizes, config.num_hidden_layers, rotary), where);
    },
    fromGguf(facts, where) {
      const fields = ggufFields(ggufSchema, family, facts, where);
      const { layerCount, rotary, ...sizes } = ggufSizes(fields, facts, where);
      return consistent(architecture(sizes, layerCount, rotary), where);
    },
  };
}

// Rotary frequencies as config.json and GGUF metadata state them, turned into their base and their divisors. Follows
// transformers' modeling_rope_utils.py: `rope_theta` with `rope_scaling` (transformers 4) or `rope_parameters` (5). What GGUF
// says goes by llama.cpp's llama-model.cpp.
import { z } from "zod";
import { InputError } from "../../dataset/input-error.ts";
import { count, positive } from "./family-reader.ts";

/** Base and divisors, as a layer of an architecture has them. */
export interface Rotary {
  readonly ropeTheta: number;
  readonly ropeFactors: readonly number[] | null;
}

const parametersSchema = z.object({
  rope_type: z.string().nullish(),
  /** The older name of `rope_type`. */
  type: z.string().nullish(),
  rope_theta: positive.nullish(),
  partial_rotary_factor: z.literal(1, { error: "rotating a part of each head is not supported" }).nullish(),
  factor: positive.nullish(),
  low_freq_factor: positive.nullish(),
  high_freq_factor: positive.nullish(),
  original_max_position_embeddings: count.nullish(),
});
type RopeParameters = z.output<typeof parametersSchema>;

/** The fields of config.json that concern rotation. */
export const rotaryFields = {
  rope_theta: positive.nullish(),
  rope_scaling: parametersSchema.nullish(),
  partial_rotary_factor: z.literal(1, { error: "rotating a part of each head is not supported" }).nullish(),
};

/** The field that holds all of it since transformers 5. */
export const ropeParameters = parametersSchema.nullish();

/** @throws InputError for a kind of scaling that is not supported. */
export function configRotary(
  config: {
    readonly rope_theta?: number | null | undefined;
    readonly rope_scaling?: RopeParameters | null | undefined;
    readonly rope_parameters?: RopeParameters | null | undefined;
  },
  headDim: number,
  defaultTheta: number,
  where: string,
): Rotary {
  const parameters = config.rope_parameters ?? config.rope_scaling;
  const ropeTheta = config.rope_parameters?.rope_theta ?? config.rope_theta ?? defaultTheta;
  return { ropeTheta, ropeFactors: scalingFactors(parameters, ropeTheta, headDim, where) };
}

function scalingFactors(
  parameters: RopeParameters | null | undefined,
  theta: number,
  headDim: number,
  where: string,
): readonly number[] | null {
  const kind = parameters?.rope_type ?? parameters?.type ?? "default";
  if (parameters == null || kind === "default") return null;
  const { factor, low_freq_factor: low, high_freq_factor: high, original_max_position_embeddings: length } = parameters;
  if (kind === "linear" && factor != null) return allDividedBy(factor, headDim);
  if (kind === "llama3" && factor != null && low != null && high != null && length != null && high > low)
    return Array.from({ length: headDim / 2 }, (_, i) => {
      // Wavelengths that the original context holds fewer than `low` times are divided, those that it holds more than `high`
      // times are kept, and between the two the frequency goes smoothly from one to the other.
      const wavelength = 2 * Math.PI * theta ** ((2 * i) / headDim);
      const kept = Math.min(1, Math.max(0, (length / wavelength - low) / (high - low)));
      return 1 / (kept + (1 - kept) / factor);
    });
  if (kind === "linear" || kind === "llama3")
    throw new InputError(`${where}: the rope scaling "${kind}" lacks a number, or its numbers make no sense`);
  throw new InputError(`${where}: the rope scaling "${kind}" is not supported; default, linear and llama3 are`);
}

const allDividedBy = (factor: number, headDim: number): readonly number[] | null =>
  factor === 1 ? null : Array.from({ length: headDim / 2 }, () => factor);

/** The fields of GGUF metadata that concern rotation, without the architecture's name. */
export const ggufRotaryFields = {
  "rope.freq_base": positive.default(10_000),
  "rope.dimension_count": count.optional(),
  "rope.scaling.type": z
    .enum(["none", "linear"], { error: "this kind of rope scaling is not supported; none and linear are" })
    .default("linear"),
  "rope.scaling.factor": z.number().nonnegative().default(0),
  /** The older name of the factor. */
  "rope.scale_linear": z.number().nonnegative().default(0),
};

interface GgufRotary {
  readonly "rope.freq_base": number;
  readonly "rope.dimension_count"?: number | undefined;
  readonly "rope.scaling.type": "none" | "linear";
  readonly "rope.scaling.factor": number;
  readonly "rope.scale_linear": number;
}

/**
 * @param frequencies values of `rope_freqs.weight`, or null.
 * @throws InputError where not all of a head is rotated.
 */
export function ggufRotary(
  metadata: GgufRotary,
  headDim: number,
  frequencies: readonly number[] | null,
  where: string,
): Rotary {
  const rotated = metadata["rope.dimension_count"] ?? headDim;
  if (rotated !== headDim)
    throw new InputError(`${where}: ${rotated} of ${headDim} elements of a head are rotated; only all is supported`);
  if (frequencies !== null && (frequencies.length !== headDim / 2 || !frequencies.every((value) => value > 0)))
    throw new InputError(`${where}: rope_freqs.weight has to be ${headDim / 2} positive numbers`);
  // 0 means none, as in llama.cpp.
  const stated = metadata["rope.scaling.factor"] || metadata["rope.scale_linear"] || 1;
  const factor = metadata["rope.scaling.type"] === "none" ? 1 : decimal(stated);
  const ropeFactors =
    frequencies === null ? allDividedBy(factor, headDim) : frequencies.map((frequency) => frequency * factor);
  return { ropeTheta: decimal(metadata["rope.freq_base"]), ropeFactors };
}

/** The decimal number that was stored as fp32: 0.00001 and not 0.000009999999747. fp32 has 7 digits. */
export function decimal(value: number): number {
  const rounded = Number(value.toPrecision(7));
  return Math.fround(rounded) === Math.fround(value) ? rounded : value;
}

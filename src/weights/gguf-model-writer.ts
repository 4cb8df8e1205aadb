// Writes a model as a GGUF file that llama.cpp runs: the metadata of its architecture (llama.cpp's llama-arch.cpp names the
// keys, llama-model.cpp reads them), its tensors in GGUF's names, order of rows and shifts. The tokenizer's metadata comes
// from elsewhere: another GGUF file, or gguf-vocabulary.ts.
import { InputError } from "../dataset/input-error.ts";
import { type Architecture, tensorShapes } from "./architecture.ts";
import { ggufName, ggufShift, hasPermutedRows } from "./gguf-names.ts";
import { type GgufMetadata, type GgufValue, writeGguf } from "./gguf-writer.ts";
import type { ModelSource } from "./model-source.ts";
import { ropeScaling } from "./rope-scaling.ts";
import { permuteRows } from "./row-permutation.ts";
import { type TensorSource, tensorInMemory } from "./tensor-source.ts";

/** What matrices are written as; norms and biases are F32 always, as ggml wants them. */
export type GgufFormat = "F32" | "F16";

export interface GgufModelOptions {
  readonly format: GgufFormat;
  /** `general.name`. */
  readonly name: string;
  /** The `tokenizer.*` entries. */
  readonly tokenizer: GgufMetadata;
}

/** `general.file_type`: llama.cpp's enumeration of what most tensors are. */
const FILE_TYPES: Record<GgufFormat, number> = { F32: 0, F16: 1 };

/** llama.cpp's fixed pattern of Gemma 3: one layer of so many sees all, and sliding layers rotate by the base below. */
const GEMMA_PERIOD = 6;
const GEMMA_SLIDING_THETA = 10_000;
/** Layers of Gemma 3 27B, the one model whose scores llama.cpp scales by hidden / heads. */
const GEMMA_27B_LAYERS = 62;

/**
 * Writes the file, whole or not at all.
 * @throws InputError where llama.cpp would run the architecture in another way, or a number does not fit F16.
 */
export async function writeGgufFile(path: string, model: ModelSource, options: GgufModelOptions): Promise<void> {
  const metadata = new Map<string, GgufValue>([
    ...ggufMetadata(model.architecture, options),
    ...Array.from(options.tokenizer).filter(([key]) => key.startsWith("tokenizer.")),
  ]);
  await writeGguf(path, metadata, [...ggufTensors(model, options.format)]);
}

const u32 = (value: number): GgufValue => ({ type: "uint32", value });
const f32 = (value: number): GgufValue => ({ type: "float32", value });
const text = (value: string): GgufValue => ({ type: "string", value });

function ggufMetadata(architecture: Architecture, { format, name }: GgufModelOptions): Map<string, GgufValue> {
  const { family, layers } = architecture;
  const full = layers.find(({ window }) => window === null);
  if (full === undefined) throw new InputError("llama.cpp runs no model of which all layers slide");
  if (family === "gemma3") refuseOtherGemma(architecture);
  else if (layers.some(({ window, ropeTheta }) => window !== null || ropeTheta !== full.ropeTheta))
    throw new InputError(`llama.cpp runs no ${family} model whose layers attend differently`);
  const metadata = new Map<string, GgufValue>([
    ["general.architecture", text(family)],
    ["general.type", text("model")],
    ["general.name", text(name)],
    ["general.file_type", u32(FILE_TYPES[format])],
    [`${family}.block_count`, u32(layers.length)],
    [`${family}.context_length`, u32(architecture.contextLength)],
    [`${family}.embedding_length`, u32(architecture.hidden)],
    [`${family}.feed_forward_length`, u32(architecture.feedForward)],
    [`${family}.attention.head_count`, u32(architecture.heads)],
    [`${family}.attention.head_count_kv`, u32(architecture.kvHeads)],
    [`${family}.attention.key_length`, u32(architecture.headDim)],
    [`${family}.attention.value_length`, u32(architecture.headDim)],
    [`${family}.attention.layer_norm_rms_epsilon`, f32(architecture.normEpsilon)],
    [`${family}.rope.dimension_count`, u32(architecture.headDim)],
    [`${family}.rope.freq_base`, f32(full.ropeTheta)],
    [`${family}.vocab_size`, u32(architecture.vocabulary)],
  ]);
  const sliding = layers.find(({ window }) => window !== null);
  if (sliding !== undefined) metadata.set(`${family}.attention.sliding_window`, u32(sliding.window!));
  const scaling = ropeScaling(full);
  if (scaling?.rope_type === "linear") {
    metadata.set(`${family}.rope.scaling.type`, text("linear"));
    metadata.set(`${family}.rope.scaling.factor`, f32(scaling.factor));
  }
  return metadata;
}

function refuseOtherGemma({ layers, headDim, hidden, heads, attentionScale }: Architecture): void {
  const width = layers.length === GEMMA_27B_LAYERS ? hidden / heads : headDim;
  const fits =
    layers.every(({ window }, i) => (window === null) === ((i + 1) % GEMMA_PERIOD === 0)) &&
    layers.every(({ window, ropeTheta }) => window === null || ropeTheta === GEMMA_SLIDING_THETA) &&
    Math.abs(attentionScale * Math.sqrt(width) - 1) < 1e-6;
  if (!fits)
    throw new InputError("llama.cpp runs no Gemma 3 whose layers attend in another pattern than the published");
}

/** The tensors of a model as GGUF has them. */
function* ggufTensors(model: ModelSource, format: GgufFormat): Generator<TensorSource> {
  const { architecture } = model;
  const { family, headDim } = architecture;
  for (const [name, shape] of tensorShapes(architecture)) {
    const permuted = hasPermutedRows(family, name);
    const shift = ggufShift(family, name);
    yield {
      name: ggufName(family, name)!,
      shape,
      format: shape.length === 1 ? "F32" : format,
      async *read() {
        for await (const piece of model.read(name, permuted ? headDim : 1)) {
          if (shift !== 0) for (let i = 0; i < piece.length; i++) piece[i] = piece[i]! + shift;
          yield permuted ? permuteRows(piece, headDim, shape[1] ?? 1) : piece;
        }
      },
    };
  }
  // Divisors that no scaling of the metadata names, Llama 3's among them, are a tensor.
  const full = architecture.layers.find(({ window }) => window === null);
  if (full?.ropeFactors != null && ropeScaling(full)?.rope_type !== "linear")
    yield tensorInMemory("rope_freqs.weight", [full.ropeFactors.length], Float32Array.from(full.ropeFactors));
}

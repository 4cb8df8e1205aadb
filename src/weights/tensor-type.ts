// The number formats that tensors of GGUF and safetensors files are read from, with the sizes of their blocks. Follows
// `enum ggml_type` and the block structures of llama.cpp's ggml-common.h.

interface Block {
  /** Elements that share their scales. */
  readonly elements: number;
  readonly bytes: number;
}

/** Formats that are read, by ggml's names; safetensors' F32, F16 and BF16 are the same ones. */
export const TENSOR_TYPES = {
  F32: { elements: 1, bytes: 4 },
  F16: { elements: 1, bytes: 2 },
  BF16: { elements: 1, bytes: 2 },
  Q4_0: { elements: 32, bytes: 18 },
  Q4_1: { elements: 32, bytes: 20 },
  Q5_0: { elements: 32, bytes: 22 },
  Q5_1: { elements: 32, bytes: 24 },
  Q8_0: { elements: 32, bytes: 34 },
  Q4_K: { elements: 256, bytes: 144 },
  Q5_K: { elements: 256, bytes: 176 },
  Q6_K: { elements: 256, bytes: 210 },
} as const satisfies Readonly<Record<string, Block>>;

export type TensorType = keyof typeof TENSOR_TYPES;

export const isTensorType = (name: string): name is TensorType => Object.hasOwn(TENSOR_TYPES, name);

/** Names of ggml's types by their numbers in GGUF files: those that are not read are here to be named. */
const GGML_TYPE_NAMES: Readonly<Record<number, string>> = {
  0: "F32",
  1: "F16",
  2: "Q4_0",
  3: "Q4_1",
  6: "Q5_0",
  7: "Q5_1",
  8: "Q8_0",
  9: "Q8_1",
  10: "Q2_K",
  11: "Q3_K",
  12: "Q4_K",
  13: "Q5_K",
  14: "Q6_K",
  15: "Q8_K",
  16: "IQ2_XXS",
  17: "IQ2_XS",
  18: "IQ3_XXS",
  19: "IQ1_S",
  20: "IQ4_NL",
  21: "IQ3_S",
  22: "IQ2_S",
  23: "IQ4_XS",
  24: "I8",
  25: "I16",
  26: "I32",
  27: "I64",
  28: "F64",
  29: "IQ1_M",
  30: "BF16",
  34: "TQ1_0",
  35: "TQ2_0",
  39: "MXFP4",
  40: "NVFP4",
};

/** The name of a type by its number in a GGUF file; `number 99` where it has none. */
export const ggmlTypeName = (code: number): string => GGML_TYPE_NAMES[code] ?? `number ${code}`;

/** Bytes of so many elements, a multiple of the type's block. */
export const typeBytes = (type: TensorType, elements: number): number =>
  (elements / TENSOR_TYPES[type].elements) * TENSOR_TYPES[type].bytes;

/** A tensor as it lies in a file. */
export interface StoredTensor {
  readonly name: string;
  readonly type: TensorType;
  /** Rows first. */
  readonly shape: readonly number[];
  /** Absolute path. */
  readonly file: string;
  /** Its first byte in the file. */
  readonly offset: number;
  readonly bytes: number;
}

// Writes GGUF files, version 3, little-endian (docs/gguf.md of ggml): metadata, descriptions of the tensors, the tensors at
// offsets that are multiples of 32. Tensors are F32 or F16 (BF16 where asked). Ignores what the metadata means: see
// gguf-model-writer.ts and gguf-adapter.ts.
import type { StagedFile } from "../dataset/staged-file.ts";
import { type FloatFormat, formatBytes } from "./float-format.ts";
import { writeTensor } from "./safetensors-writer.ts";
import { stageBytes } from "./staged-bytes.ts";
import { elementCount, type TensorSource } from "./tensor-source.ts";

/** Codes of the types of metadata, in the order of GGUF's enumeration; 9 is the array. */
const TYPE_CODES = {
  uint8: 0,
  int8: 1,
  uint16: 2,
  int16: 3,
  uint32: 4,
  int32: 5,
  float32: 6,
  bool: 7,
  string: 8,
  uint64: 10,
  int64: 11,
  float64: 12,
} as const;
const ARRAY_CODE = 9;

export type GgufType = keyof typeof TYPE_CODES;
export type GgufScalar = number | bigint | boolean | string;

/** A value of a file's metadata with its type; an array holds values of one type. */
export type GgufValue =
  | { readonly type: GgufType; readonly value: GgufScalar }
  | { readonly type: "array"; readonly of: GgufType; readonly value: readonly GgufScalar[] };

/** Metadata in the order in which it is written. */
export type GgufMetadata = ReadonlyMap<string, GgufValue>;

/** ggml's codes of the tensor formats. */
const FORMAT_CODES: Record<FloatFormat, number> = { F32: 0, F16: 1, BF16: 30 };

/** The alignment that GGUF has where its metadata names no other. */
const ALIGNMENT = 32;
const VERSION = 3;

/**
 * Writes the file under its staging name; it is then ready for `commit`.
 * @param tensors shapes rows first, as everywhere here; the file has them the other way round.
 * @throws InputError for numbers that are not finite or don't fit the format.
 */
export async function stageGguf(
  path: string,
  metadata: GgufMetadata,
  tensors: readonly TensorSource[],
): Promise<StagedFile> {
  const file = await stageBytes(path);
  try {
    await file.write(header(metadata, tensors));
    await file.pad(ALIGNMENT);
    for (const tensor of tensors) {
      await writeTensor(file, tensor);
      await file.pad(ALIGNMENT);
    }
    await file.close();
    return file;
  } catch (error) {
    await file.discard();
    throw error;
  }
}

/** Writes a GGUF file, whole or not at all. Parameters and errors as those of `stageGguf`. */
export async function writeGguf(path: string, metadata: GgufMetadata, tensors: readonly TensorSource[]): Promise<void> {
  await (await stageGguf(path, metadata, tensors)).commit();
}

function header(metadata: GgufMetadata, tensors: readonly TensorSource[]): Uint8Array {
  const out = new HeaderBytes();
  out.bytes(Buffer.from("GGUF"));
  out.scalar("uint32", VERSION);
  out.scalar("uint64", tensors.length);
  out.scalar("uint64", metadata.size);
  for (const [key, value] of metadata) {
    out.scalar("string", key);
    if (value.type === "array") {
      out.scalar("uint32", ARRAY_CODE);
      out.scalar("uint32", TYPE_CODES[value.of]);
      out.scalar("uint64", value.value.length);
      for (const item of value.value) out.scalar(value.of, item);
    } else {
      out.scalar("uint32", TYPE_CODES[value.type]);
      out.scalar(value.type, value.value);
    }
  }
  let offset = 0;
  for (const { name, shape, format } of tensors) {
    out.scalar("string", name);
    out.scalar("uint32", shape.length);
    for (const size of shape.toReversed()) out.scalar("uint64", size);
    out.scalar("uint32", FORMAT_CODES[format]);
    out.scalar("uint64", offset);
    offset += Math.ceil((elementCount(shape) * formatBytes(format)) / ALIGNMENT) * ALIGNMENT;
  }
  return out.taken();
}

/** A buffer that grows: a vocabulary makes headers of some megabytes. */
class HeaderBytes {
  #buffer = Buffer.alloc(1 << 16);
  #used = 0;

  taken(): Uint8Array {
    return this.#buffer.subarray(0, this.#used);
  }

  bytes(bytes: Uint8Array): void {
    this.#reserve(bytes.length);
    this.#buffer.set(bytes, this.#used);
    this.#used += bytes.length;
  }

  scalar(type: GgufType, value: GgufScalar): void {
    if (type === "string") {
      const text = Buffer.from(String(value));
      this.scalar("uint64", text.length);
      this.bytes(text);
      return;
    }
    this.#reserve(8);
    this.#used = this.#put(this.#buffer, type, value, this.#used);
  }

  /** @returns the position after the value. */
  #put(buffer: Buffer, type: Exclude<GgufType, "string">, value: GgufScalar, at: number): number {
    switch (type) {
      case "uint8":
        return buffer.writeUInt8(Number(value), at);
      case "int8":
        return buffer.writeInt8(Number(value), at);
      case "bool":
        return buffer.writeUInt8(value ? 1 : 0, at);
      case "uint16":
        return buffer.writeUInt16LE(Number(value), at);
      case "int16":
        return buffer.writeInt16LE(Number(value), at);
      case "uint32":
        return buffer.writeUInt32LE(Number(value), at);
      case "int32":
        return buffer.writeInt32LE(Number(value), at);
      case "float32":
        return buffer.writeFloatLE(Number(value), at);
      case "uint64":
        return buffer.writeBigUInt64LE(BigInt(value), at);
      case "int64":
        return buffer.writeBigInt64LE(BigInt(value), at);
      case "float64":
        return buffer.writeDoubleLE(Number(value), at);
    }
  }

  #reserve(length: number): void {
    if (this.#used + length <= this.#buffer.length) return;
    const larger = Buffer.alloc(Math.max(this.#used + length, this.#buffer.length * 2));
    this.#buffer.copy(larger);
    this.#buffer = larger;
  }
}

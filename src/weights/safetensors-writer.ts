// Writes safetensors files: eight bytes with the length of a JSON header, the header, the tensors one after the other. As
// the safetensors library does, tensors stand in the order of their element sizes, larger first, and then of their names, and
// the header is padded with blanks, so that every tensor is aligned to its elements and equal tensors give equal bytes.
import type { StagedFile } from "../dataset/staged-file.ts";
import { encodeFloats, formatBytes } from "./float-format.ts";
import { type StagedBytes, stageBytes } from "./staged-bytes.ts";
import { elementCount, type TensorSource } from "./tensor-source.ts";

/** The header's length is a multiple of this, which aligns every format. */
const HEADER_ALIGNMENT = 8;

/** What transformers and peft ask of a file: that its tensors are those of a PyTorch program. */
const METADATA = { format: "pt" };

/**
 * Writes the file under its staging name; it is then ready for `commit`.
 * @param metadata further texts for the header.
 * @throws InputError for numbers that are not finite or don't fit the format; Error for two tensors of one name.
 */
export async function stageSafetensors(
  path: string,
  tensors: readonly TensorSource[],
  metadata: Readonly<Record<string, string>> = {},
): Promise<StagedFile> {
  const sorted = tensors.toSorted(
    (a, b) => formatBytes(b.format) - formatBytes(a.format) || (a.name < b.name ? -1 : a.name > b.name ? 1 : 0),
  );
  const header: Record<string, unknown> = { __metadata__: { ...METADATA, ...metadata } };
  let offset = 0;
  for (const { name, shape, format } of sorted) {
    if (Object.hasOwn(header, name)) throw new Error(`two tensors are called ${name}`);
    const end = offset + elementCount(shape) * formatBytes(format);
    header[name] = { dtype: format, shape, data_offsets: [offset, end] };
    offset = end;
  }
  const json = Buffer.from(JSON.stringify(header));
  const padded = Buffer.alloc(Math.ceil(json.length / HEADER_ALIGNMENT) * HEADER_ALIGNMENT, " ");
  json.copy(padded);
  const length = Buffer.alloc(8);
  length.writeBigUInt64LE(BigInt(padded.length));

  const file = await stageBytes(path);
  try {
    await file.write(length);
    await file.write(padded);
    for (const tensor of sorted) await writeTensor(file, tensor);
    await file.close();
    return file;
  } catch (error) {
    await file.discard();
    throw error;
  }
}

/** Writes a safetensors file, whole or not at all. Parameters and errors as those of `stageSafetensors`. */
export async function writeSafetensors(
  path: string,
  tensors: readonly TensorSource[],
  metadata: Readonly<Record<string, string>> = {},
): Promise<void> {
  await (await stageSafetensors(path, tensors, metadata)).commit();
}

/** Appends a tensor's numbers. @throws Error where it gives more or fewer than its shape says. */
export async function writeTensor(file: StagedBytes, tensor: TensorSource): Promise<void> {
  const wanted = elementCount(tensor.shape);
  let written = 0;
  for await (const piece of tensor.read()) {
    written += piece.length;
    await file.write(encodeFloats(piece, tensor.format, tensor.name));
  }
  if (written !== wanted) throw new Error(`${tensor.name} gave ${written} numbers where its shape has ${wanted}`);
}

// The bytes and values of stored tensors, a few megabytes at a time. Ignores GGUF's order of rows and shifts.
import { type FileHandle, open } from "node:fs/promises";
import { InputError } from "../dataset/input-error.ts";
import { dequantise } from "./dequantise.ts";
import { type StoredTensor, typeBytes } from "./tensor-type.ts";

/** Elements turned into fp32 at once: 4 MB of them, which stay in a processor's cache. */
const PIECE_ELEMENTS = 1 << 20;

/** All bytes of a small tensor. @throws InputError when the file has become shorter. */
export async function readStored(tensor: StoredTensor): Promise<Uint8Array> {
  const handle = await open(tensor.file, "r");
  try {
    const bytes = new Uint8Array(tensor.bytes);
    await readFully(handle, tensor, bytes, tensor.offset);
    return bytes;
  } finally {
    await handle.close();
  }
}

/**
 * A tensor's values as fp32, in pieces of whole groups of rows.
 * @param handle its file, open for reading.
 * @param groupRows rows that must come together.
 * @yields pieces that are overwritten by the next; `bytes` is what they took in the file.
 */
export async function* storedValues(
  handle: FileHandle,
  tensor: StoredTensor,
  groupRows = 1,
): AsyncGenerator<{ readonly values: Float32Array; readonly bytes: number }> {
  const count = tensor.shape.reduce((product, size) => product * size, 1);
  const group = (tensor.shape.length > 1 ? tensor.shape.at(-1)! : count) * groupRows;
  const piece = Math.max(group, PIECE_ELEMENTS - (PIECE_ELEMENTS % group));
  const values = new Float32Array(Math.min(piece, count));
  const bytes = new Uint8Array(typeBytes(tensor.type, values.length));
  for (let start = 0; start < count; start += piece) {
    const size = Math.min(piece, count - start);
    const read = bytes.subarray(0, typeBytes(tensor.type, size));
    const part = values.subarray(0, size);
    await readFully(handle, tensor, read, tensor.offset + typeBytes(tensor.type, start));
    dequantise(tensor.type, read, part);
    yield { values: part, bytes: read.length };
  }
}

async function readFully(handle: FileHandle, tensor: StoredTensor, bytes: Uint8Array, position: number): Promise<void> {
  for (let done = 0; done < bytes.length; ) {
    const { bytesRead } = await handle.read(bytes, done, bytes.length - done, position + done);
    if (bytesRead === 0) throw new InputError(`${tensor.file} became shorter while tensor ${tensor.name} was read`);
    done += bytesRead;
  }
}

// A tensor on its way into a file: what it is called, its form, and its numbers piece by piece, so that a model of any size
// passes through a few megabytes of memory. Ignores the file's format.
import { open } from "node:fs/promises";
import { InputError } from "../dataset/input-error.ts";
import type { FloatFormat } from "./float-format.ts";
import type { FrozenTensor } from "./frozen-weights.ts";

/** Numbers read at once: 8 MB of fp32. */
const PIECE_ELEMENTS = 1 << 21;

export interface TensorSource {
  /** Its name in the file that is written. */
  readonly name: string;
  readonly shape: readonly number[];
  /** What its numbers are written as. */
  readonly format: FloatFormat;
  /** All its numbers, rows first, in pieces that may be changed by the reader. */
  read(): AsyncIterable<Float32Array>;
}

export const elementCount = (shape: readonly number[]): number => shape.reduce((product, size) => product * size, 1);

/** A tensor that is in memory. */
export function tensorInMemory(
  name: string,
  shape: readonly number[],
  values: Float32Array,
  format: FloatFormat = "F32",
): TensorSource {
  return {
    name,
    shape,
    format,
    async *read() {
      yield values.slice();
    },
  };
}

/**
 * The numbers of a frozen tensor in pieces of whole rows (of the last dimension's length), about 8 MB each unless told.
 * @param groupRows pieces are multiples of so many rows, where the order of rows within a group will be changed.
 * @throws InputError when the file is shorter than it should be.
 */
export async function* readFrozen(tensor: FrozenTensor, groupRows = 1): AsyncGenerator<Float32Array> {
  const width = tensor.shape.length > 1 ? tensor.shape.at(-1)! : 1;
  const group = width * groupRows;
  const piece = Math.max(group, PIECE_ELEMENTS - (PIECE_ELEMENTS % group));
  const count = elementCount(tensor.shape);
  const handle = await open(tensor.file, "r");
  try {
    for (let start = 0; start < count; start += piece) {
      const values = new Float32Array(Math.min(piece, count - start));
      const bytes = new Uint8Array(values.buffer);
      for (let done = 0; done < bytes.length; ) {
        const position = tensor.offset + start * 4 + done;
        const { bytesRead } = await handle.read(bytes, done, bytes.length - done, position);
        if (bytesRead === 0) throw new InputError(`${tensor.file} ends at byte ${position}, within its weights`);
        done += bytesRead;
      }
      yield values;
    }
  } finally {
    await handle.close();
  }
}

/** All numbers of a tensor at once. */
export async function readWhole(source: Pick<TensorSource, "shape" | "read">): Promise<Float32Array> {
  const values = new Float32Array(elementCount(source.shape));
  let at = 0;
  for await (const piece of source.read()) {
    values.set(piece, at);
    at += piece.length;
  }
  return values;
}

// The order of the rows of q and k in a GGUF file of the llama architecture. Hugging Face rotates element d of a head with
// element d + D/2, llama.cpp element 2d with 2d + 1, so its converter puts the rows [heads, 2, D/2] of the weight into the
// order [heads, D/2, 2] (`permute` in convert_hf_to_gguf.py). Also for the rows of an adapter's B. Only q and k are concerned.

/** Elements of a matrix: numbers, or the bytes of rows in any format. */
type Elements = Float32Array | Uint16Array | Uint8Array;

/**
 * The row of GGUF's matrix that holds a row of Hugging Face's.
 * @param headDim width of a head, even.
 */
export function ggufRow(hfRow: number, headDim: number): number {
  const within = hfRow % headDim;
  const half = headDim / 2;
  return hfRow - within + (within < half ? 2 * within : 2 * (within - half) + 1);
}

/**
 * Rows in Hugging Face's order put into GGUF's; a new array.
 * @param rows a matrix, rows first; the number of its rows is a multiple of `headDim`.
 * @param headDim width of a head, even.
 * @param width elements (bytes, where the rows are bytes) of one row; 1 for a bias.
 */
export function permuteRows<T extends Elements>(rows: T, headDim: number, width: number): T {
  return reordered(rows, headDim, width, (from) => [from, ggufRow(from, headDim)]);
}

/** Rows in GGUF's order put back into Hugging Face's; a new array. Parameters as those of `permuteRows`. */
export function unpermuteRows<T extends Elements>(rows: T, headDim: number, width: number): T {
  return reordered(rows, headDim, width, (to) => [ggufRow(to, headDim), to]);
}

function reordered<T extends Elements>(
  rows: T,
  headDim: number,
  width: number,
  move: (row: number) => readonly [from: number, to: number],
): T {
  const count = rows.length / width;
  if (headDim % 2 !== 0 || count % headDim !== 0)
    throw new RangeError(`${count} rows of ${width} elements are no heads of an even width ${headDim}`);
  const result = rows.slice() as T;
  for (let row = 0; row < count; row++) {
    const [from, to] = move(row);
    result.set(rows.subarray(from * width, (from + 1) * width), to * width);
  }
  return result;
}

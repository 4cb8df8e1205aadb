// Matrix products as the operators write them: no gradients here, since what a gradient reuses differs by operator. Transposes,
// factors and sums are the product's own work in ONNX Runtime and need no pass over memory.
import type { Attribute } from "../onnx-model.ts";
import type { Tape } from "../tape.ts";

/** What is done to the factors of A·B and to the product. */
export interface ProductOptions {
  readonly transposeA?: boolean;
  readonly transposeB?: boolean;
  /** The product is multiplied by this. */
  readonly scale?: number;
}

/** scale · A·B + sum, of matrices; `sum` is of the product's shape or one row of it. */
export function product(
  tape: Tape,
  a: string,
  b: string,
  options: ProductOptions & { readonly sum?: string | undefined } = {},
) {
  const inputs = options.sum === undefined ? [a, b] : [a, b, options.sum];
  const { transA, transB, alpha } = attributes(options);
  return tape.operator("Gemm", inputs, { transA, transB, alpha });
}

/**
 * scale · A·B of stacks of matrices, [batch, rows, columns]. A factor whose `rowsFirst` is set lies as [rows, batch, columns],
 * the layout of heads as linear layers give them.
 */
export function batchProduct(
  tape: Tape,
  a: string,
  b: string,
  options: ProductOptions & { readonly rowsFirstB?: boolean } = {},
): string {
  const transBatchB = options.rowsFirstB ? 1 : 0;
  return tape.operator("FusedMatMul", [a, b], { ...attributes(options), transBatchB }, "com.microsoft");
}

function attributes({ transposeA, transposeB, scale = 1 }: ProductOptions) {
  return { transA: transposeA ? 1 : 0, transB: transposeB ? 1 : 0, alpha: { float: scale } } satisfies Record<
    string,
    Attribute
  >;
}

// Attention with grouped queries (Vaswani et al. 2017; Ainslie et al. 2023): O = P V with P = softmax(scale · Q Kᵀ + mask).
//
//   dV = Pᵀ dO        dS = P ∘ (dO Vᵀ − δ), δ = row sums of dO ∘ O (Dao et al., FlashAttention, 2022)
//   dQ = scale · dS K        dK = scale · dSᵀ Q
//
// The queries of a group are stacked below one another, [kvHeads, group * T, D], so that the group's keys and values are read in
// place and their gradients' sums over the group are part of the products.
import type { Tape, Value } from "../tape.ts";
import { batchProduct } from "./matrix-product.ts";

export interface AttentionOptions {
  readonly heads: number;
  readonly kvHeads: number;
  readonly headDim: number;
  readonly scale: number;
}

/**
 * @param q [T, heads * headDim]
 * @param k, v [T, kvHeads * headDim]
 * @param mask [T, T], added to the scores: rows are queries, columns keys
 * @returns [T, heads * headDim]
 */
export function attention(
  tape: Tape,
  { q, k, v, mask }: { readonly q: Value; readonly k: Value; readonly v: Value; readonly mask: string },
  { heads, kvHeads, headDim, scale }: AttentionOptions,
): Value {
  const { model } = tape;
  const reshape = (tensor: string, ...shape: number[]) => tape.operator("Reshape", [tensor, model.integers(...shape)]);
  const swapped = (tensor: string) => tape.operator("Transpose", [tensor], { perm: [1, 0, 2] });
  // [T, heads * D] → [kvHeads, group * T, D] and back: a head's number is kvHead * group + place in the group.
  const stacked = (rows: string) => reshape(swapped(reshape(rows, -1, heads, headDim)), kvHeads, -1, headDim);
  const unstacked = (stack: string) => reshape(swapped(reshape(stack, heads, -1, headDim)), -1, heads * headDim);
  // The sums of each head's elements, [kvHeads, group * T, 1], of rows as they are: O need not be kept in both layouts.
  const rowSums = (rows: string) => {
    const sums = tape.operator("ReduceSum", [reshape(rows, -1, heads, headDim), model.integers(-1)], { keepdims: 1 });
    return reshape(swapped(sums), kvHeads, -1, 1);
  };
  const kvRows = (rows: string) => reshape(rows, -1, kvHeads, headDim);

  const Q = stacked(q.name);
  const K = kvRows(k.name);
  const V = kvRows(v.name);
  const scores = batchProduct(tape, Q, K, { transposeB: true, rowsFirstB: true, scale });
  const masked = tape.operator("Add", [reshape(scores, heads, -1, 0), mask]);
  const P = reshape(tape.operator("Softmax", [masked], { axis: -1 }), kvHeads, -1, 0);
  const O = batchProduct(tape, P, V, { rowsFirstB: true });

  const y = unstacked(O);
  return tape.value(y, q.shape, [q, k, v], (dy) => {
    const dO = stacked(dy);
    const dkv = (stack: string) => reshape(swapped(stack), -1, kvHeads * headDim);
    tape.accumulateSum(v, () => dkv(batchProduct(tape, P, dO, { transposeA: true })));
    if (!q.needsGradient && !k.needsGradient) return;
    const delta = rowSums(tape.operator("Mul", [dy, y]));
    const dP = batchProduct(tape, dO, V, { transposeB: true, rowsFirstB: true });
    const dS = tape.operator("Mul", [tape.operator("Sub", [dP, delta]), P]);
    tape.accumulateSum(q, () => unstacked(batchProduct(tape, dS, K, { rowsFirstB: true, scale })));
    tape.accumulateSum(k, () => dkv(batchProduct(tape, dS, Q, { transposeA: true, scale })));
  });
}

// Linear layers that share an input, each with or without a LoRA (Hu et al. 2021) beside its frozen weight:
//
//   y = x Wᵀ + bias + s · d Aᵀ Bᵀ        d: x, or x after LoRA dropout
//
//   u = d Aᵀ       du = s · dy B      dB = s · dyᵀ u
//   dA = duᵀ d     dd = du A          dx = dy W
//
// The layers' matrices A are stacked, so that d is read once for all of them.
import type { Tape, Value } from "../tape.ts";
import type { LinearWeights } from "./linear.ts";
import { linear } from "./linear.ts";
import { product } from "./matrix-product.ts";

/** A trained pair of matrices. */
export interface LoraValues {
  /** [rank, width in] */
  readonly A: Value;
  /** [width out, rank] */
  readonly B: Value;
  readonly rank: number;
  /** s above. */
  readonly scale: number;
}

export interface LoraLinear extends LinearWeights {
  readonly lora: LoraValues | undefined;
}

interface Adapted extends LinearWeights {
  readonly lora: LoraValues;
}

/**
 * @param x [T, width in]
 * @param loraInput d above: x itself where there is no dropout
 * @returns one value a layer, [T, width out]
 */
export function loraLinears(tape: Tape, x: Value, loraInput: Value, layers: readonly LoraLinear[]): readonly Value[] {
  const adapted = layers.filter((layer): layer is LoraLinear & Adapted => layer.lora !== undefined);
  const results = new Map(
    adapted.length === 0 ? [] : adaptedLinears(tape, x, loraInput, adapted).map((value, i) => [adapted[i], value]),
  );
  return layers.map((layer) => results.get(layer as Adapted) ?? linear(tape, x, layer));
}

function adaptedLinears(tape: Tape, x: Value, loraInput: Value, layers: readonly Adapted[]): readonly Value[] {
  const ranks = layers.map(({ lora }) => lora.rank);
  const A = joined(
    tape,
    layers.map(({ lora }) => lora.A.name),
    0,
  );
  const u = parted(tape, product(tape, loraInput.name, A, { transposeB: true }), 1, ranks);
  const results = layers.map(({ weight, bias, widthOut, lora }, i) => {
    const frozen = product(tape, x.name, weight, { transposeB: true, sum: bias });
    const y = product(tape, u[i] as string, lora.B.name, { transposeB: true, scale: lora.scale, sum: frozen });
    return { name: y, shape: [x.shape[0] as string, widthOut] };
  });
  const inputs = [x, loraInput, ...layers.flatMap(({ lora }) => [lora.A, lora.B])];
  return tape.values(results, inputs, (gradients) => {
    const reached = layers.flatMap((layer, i) => {
      const dy = gradients[i];
      return dy === undefined ? [] : [{ ...layer, dy, u: u[i] as string }];
    });
    const du = reached.map(({ dy, lora }) => product(tape, dy, lora.B.name, { scale: lora.scale }));
    for (const { dy, u, lora } of reached)
      tape.accumulate(lora.B, (sum) => product(tape, dy, u, { transposeA: true, scale: lora.scale, sum }));
    const duJoined = joined(tape, du, 1);
    const dA = parted(
      tape,
      product(tape, duJoined, loraInput.name, { transposeA: true }),
      0,
      reached.map(({ lora }) => lora.rank),
    );
    reached.forEach(({ lora }, i) => {
      tape.accumulateSum(lora.A, () => dA[i] as string);
    });
    for (const { dy, weight } of reached) tape.accumulate(x, (sum) => product(tape, dy, weight, { sum }));
    const reachedA =
      reached.length === layers.length
        ? A
        : joined(
            tape,
            reached.map(({ lora }) => lora.A.name),
            0,
          );
    tape.accumulate(loraInput, (sum) => product(tape, duJoined, reachedA, { sum }));
  });
}

function joined(tape: Tape, parts: readonly string[], axis: number): string {
  return parts.length === 1 ? (parts[0] as string) : tape.operator("Concat", parts, { axis });
}

function parted(tape: Tape, whole: string, axis: number, sizes: readonly number[]): readonly string[] {
  if (sizes.length === 1) return [whole];
  return tape.model.operators("Split", [whole, tape.model.integers(...sizes)], sizes.length, { axis });
}

// A model with its adapter added to the weights: W + (alpha / rank) · B A for every adapted layer (Hu et al., LoRA, 2021),
// computed in double precision, row by row, while the model passes from file to file. The sum is then rounded to what the
// file is written in, so that a merged F16 model differs from the adapted one by that rounding.
import type { LoraPair, LoraWeights } from "../train/lora-weights.ts";
import { tensorShapes } from "../weights/architecture.ts";
import type { ModelSource } from "../weights/model-source.ts";
import { refuseMisfit } from "./adapter.ts";

/**
 * The model that results.
 * @throws InputError where the adapter does not fit the model.
 */
export function mergedSource(model: ModelSource, lora: LoraWeights): ModelSource {
  refuseMisfit(lora, model.architecture, "the adapter");
  const { rank, alpha } = lora.config;
  const shapes = tensorShapes(model.architecture);
  return {
    architecture: model.architecture,
    async *read(name, groupRows = 1) {
      const pair = name.endsWith(".weight") ? lora.pairs.get(name.slice(0, -".weight".length)) : undefined;
      if (pair === undefined) {
        yield* model.read(name, groupRows);
        return;
      }
      const width = shapes.get(name)![1]!;
      let row = 0;
      for await (const piece of model.read(name, groupRows)) {
        addProduct(piece, pair, { rank, scale: alpha / rank, width, firstRow: row });
        row += piece.length / width;
        yield piece;
      }
    },
  };
}

/** Adds scale · B A to some rows of a matrix, from `firstRow` on. */
function addProduct(
  rows: Float32Array,
  { A, B }: LoraPair,
  { rank, scale, width, firstRow }: { rank: number; scale: number; width: number; firstRow: number },
): void {
  const sum = new Float64Array(width);
  for (let start = 0, row = firstRow; start < rows.length; start += width, row++) {
    sum.fill(0);
    for (let r = 0; r < rank; r++) {
      const factor = B[row * rank + r]!;
      if (factor === 0) continue;
      const offset = r * width;
      for (let column = 0; column < width; column++) sum[column] = sum[column]! + factor * A[offset + column]!;
    }
    for (let column = 0; column < width; column++) rows[start + column] = rows[start + column]! + scale * sum[column]!;
  }
}

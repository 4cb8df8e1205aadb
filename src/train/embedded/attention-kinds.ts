// The rotary tables and masks that a model's layers need, each once: layers that attend alike share them.
import type { Architecture, LayerAttention } from "../../weights/architecture.ts";

export type Rope = Pick<LayerAttention, "ropeTheta" | "ropeFactors">;

/** Kinds in the order of their first appearance; inputs of the graphs are numbered by it (`cos_0`, `mask_1`). */
export interface AttentionKinds {
  readonly ropes: readonly Rope[];
  readonly windows: readonly LayerAttention["window"][];
  /** Indices into `ropes` and `windows`, one entry a layer. */
  readonly layers: readonly { readonly rope: number; readonly window: number }[];
}

export function attentionKinds({ layers }: Pick<Architecture, "layers">): AttentionKinds {
  const ropes = new Map<string, Rope>();
  const windows = new Map<string, LayerAttention["window"]>();
  const keys = layers.map(({ window, ropeTheta, ropeFactors }) => {
    const key = { rope: JSON.stringify([ropeTheta, ropeFactors]), window: String(window) };
    ropes.set(key.rope, { ropeTheta, ropeFactors });
    windows.set(key.window, window);
    return key;
  });
  const ropeKeys = [...ropes.keys()];
  const windowKeys = [...windows.keys()];
  return {
    ropes: [...ropes.values()],
    windows: [...windows.values()],
    layers: keys.map(({ rope, window }) => ({ rope: ropeKeys.indexOf(rope), window: windowKeys.indexOf(window) })),
  };
}

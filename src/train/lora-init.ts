// A new adapter, as PEFT initialises one: A from Kaiming's uniform distribution with a = √5, B zero, so that the adapted model
// is the frozen one until the first step.
import { InputError } from "../dataset/input-error.ts";
import { seededRandom } from "../preference/seed.ts";
import { type Architecture, LINEAR_LAYERS, linearShape } from "../weights/architecture.ts";
import type { LoraConfig, LoraPair, LoraWeights } from "./lora-weights.ts";

/** All linear layers (spec/method.md, "Training setting"); alpha twice the rank, as LLaMA-Factory sets it. */
export const DEFAULT_LORA: LoraConfig = { rank: 16, alpha: 32, dropout: 0, targets: LINEAR_LAYERS };

/** [rank, width in] and [width out, rank] of one layer's matrices. */
export interface LoraShape {
  readonly A: readonly [number, number];
  readonly B: readonly [number, number];
}

/** The shapes of every targeted layer by its name, first block first, in a block in the order of LINEAR_LAYERS. */
export function loraShapes(
  architecture: Architecture,
  { rank, targets }: Pick<LoraConfig, "rank" | "targets">,
): Map<string, LoraShape> {
  const shapes = new Map<string, LoraShape>();
  const layers = LINEAR_LAYERS.filter((layer) => targets.includes(layer));
  architecture.layers.forEach((_, block) => {
    for (const layer of layers) {
      const [out, width] = linearShape(architecture, layer);
      shapes.set(`model.layers.${block}.${layer}`, { A: [rank, width], B: [out, rank] });
    }
  });
  return shapes;
}

/**
 * Draws an adapter. A layer's draw depends on the seed, its name and its shape, not on which others are targeted.
 * @throws InputError for a rank, alpha or dropout out of range, or no targets
 */
export function initialLora(architecture: Architecture, config: LoraConfig, seed: number): LoraWeights {
  const { rank, alpha, dropout, targets } = config;
  if (!(Number.isInteger(rank) && rank >= 1))
    throw new InputError(`rank: ${rank} must be a whole number of at least 1`);
  if (!(alpha > 0 && Number.isFinite(alpha))) throw new InputError(`alpha: ${alpha} must be a number above 0`);
  if (!(dropout >= 0 && dropout < 1)) throw new InputError(`dropout: ${dropout} must be at least 0 and below 1`);
  if (targets.length === 0) throw new InputError("targets: at least one linear layer must be adapted");
  const pairs = new Map<string, LoraPair>();
  for (const [name, { A, B }] of loraShapes(architecture, config))
    pairs.set(name, { A: kaimingUniform(A, seed, name), B: new Float32Array(B[0] * B[1]) });
  return { config, pairs };
}

// U(−b, b) with b = gain · √(3 / fan in) and gain = √(2 / (1 + a²)) = √(1/3) for a = √5: b = 1 / √(fan in).
function kaimingUniform([rank, width]: readonly [number, number], seed: number, name: string): Float32Array {
  const random = seededRandom("lora-init", seed, name);
  const bound = 1 / Math.sqrt(width);
  const values = new Float32Array(rank * width);
  for (let i = 0; i < values.length; i += 1) values[i] = bound * (2 * random() - 1);
  return values;
}

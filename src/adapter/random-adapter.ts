// An adapter drawn from a seed, for tests: unlike a new one, it changes its model. It is of no use.

import { seededRandom } from "../preference/seed.ts";
import { initialLora } from "../train/lora-init.ts";
import type { LoraConfig } from "../train/lora-weights.ts";
import { LINEAR_LAYERS } from "../weights/architecture.ts";
import type { FrozenWeights } from "../weights/frozen-weights.ts";
import type { Adapter } from "./adapter.ts";

/** Size of B's elements: log-probabilities then change by some percent. */
const SPREAD = 0.6;

/** The same weights, seed and configuration give the same adapter. */
export function randomAdapter(
  { architecture, identity }: FrozenWeights,
  seed: number,
  config: Partial<LoraConfig> = {},
): Adapter {
  const lora = initialLora(architecture, { rank: 4, alpha: 6, dropout: 0.1, targets: LINEAR_LAYERS, ...config }, seed);
  for (const [name, { B }] of lora.pairs) {
    const random = seededRandom("random-adapter", seed, name);
    for (let i = 0; i < B.length; i++) B[i] = SPREAD * (random() - 0.5);
  }
  return { lora, base: { name: "tiny", identity } };
}

// McNemar's test (McNemar 1947): whether two models are right equally often, from the items on which just one of them is. Which variant
// was used is part of the answer. Pure.
import { chiSquareTail } from "./chi-square.ts";

export const MCNEMAR_VARIANTS = {
  exact: "exact binomial, two-sided",
  corrected: "χ² with continuity correction (Edwards 1948)",
  clustered: "χ² of clustered pairs (Durkalski et al. 2003)",
} as const;
export type McNemarVariant = keyof typeof MCNEMAR_VARIANTS;

/** Items on which one model is right and the other wrong, by which is right. */
export interface Discordant {
  readonly onlyA: number;
  readonly onlyB: number;
}

export interface McNemar extends Discordant {
  readonly variant: McNemarVariant;
  readonly p: number;
}

/** Discordant items from which χ² is close to the exact distribution (Fleiss 1981, 8.1, says 20 to 30). */
export const EXACT_BELOW = 25;

/** The test where items are independent of one another. */
export function mcnemar({ onlyA, onlyB }: Discordant): McNemar {
  const discordant = onlyA + onlyB;
  if (discordant < EXACT_BELOW)
    return { onlyA, onlyB, variant: "exact", p: exactP(Math.min(onlyA, onlyB), discordant) };
  const apart = Math.max(0, Math.abs(onlyA - onlyB) - 1);
  return { onlyA, onlyB, variant: "corrected", p: chiSquareTail((apart * apart) / discordant) };
}

/** Twice the chance of so few heads in so many throws of a fair coin. */
function exactP(fewer: number, throws: number): number {
  let chance = 0.5 ** throws;
  let tail = chance;
  for (let heads = 1; heads <= fewer; heads += 1) {
    chance *= (throws - heads + 1) / heads;
    tail += chance;
  }
  return Math.min(1, 2 * tail);
}

/** A cluster's discordant items, of so many. */
export interface DiscordantCluster extends Discordant {
  readonly items: number;
}

/**
 * The test where items come in clusters that hang together. Each cluster counts by its mean difference; with one item in each
 * it is McNemar's own χ², without correction.
 */
export function clusteredMcNemar(clusters: readonly DiscordantCluster[]): McNemar {
  let [onlyA, onlyB, sum, squares] = [0, 0, 0, 0];
  for (const cluster of clusters) {
    onlyA += cluster.onlyA;
    onlyB += cluster.onlyB;
    const difference = (cluster.onlyA - cluster.onlyB) / cluster.items;
    sum += difference;
    squares += difference * difference;
  }
  return { onlyA, onlyB, variant: "clustered", p: squares === 0 ? 1 : chiSquareTail((sum * sum) / squares) };
}

// Training and validation are split by profile, never by row: rows of one profile share their prompt, and a model that has
// seen half of them has seen the other half.
import { fraction } from "./seed.ts";

export const SIDES = ["train", "validation"] as const;
export type Side = (typeof SIDES)[number];

/**
 * The side that all rows of a profile are on. It depends on nothing but the seed and the profile, so it needs no pass over
 * the data and stays when data is added; a share of few profiles is therefore met only roughly. A profile that is in
 * validation at one share is there at every larger one.
 * @param validation share of profiles for validation, 0 to 1
 */
export function sideOf(profile: string, validation: number, seed: number): Side {
  return fraction("split", seed, profile) < validation ? "validation" : "train";
}

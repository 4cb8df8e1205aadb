import { describe, expect, it } from "vitest";
import { sideOf } from "./split.ts";

const profiles = Array.from({ length: 5000 }, (_, index) => `profile-${index}`);
const inValidation = (share: number, seed: number): Set<string> =>
  new Set(profiles.filter((profile) => sideOf(profile, share, seed) === "validation"));

describe("sideOf", () => {
  it("puts about the share wanted into validation, and none or all at the ends", () => {
    expect(Math.abs(inValidation(0.1, 1).size - 500)).toBeLessThan(110); // five standard deviations
    expect(inValidation(0, 1).size).toBe(0);
    expect(inValidation(1, 1).size).toBe(profiles.length);
  });

  it("depends on the seed and the profile alone", () => {
    expect(inValidation(0.1, 1)).toEqual(inValidation(0.1, 1));
    expect(inValidation(0.1, 1)).not.toEqual(inValidation(0.1, 2));
  });

  it("keeps a profile in validation when the share grows", () => {
    expect(inValidation(0.1, 1).isSubsetOf(inValidation(0.3, 1))).toBe(true);
  });
});

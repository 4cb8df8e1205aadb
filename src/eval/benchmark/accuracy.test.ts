import { describe, expect, it } from "vitest";
import { accuraciesOf, familyOf, instructionAccuracies, type PromptVerdicts } from "./accuracy.ts";

const verdict = (id: string, strict: boolean, loose = strict) => ({ id, strict, loose });
const PROMPTS: PromptVerdicts[] = [
  [verdict("keywords:existence", true), verdict("keywords:frequency", false, true)],
  [verdict("keywords:existence", true)],
  [verdict("startend:quotation", false), verdict("keywords:existence", true)],
  [verdict("startend:quotation", true), verdict("startend:quotation", false, true)],
];
const options = { seed: 1, resamples: 500 };

describe("accuraciesOf", () => {
  it("counts prompts whose instructions are all followed, and instructions, strict and loose, and takes the mean of the four", () => {
    const { prompts, instructions, accuracies } = accuraciesOf(PROMPTS, options);
    expect([prompts, instructions]).toEqual([4, 7]);
    const values = Object.entries(accuracies).map(([name, { value }]) => [name, value]);
    expect(Object.fromEntries(values)).toEqual({
      prompt_strict: 1 / 4,
      inst_strict: 4 / 7,
      prompt_loose: 3 / 4,
      inst_loose: 6 / 7,
      overall: (1 / 4 + 4 / 7 + 3 / 4 + 6 / 7) / 4,
    });
  });

  it("gives the same intervals for the same seed, around each value, and others for another", () => {
    const { accuracies } = accuraciesOf(PROMPTS, options);
    expect(accuraciesOf(PROMPTS, options).accuracies).toEqual(accuracies);
    for (const { value, low, high } of Object.values(accuracies)) {
      expect(low).toBeLessThanOrEqual(value);
      expect(high).toBeGreaterThanOrEqual(value);
    }
    expect(accuraciesOf(PROMPTS, { ...options, seed: 2 }).accuracies).not.toEqual(accuracies);
  });

  it("claims no certainty where all prompts are alike", () => {
    const { accuracies } = accuraciesOf(
      Array.from({ length: 10 }, () => [verdict("startend:quotation", true)]),
      options,
    );
    expect(accuracies.prompt_strict).toEqual({ value: 1, low: 0.025 ** (1 / 10), high: 1 });
  });
});

describe("instructionAccuracies", () => {
  it("counts each instruction, also one that a prompt has twice, by name and by family", () => {
    const shares = (nameOf: (id: string) => string) =>
      instructionAccuracies(PROMPTS, nameOf, options).map(({ id, count, strict, loose }) => [
        id,
        count,
        strict.value,
        loose.value,
      ]);
    expect(shares((id) => id)).toEqual([
      ["keywords:existence", 3, 1, 1],
      ["keywords:frequency", 1, 0, 1],
      ["startend:quotation", 3, 1 / 3, 2 / 3],
    ]);
    expect(shares(familyOf)).toEqual([
      ["keywords", 4, 3 / 4, 1],
      ["startend", 3, 1 / 3, 2 / 3],
    ]);
  });
});

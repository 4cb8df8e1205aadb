import { describe, expect, it } from "vitest";
import { trainingNumbers } from "../../test/training-numbers.ts";
import { learningRateAt, type Schedule, warmupStepsOf } from "./schedule.ts";

const SCHEDULES: readonly Schedule[] = ["cosine", "linear", "constant"];
/** Warm-up and steps: none, some, one step in all, all of them, more steps than a multiple of anything. */
const LENGTHS = [
  [0, 10],
  [3, 10],
  [1, 1],
  [5, 5],
  [13, 127],
] as const;

describe("learningRateAt", () => {
  it("gives the rates of transformers' schedules", async () => {
    const cases = SCHEDULES.flatMap((schedule) =>
      LENGTHS.map(([warmupSteps, steps]) => ({ schedule, peak: 3e-4, warmupSteps, steps })),
    );
    const theirs = await trainingNumbers("schedules", {
      schedules: cases.map(({ schedule, peak, warmupSteps, steps }) => [schedule, peak, warmupSteps, steps] as const),
    });
    expect(theirs).toHaveLength(cases.length);
    cases.forEach((options, i) => {
      const rates = theirs[i] as number[];
      expect(rates).toHaveLength(options.steps);
      rates.forEach((rate, step) => {
        expect(learningRateAt(options, step), `${JSON.stringify(options)} step ${step}`).toBeCloseTo(rate, 15);
      });
    });
  });

  it("never falls below 0 after the last step", () => {
    for (const schedule of SCHEDULES)
      for (const step of [10, 11, 25])
        expect(learningRateAt({ schedule, peak: 1, warmupSteps: 2, steps: 10 }, step)).toBeGreaterThanOrEqual(0);
  });
});

it("a warm-up is a share of the steps, rounded up, or a number of steps", () => {
  expect(warmupStepsOf({ share: 0.1 }, 31)).toBe(4);
  expect(warmupStepsOf({ share: 0 }, 31)).toBe(0);
  expect(warmupStepsOf({ share: 1 }, 31)).toBe(31);
  expect(warmupStepsOf({ steps: 7 }, 31)).toBe(7);
});

// The learning rate of each step: a linear warm-up from 0, then constant, linear to 0, or half a cosine to 0. The factors are
// those of transformers' `get_{constant,linear,cosine}_schedule_with_warmup`: with a warm-up the first step's rate is 0.

export type Schedule = "cosine" | "linear" | "constant";

export interface ScheduleOptions {
  readonly schedule: Schedule;
  /** The rate at the end of the warm-up. */
  readonly peak: number;
  readonly warmupSteps: number;
  /** Steps of the whole training, the warm-up included. */
  readonly steps: number;
}

/** A warm-up as a share of all steps (0 to 1) or as a number of steps. */
export type Warmup = { readonly share: number } | { readonly steps: number };

/** Steps of the warm-up; of a share the next whole number, as transformers rounds it. */
export const warmupStepsOf = (warmup: Warmup, steps: number): number =>
  "share" in warmup ? Math.ceil(steps * warmup.share) : warmup.steps;

/** The learning rate of a step, 0 for the first. Never below 0. */
export function learningRateAt({ schedule, peak, warmupSteps, steps }: ScheduleOptions, step: number): number {
  if (step < warmupSteps) return peak * (step / Math.max(1, warmupSteps));
  if (schedule === "constant") return peak;
  const decay = Math.max(1, steps - warmupSteps);
  if (schedule === "linear") return peak * Math.max(0, (steps - step) / decay);
  return peak * Math.max(0, 0.5 * (1 + Math.cos((Math.PI * (step - warmupSteps)) / decay)));
}

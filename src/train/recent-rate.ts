// How fast a training goes, from its last steps. Pure.
import type { TrainingProgress } from "./training-progress.ts";
import type { StepRecord } from "./training-record.ts";

/** Steps over which the rate is taken: rows differ in length, and the machine in what else it does. */
const RATE_STEPS = 8;

/** Adds a step to the recent ones, and lets the oldest go. */
export function remember(recent: StepRecord[], record: StepRecord): void {
  recent.push(record);
  if (recent.length > RATE_STEPS) recent.shift();
}

/** @param steps of the whole training */
export function rateOf(
  recent: readonly StepRecord[],
  steps: number,
): Pick<TrainingProgress & { stage: "step" }, "loss" | "rewardAccuracy" | "tokensPerSecond" | "secondsLeft"> {
  const last = recent.at(-1);
  if (last === undefined) return { loss: null, rewardAccuracy: null, tokensPerSecond: null, secondsLeft: null };
  const seconds = recent.reduce((sum, record) => sum + record.seconds, 0);
  return {
    loss: last.loss,
    rewardAccuracy: last.rewardAccuracy,
    // Engines don't tell the tokens of every method.
    tokensPerSecond: recent.some(({ tokens }) => tokens === null)
      ? null
      : recent.reduce((sum, { tokens }) => sum + tokens, 0) / seconds,
    secondsLeft: ((steps - last.step) * seconds) / recent.length,
  };
}

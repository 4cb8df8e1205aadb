// How far a training is, on one line.
import type { TrainingProgress } from "../train/training-progress.ts";
import { countsAndRate, duration, transfer } from "./progress-line.ts";

/** Characters of what another program says. */
const MOST_SAID = 100;

/** @param seconds since the line began */
export function trainingProgressText(progress: TrainingProgress, seconds: number): string {
  switch (progress.stage) {
    case "weights":
      return transfer(progress.moved);
    case "tokens":
      return `tokens of ${progress.file}: ${countsAndRate({ rows: progress.done }, seconds)}, ${Math.floor(100 * progress.share)} %`;
    case "reference":
      return `log-probabilities of the model itself: ${progress.done} of ${progress.of} ${progress.side === "train" ? "training" : "validation"} rows`;
    case "starting":
      return `starting, ${duration(seconds)}: ${progress.said.slice(0, MOST_SAID)}`;
    case "step":
    case "validation":
      return stepText(progress);
  }
}

function stepText(progress: Extract<TrainingProgress, { stage: "step" | "validation" }>): string {
  const { stage, step, steps, done, of, loss, rewardAccuracy, tokensPerSecond, secondsLeft } = progress;
  const parts = [
    stage === "validation"
      ? `after step ${step} of ${steps}: validation row ${done} of ${of}`
      : `step ${Math.min(step + 1, steps)} of ${steps}${of === 0 ? "" : `, row ${done} of ${of}`}`,
    ...(loss === null ? [] : [`loss ${loss.toFixed(4)}`]),
    ...(rewardAccuracy === null ? [] : [`reward accuracy ${Math.round(100 * rewardAccuracy)} %`]),
    ...(tokensPerSecond === null ? [] : [`${Math.round(tokensPerSecond)} tokens/s`]),
    ...(secondsLeft === null ? [] : [`${duration(secondsLeft)} left`]),
  ];
  return parts.join(", ");
}

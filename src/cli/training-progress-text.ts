// How far a training is, on one line: for `rpo quickstart`, where the training is one stage of many.
import type { TrainingProgress } from "../train/training-progress.ts";
import { duration, transfer } from "./progress-line.ts";

export function trainingProgressText(progress: TrainingProgress): string {
  switch (progress.stage) {
    case "weights":
      return transfer(progress.moved);
    case "tokens":
      return `tokens of ${progress.file}: ${progress.done} rows`;
    case "reference":
      return `log-probabilities of the model itself: ${progress.done} of ${progress.of} ${progress.side === "train" ? "training" : "validation"} rows`;
    case "step":
    case "validation": {
      const { stage, step, steps, done, of, secondsLeft } = progress;
      const left = secondsLeft === null ? "" : `, ${duration(secondsLeft)} left`;
      return stage === "validation"
        ? `after step ${step} of ${steps}: validation row ${done} of ${of}${left}`
        : `step ${Math.min(step + 1, steps)} of ${steps}, row ${done} of ${of}${left}`;
    }
  }
}

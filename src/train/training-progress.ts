// How far a training is, as it is told to whoever waits, and its two other endings. Ignores how it is shown.
import type { Progress } from "../model/progress.ts";

/** One sign of life. Stages come in this order; `validation` between the steps. */
export type TrainingProgress =
  | { readonly stage: "weights"; readonly moved: Progress }
  | { readonly stage: "tokens"; readonly file: string; readonly done: number; readonly share: number }
  /** A program that was started has not yet made a step; what it said last. */
  | { readonly stage: "starting"; readonly said: string }
  | { readonly stage: "reference"; readonly side: "train" | "validation"; readonly done: number; readonly of: number }
  | {
      readonly stage: "step" | "validation";
      /** Steps that are done, of all. */
      readonly step: number;
      readonly steps: number;
      /** Rows of the step, or of the validation, that are done; `of` is 0 where that isn't told. */
      readonly done: number;
      readonly of: number;
      /** Of the last step; null before the first. */
      readonly loss: number | null;
      readonly rewardAccuracy: number | null;
      /** Of the last steps; null before the first. */
      readonly tokensPerSecond: number | null;
      readonly secondsLeft: number | null;
    };

/** A training that was stopped before its end; what is done is kept. */
export class TrainingStopped extends Error {
  /** Steps done, of all; null where it was stopped before the first. */
  readonly step: number | null;
  readonly steps: number | null;
  constructor(step: number | null, steps: number | null) {
    super(step === null ? "stopped before the first step" : `stopped after ${step} of ${steps} steps`);
    this.name = "TrainingStopped";
    this.step = step;
    this.steps = steps;
  }
}

/** A training that failed for a reason that is no input's: the machine's memory, its runtime. */
export class TrainingFailed extends Error {
  constructor(message: string, options?: ErrorOptions) {
    super(message, options);
    this.name = "TrainingFailed";
  }
}

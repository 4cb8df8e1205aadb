// What a training's thread and its host say to each other. Ignores threads and trainings.
import { InputError } from "../dataset/input-error.ts";
import { TrainingFailed, type TrainingProgress, TrainingStopped } from "./training-progress.ts";
import type { TrainingSummary } from "./training-summary.ts";

/** What the host sends: end after the current row. */
export const STOP = "stop";

/** What the thread sends. The last message is of one of the last three kinds. */
export type WorkerMessage =
  | { readonly kind: "progress"; readonly progress: TrainingProgress }
  | { readonly kind: "notice"; readonly notice: string }
  | { readonly kind: "done"; readonly summary: TrainingSummary }
  | { readonly kind: "stopped"; readonly step: number | null; readonly steps: number | null }
  | { readonly kind: "failed"; readonly failure: Failure };

/** An error as it crosses threads: with what tells its kind, which a structured clone would lose. */
export interface Failure {
  readonly name: string;
  readonly message: string;
  readonly stack: string;
  readonly isInput: boolean;
  /** Of the system's errors. */
  readonly code: string | null;
  readonly syscall: string | null;
}

/** The message that an error ends a training with. */
export function endingOf(error: unknown): WorkerMessage {
  if (error instanceof TrainingStopped) return { kind: "stopped", step: error.step, steps: error.steps };
  const thrown: Error & { code?: unknown; syscall?: unknown } =
    error instanceof Error ? error : new Error(String(error));
  const textOf = (value: unknown): string | null => (typeof value === "string" ? value : null);
  const { name, message, stack = message, code, syscall } = thrown;
  const isInput = error instanceof InputError;
  return { kind: "failed", failure: { name, message, stack, isInput, code: textOf(code), syscall: textOf(syscall) } };
}

/** The error again, as the host throws it: what is neither input nor the system is a TrainingFailed with it as its cause. */
export function errorOf({ name, message, stack, isInput, code, syscall }: Failure): Error {
  if (isInput) return new InputError(message);
  if (code !== null && syscall !== null) return Object.assign(new Error(message), { code, syscall });
  return new TrainingFailed(message, { cause: Object.assign(new Error(message), { name, stack }) });
}

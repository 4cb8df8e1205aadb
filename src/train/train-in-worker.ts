// Runs a training in a thread of its own and hands on what it says, so that this thread stays free for progress and signals.
// Ignores what a training is.
import { Worker } from "node:worker_threads";
import { TrainingFailed, type TrainingProgress, TrainingStopped } from "./training-progress.ts";
import type { TrainingJob } from "./training-run.ts";
import type { TrainingSummary } from "./training-summary.ts";
import { errorOf, STOP, type WorkerMessage } from "./worker-message.ts";

export interface WorkerHooks {
  /** Ends the training after its current row. */
  readonly signal?: AbortSignal | undefined;
  readonly onProgress?: ((progress: TrainingProgress) => void) | undefined;
  readonly onNotice?: ((notice: string) => void) | undefined;
}

/** The thread's file beside this one, of the same kind: a source in a checkout, built in the package. */
const WORKER = new URL(`./worker${import.meta.url.endsWith(".ts") ? ".ts" : ".js"}`, import.meta.url);

/**
 * @throws TrainingStopped when the signal ends it; InputError for input that can't be used; the system's errors as they are;
 * TrainingFailed for whatever else ends the thread
 */
export function trainInWorker(
  job: TrainingJob,
  { signal, onProgress, onNotice }: WorkerHooks,
): Promise<TrainingSummary> {
  return new Promise((resolve, reject) => {
    const worker = new Worker(WORKER, { workerData: job });
    const stop = (): void => worker.postMessage(STOP);
    const settle = (): void => signal?.removeEventListener("abort", stop);
    if (signal?.aborted) stop();
    else signal?.addEventListener("abort", stop, { once: true });
    worker.on("message", (message: WorkerMessage) => {
      if (message.kind === "progress") onProgress?.(message.progress);
      else if (message.kind === "notice") onNotice?.(message.notice);
      else if (message.kind === "done") resolve(message.summary);
      else if (message.kind === "stopped") reject(new TrainingStopped(message.step, message.steps));
      else reject(errorOf(message.failure));
    });
    // Not thrown by the training but by the thread under it: no memory, a module that can't be loaded.
    worker.on("error", (error: unknown) => {
      const { message } = error instanceof Error ? error : new Error(String(error));
      reject(new TrainingFailed(message, { cause: error }));
    });
    // Too late for what has been settled; the first of all where nothing was said.
    worker.on("exit", (code) => {
      settle();
      reject(new TrainingFailed(`the training's thread ended without a result (exit code ${code})`));
    });
  });
}

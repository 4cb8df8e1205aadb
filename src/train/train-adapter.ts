// Training as a caller wants it: a data set and a model in, an adapter out, in a thread of its own, one training at a time in
// a folder.
import { InputError } from "../dataset/input-error.ts";
import { withFileLock } from "../model/file-lock.ts";
import type { BaseModel } from "./base-model.ts";
import { runPaths } from "./run-directory.ts";
import { trainInWorker, type WorkerHooks } from "./train-in-worker.ts";
import { type TrainSettingsInput, trainSettings } from "./train-settings.ts";
import type { TrainingSummary } from "./training-summary.ts";

export interface TrainAdapterOptions extends WorkerHooks {
  /** Folder of a data set, as `rpo pairs` makes it. */
  readonly dataset: string;
  /** See `baseModel`. */
  readonly model: BaseModel;
  /** Run directory; a training that is there goes on (run-directory.ts says what is left in it). */
  readonly out: string;
  readonly settings: TrainSettingsInput;
  /** Begin anew where there is a training. */
  readonly fresh?: boolean;
}

/**
 * Trains an adapter, or goes on with one that was stopped.
 * @throws TrainingStopped when the signal ends it: what is done is kept, and the same call goes on from there; InputError for
 * a data set, model or folder that can't be used; TrainingFailed where the machine gives out
 */
export async function trainAdapter(options: TrainAdapterOptions): Promise<TrainingSummary> {
  const { dataset, model, out, fresh = false, signal, onProgress, onNotice } = options;
  const settings = trainSettings.parse(options.settings);
  const job = { dataset, model, out, settings, fresh };
  return withFileLock(runPaths(out).record, () => trainInWorker(job, { signal, onProgress, onNotice }), {
    signal,
    onWait: (holder) => {
      throw new InputError(`${out}: process ${holder} is training in this folder`);
    },
  });
}

import { expect, it } from "vitest";
import { InputError } from "../dataset/input-error.ts";
import { trainInWorker } from "./train-in-worker.ts";
import { trainSettings } from "./train-settings.ts";
import { TrainingFailed, TrainingStopped } from "./training-progress.ts";
import type { TrainingJob } from "./training-run.ts";
import { endingOf, errorOf, type WorkerMessage } from "./worker-message.ts";

const job = (changes: object): TrainingJob => ({
  dataset: "no-such-data",
  model: { name: "m", path: "no-such-model.gguf" },
  out: "no-such-folder/\0",
  settings: trainSettings.parse({ method: "rpo" }),
  fresh: false,
  ...changes,
});

it("turns what the thread throws into the host's error", async () => {
  // What no caller does, and no code expects.
  const thrown = await trainInWorker(job({ out: undefined }), {}).catch((error: unknown) => error);
  expect(thrown).toBeInstanceOf(TrainingFailed);
  expect((thrown as Error).cause).toMatchObject({ name: "TypeError", stack: expect.stringContaining("training-run") });
});

it("ends a job whose signal has come before it", async () => {
  const stop = AbortSignal.abort();
  const ended = trainInWorker(job({ model: null }), { signal: stop });
  await expect(ended).rejects.toThrow(Error); // and the promise does not hang
});

const across = (error: unknown): Error => {
  const message = structuredClone(endingOf(error)) as Extract<WorkerMessage, { kind: "failed" }>;
  return errorOf(message.failure);
};

it("keeps an error's kind across threads", () => {
  class RowsError extends InputError {}
  expect(across(new RowsError("train.jsonl:3: margin: none"))).toEqual(new InputError("train.jsonl:3: margin: none"));
  const system = Object.assign(new Error("ENOSPC: no space left on device, write"), {
    code: "ENOSPC",
    syscall: "write",
  });
  expect(across(system)).toMatchObject({ message: system.message, code: "ENOSPC", syscall: "write" });
  expect(across(new RangeError("x"))).toBeInstanceOf(TrainingFailed);
  expect(across("text")).toMatchObject({ message: "text" });
  expect(endingOf(new TrainingStopped(3, 9))).toEqual({ kind: "stopped", step: 3, steps: 9 });
});

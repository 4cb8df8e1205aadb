// `rpo train --engine trl|llamafactory`: what is shown of a training on a PyTorch engine, and how signals reach it. The work is in
// src/engine/train-with-engine.ts, loaded only here.
import type { EngineTrainingOptions } from "../engine/train-with-engine.ts";
import { TrainingStopped } from "../train/training-progress.ts";
import type { TrainingSummary } from "../train/training-summary.ts";
import { CliError } from "./cli-error.ts";
import { progressLine } from "./progress-line.ts";
import { EXIT_INTERRUPTED, stopOnSignal } from "./stop-on-signal.ts";
import { trainingProgressText } from "./training-progress-text.ts";

export type EngineRequest = Omit<
  EngineTrainingOptions,
  "env" | "signal" | "onProgress" | "onNotice" | "onStart" | "nvidiaSmi" | "graceMs"
>;

/** @param text what a finished training prints on standard output */
export async function trainByEngine(request: EngineRequest, text: (summary: TrainingSummary) => string): Promise<void> {
  const { EngineFailed, trainWithEngine } = await import("../engine/train-with-engine.ts");
  const { out } = request;
  const progress = progressLine(performance.now.bind(performance), process.stderr);
  const say = (notice: string): void => {
    progress.done();
    process.stderr.write(`${notice}\n`);
  };
  let killEngine = (): void => {};
  // Its processes are in groups and sessions of their own: nothing but this ends them.
  const kill = (): void => killEngine();
  const stop = stopOnSignal(() => say("the engine ends its step and saves; once more ends it at once …"), kill);
  process.once("exit", kill);
  try {
    const done = await trainWithEngine({
      ...request,
      env: process.env,
      signal: stop.signal,
      onNotice: say,
      onProgress: (now) => progress.update((seconds) => trainingProgressText(now, seconds)),
      onStart: (how) => {
        killEngine = how;
      },
    });
    progress.done();
    if (done.kind === "trained") process.stdout.write(text(done.summary));
    else
      process.stdout.write(
        `${[`${done.folder}: ${done.files.join(", ")}`, `to start there: ${done.start}`].join("\n")}\n`,
      );
  } catch (error) {
    progress.done();
    if (error instanceof EngineFailed)
      throw new CliError(
        [
          `${out}: the training failed (${error.failure.cause}): ${error.message}`,
          ...(error.step === null ? [] : ["The same command goes on from the last checkpoint."]),
          ...(error.lines.length === 0 ? [] : [`The end of ${error.log}:`, ...error.lines.map((line) => `  ${line}`)]),
        ].join("\n"),
      );
    const isStopped = error instanceof TrainingStopped;
    if (!isStopped && !(stop.signal.aborted && error === stop.signal.reason)) throw error;
    const where = isStopped && error.step !== null ? error.message : "stopped before the first step";
    say(`${where}; the same command goes on from there`);
    process.exitCode = EXIT_INTERRUPTED;
  } finally {
    progress.done();
    killEngine = () => {};
    process.off("exit", kill);
    stop.release();
  }
}

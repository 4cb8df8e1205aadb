// The thread in which a training runs. ONNX Runtime blocks the thread that calls it; here nobody waits for that but the
// training itself. Takes its job as worker data and one message, STOP, and tells how it goes; see train-in-worker.ts.
import module from "node:module";
import { parentPort, workerData } from "node:worker_threads";
import type { TrainingJob } from "./training-run.ts";
import { endingOf, STOP, type WorkerMessage } from "./worker-message.ts";

const port = parentPort;
if (port === null) throw new Error("this file is a thread's: see train-in-worker.ts");
const say = (message: WorkerMessage): void => port.postMessage(message);
const stop = new AbortController();
port.on("message", (message) => {
  if (message === STOP) stop.abort();
});
try {
  // A thread does not inherit it, and what follows is most of what the program has to load (0.4 s without).
  module.enableCompileCache?.();
  const { runTraining } = await import("./training-run.ts");
  const summary = await runTraining(workerData as TrainingJob, {
    signal: stop.signal,
    onProgress: (progress) => say({ kind: "progress", progress }),
    onNotice: (notice) => say({ kind: "notice", notice }),
    now: performance.now.bind(performance),
  });
  say({ kind: "done", summary });
} catch (error) {
  say(endingOf(error));
}
port.close();

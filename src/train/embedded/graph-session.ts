// Opens graphs as sessions of ONNX Runtime, with what they all ask of it: weights mapped from their files and not copied, in no
// second layout, and no log.
import { InferenceSession } from "onnxruntime-node";
import type { Device } from "./devices.ts";
import type { Graph } from "./step-graph.ts";

export interface SessionSettings {
  /** Where the weights lie (frozen-initializers.ts). */
  readonly folder: string;
  readonly device: Device;
  readonly threads: number;
  /**
   * Whether the session keeps the memory of a run for the next one. Quicker, but what one session keeps no other can use: true
   * where one session does the most of the work.
   */
  readonly keepsMemory: boolean;
}

/** Of a step of 1.1 s it saves 0.17 s, nearly all that waiting without end would; much of what else runs gets its core sooner. */
const SPIN_MICROSECONDS = "200";

/** Errors alone: warnings are of graphs that could be smaller. */
const ERRORS = 3;

export function openSession(
  { model }: Graph,
  { folder, device, threads, keepsMemory }: SessionSettings,
): Promise<InferenceSession> {
  return InferenceSession.create(model, {
    executionProviders: [device],
    intraOpNumThreads: threads,
    logSeverityLevel: ERRORS,
    enableCpuMemArena: keepsMemory,
    // A plan of each shape that was seen takes its memory beside what the first run of the shape took: half as much again.
    enableMemPattern: false,
    extra: {
      session: {
        // Threads that wait in a loop for the next operator save waking them, and slow down whatever else the machine does: they
        // wait so for the time of a small operator, and never between runs.
        force_spinning_stop: "1",
        intra_op: { allow_spinning: "1", spin_duration_us: SPIN_MICROSECONDS },
        // Packed copies of the weights make products a little quicker, and would take as much memory as the weights again.
        disable_prepacking: "1",
        model_external_initializers_file_folder_path: folder,
      },
    },
  });
}

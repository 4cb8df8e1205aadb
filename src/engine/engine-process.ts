// A training that runs in another program: started as a group of its own, watched by the record that it writes, stopped with all its
// ranks. How it ended is the system's word; what made it fail is failure-cause.ts's. Ignores which engine it is.
import { writeFile } from "node:fs/promises";
import { setTimeout as delay } from "node:timers/promises";
import { InputError } from "../dataset/input-error.ts";
import { rateOf, remember } from "../train/recent-rate.ts";
import type { TrainingProgress } from "../train/training-progress.ts";
import { parseTrainingRecord, type StepRecord } from "../train/training-record.ts";
import { logTail } from "../vllm/log-tail.ts";
import { type ProcessExit, type ProcessGroup, startGroup } from "../vllm/process-group.ts";
import { descendantsOf, killNow, killRemaining, type SeenProcess } from "./descendants.ts";
import { growingFile } from "./growing-file.ts";

export interface EngineProcessOptions {
  readonly executable: string;
  readonly args: readonly string[];
  readonly cwd: string;
  readonly env: Readonly<Record<string, string | undefined>>;
  /** File that its output is added to. */
  readonly log: string;
  /** metrics.jsonl, which it writes. */
  readonly metrics: string;
  /** File by whose presence it is asked to stop after its step; null where it knows none. */
  readonly stopFile: string | null;
  /** Updates of the whole training. */
  readonly steps: number;
  /** The last step in the record before it starts: what an engine that goes on writes again of those is no news. */
  readonly after: number;
  /** Asks it to save and stop; it has `graceMs` for that, then all of it is killed. */
  readonly signal: AbortSignal;
  readonly graceMs: number;
  /** The same before it has said that it began: while its machines look for each other there is nothing to save. */
  readonly startGraceMs: number;
  readonly onProgress: (progress: TrainingProgress) => void;
  /** Told once it runs: what ends it and its ranks at once, for when nothing can be waited for. */
  readonly onStart?: (kill: () => void) => void;
}

export interface EngineProcessEnd extends ProcessExit {
  /** Whether it was asked to stop. */
  readonly asked: boolean;
  /** The last step that it recorded; null before the first. */
  readonly step: number | null;
}

/** Between two looks at what it has written. */
const LOOK_MS = 250;
/** A rank that saw its master go ends by itself; this long is waited for it. */
const AFTER_MS = 5000;

/** Runs it to its end, however it ends. @throws InputError where it can't be started */
export async function runEngineProcess(options: EngineProcessOptions): Promise<EngineProcessEnd> {
  const { metrics, steps, signal, onProgress } = options;
  signal.throwIfAborted();
  const group = await started(options);
  /** All ranks that were seen: once their master is gone, nothing leads to them. */
  const ranks = new Map<number, SeenProcess>();
  const lookForRanks = async (): Promise<void> => {
    for (const seen of await descendantsOf(group.id)) ranks.set(seen.id, seen);
  };
  const kill = (): void => {
    group.kill();
    killNow([...ranks.values()]);
  };
  options.onStart?.(kill);
  const recent: StepRecord[] = [];
  const records = growingFile(metrics);
  let step: number | null = options.after === 0 ? null : options.after;
  let hasBegun = false;
  const look = async (): Promise<void> => {
    for (const line of await records.newLines()) {
      const record = parseTrainingRecord(line);
      if (record?.kind !== "step" || record.step <= options.after) continue;
      step = record.step;
      hasBegun = true;
      remember(recent, record);
    }
    if (recent.length === 0) {
      const lines = await logTail(options.log, SAID_LINES);
      hasBegun ||= lines.some(isEvent);
      onProgress({ stage: "starting", said: lines.findLast((line) => !isEvent(line)) ?? "" });
    } else onProgress({ stage: "step", step: step ?? 0, steps, done: 0, of: 0, ...rateOf(recent, steps) });
  };
  let asked = false;
  let askedAt = 0;
  const onAbort = (): void => {
    asked = true;
    askedAt = performance.now();
    if (options.stopFile !== null) void writeFile(options.stopFile, "").catch(() => {});
    // Once their master has ended, nothing leads to its ranks.
    void lookForRanks().finally(() => group.interrupt());
  };
  signal.addEventListener("abort", onAbort, { once: true });
  if (signal.aborted) onAbort();
  let isOver = false;
  const exit = group.exit.finally(() => {
    isOver = true;
  });
  try {
    for (let looks = 0; !isOver; looks += 1) {
      await Promise.race([exit, delay(LOOK_MS, null, { ref: true })]);
      await look();
      // Ranks are there from a little after the start to the end.
      if (looks < 60 || looks % 40 === 0) await lookForRanks();
      const grace = hasBegun ? options.graceMs : Math.min(options.graceMs, options.startGraceMs);
      if (asked && performance.now() - askedAt > grace) kill();
    }
    const { code, signal: by } = await exit;
    await look();
    return { code, signal: by, asked, step };
  } finally {
    signal.removeEventListener("abort", onAbort);
    await group.stop(AFTER_MS);
    await killRemaining([...ranks.values()]);
  }
}

/** Lines among which the last one for people is looked for. */
const SAID_LINES = 10;

/** Events are for programs, and all else that it says for people. */
const isEvent = (line: string): boolean => line.includes('{"event"');

/** @throws InputError where there is no such program */
async function started({ executable, args, cwd, env, log }: EngineProcessOptions): Promise<ProcessGroup> {
  try {
    return await startGroup(executable, args, { env, log, cwd });
  } catch (error) {
    const { code } = error as NodeJS.ErrnoException;
    const what = code === "ENOENT" ? "is not here" : code === "EACCES" ? "may not be run" : null;
    if (what === null) throw error;
    throw new InputError(
      `${executable} ${what}; \`rpo engines install\` makes an engine's environment, --python names one`,
    );
  }
}

// The record of a training: one line for each step and each look at the validation rows, JSON Lines. Ignores how the numbers
// come about (train.ts, batch-summary.ts) and how they are drawn.
import { open, readFile } from "node:fs/promises";
import { jsonLine } from "../dataset/jsonl.ts";
import { stageText } from "../dataset/staged-file.ts";
import type { BatchSummary } from "./batch-summary.ts";

/** One update. The numbers of the summary are from before it, as its gradient is. */
export interface StepRecord extends BatchSummary {
  readonly kind: "step";
  /** 1 for the first update. */
  readonly step: number;
  /** Rows seen over rows, after the update. */
  readonly epoch: number;
  readonly learningRate: number;
  /** Global norm of the batch's mean gradient, before clipping. */
  readonly gradientNorm: number;
  /** KTO's z0; null for the others. */
  readonly kl: number | null;
  /** Time that the step took. */
  readonly seconds: number;
}

/** One look at the validation rows, after so many updates; the first is at step 0, at the untrained adapter. */
export interface ValidationRecord extends BatchSummary {
  readonly kind: "validation";
  readonly step: number;
  readonly epoch: number;
  readonly kl: number | null;
  readonly seconds: number;
  /** Whether the loss is the lowest so far, the untrained adapter's left out. */
  readonly best: boolean;
}

export type TrainingRecord = StepRecord | ValidationRecord;

/** An open record file. */
export interface TrainingRecordFile {
  /** Resolves when the line is with the system: a killed process loses none before it. */
  append(record: TrainingRecord): Promise<void>;
  close(): Promise<void>;
}

/**
 * Opens a record to go on with it, or begins one. Lines of steps after `afterStep` are dropped, and a torn last line: they
 * were written after the checkpoint that the training goes on from, and will come again. So is a look at the validation rows
 * that the checkpoint does not know of.
 * @param afterStep updates made in that checkpoint; 0 begins anew
 * @param validated the step of that checkpoint's last look at the validation rows; null for none
 */
export async function openTrainingRecords(
  path: string,
  afterStep: number,
  validated: number | null = afterStep,
): Promise<TrainingRecordFile> {
  const isKept = ({ kind, step }: TrainingRecord): boolean =>
    kind === "step" ? step <= afterStep : validated !== null && step <= validated;
  const kept = (await readTrainingRecords(path)).filter(isKept);
  const staged = await stageText(path);
  for (const record of kept) await staged.write(jsonLine(record));
  await staged.close();
  await staged.commit();
  const file = await open(path, "a");
  return {
    append: async (record) => {
      await file.write(jsonLine(record));
    },
    close: () => file.close(),
  };
}

/** The records of a file in its order; lines that are torn, or are no record, are left out. */
export async function readTrainingRecords(path: string): Promise<readonly TrainingRecord[]> {
  return (await textOf(path)).split("\n").flatMap((line) => parseTrainingRecord(line) ?? []);
}

async function textOf(path: string): Promise<string> {
  try {
    return await readFile(path, "utf8");
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === "ENOENT") return "";
    throw error;
  }
}

/** A line's record; null for one that is torn or something else, such as what an engine says at its start. */
export function parseTrainingRecord(line: string): TrainingRecord | null {
  if (line === "") return null;
  try {
    const value: unknown = JSON.parse(line);
    const isRecord =
      typeof value === "object" &&
      value !== null &&
      "kind" in value &&
      (value.kind === "step" || value.kind === "validation") &&
      "step" in value;
    return isRecord ? (value as TrainingRecord) : null;
  } catch {
    return null;
  }
}

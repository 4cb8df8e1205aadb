// A file that is written for an engine: where it lies in the engine's folder, and its text. What is written where a person has
// changed one is engine-folder.ts's.

export interface EngineFile {
  /** Relative to the engine's folder. */
  readonly path: string;
  readonly text: string;
  /** To be run. */
  readonly isProgram?: true;
}

/** Names in the engine's folder, as the files name each other. */
export const ENGINE_FILES = {
  train: "train.yaml",
  merge: "merge.yaml",
  data: "data",
  deepspeed: "deepspeed.json",
  accelerate: "accelerate.yaml",
  shell: "run.sh",
  slurm: "job.sbatch",
  kubernetes: "pytorchjob.yaml",
} as const;

/** What the engine leaves beside its folder, as seen from it. */
export const RESULTS = {
  checkpoints: "../checkpoints",
  metrics: "../metrics.jsonl",
  adapter: "../adapter",
  merged: "../merged",
} as const;

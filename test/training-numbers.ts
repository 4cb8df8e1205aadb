// What the programs that our losses, schedule, optimizer and clipping follow give for the same inputs (test/python/training_numbers.py).
import { execFile } from "node:child_process";
import { existsSync } from "node:fs";
import { fileURLToPath } from "node:url";

const PYTHON = fileURLToPath(
  new URL(process.platform === "win32" ? "../.venv/Scripts/python.exe" : "../.venv/bin/python", import.meta.url),
);
const SCRIPT = fileURLToPath(new URL("./python/training_numbers.py", import.meta.url));

interface TrlLosses {
  readonly losses: number[];
  readonly gradients: [chosen: number[], rejected: number[]];
}

/** Jobs by kind, with what each answers. */
interface Jobs {
  readonly schedules: {
    readonly job: {
      readonly schedules: readonly (readonly [name: string, peak: number, warmup: number, steps: number])[];
    };
    /** The rate of each step. */
    readonly answer: number[][];
  };
  readonly adamw: {
    readonly job: {
      readonly weights: readonly number[];
      readonly rates: readonly number[];
      readonly gradients: readonly (readonly number[])[];
      readonly beta1: number;
      readonly beta2: number;
      readonly epsilon: number;
      readonly weightDecay: number;
    };
    /** Weights and moments after each step. */
    readonly answer: [weights: number[], m: number[], v: number[]][];
  };
  /** TRL's KTO and DPO (sigmoid), each array one number a row. */
  readonly losses: {
    readonly job: {
      readonly beta: number;
      readonly kto: {
        readonly desirableWeight: number;
        readonly undesirableWeight: number;
        readonly chosen: readonly number[];
        readonly chosenReference: readonly number[];
        readonly rejected: readonly number[];
        readonly rejectedReference: readonly number[];
        readonly mismatched: readonly number[];
        readonly mismatchedReference: readonly number[];
      };
      readonly dpo: {
        readonly labelSmoothing: number;
        readonly chosen: readonly number[];
        readonly chosenReference: readonly number[];
        readonly rejected: readonly number[];
        readonly rejectedReference: readonly number[];
      };
    };
    /** Losses (KTO's desirable rows first), and the gradients by chosen and by rejected log-probabilities. */
    readonly answer: {
      readonly kto: TrlLosses & { readonly kl: number };
      readonly dpo: TrlLosses;
    };
  };
  readonly clip: {
    readonly job: { readonly gradients: readonly (readonly number[])[]; readonly limit: number };
    readonly answer: { readonly norm: number; readonly gradients: number[][] };
  };
}

/** Runs one job in the Python environment. */
export function trainingNumbers<K extends keyof Jobs>(kind: K, job: Jobs[K]["job"]): Promise<Jobs[K]["answer"]> {
  if (!existsSync(PYTHON)) throw new Error(".venv/ is missing: `npm test` makes it, or `node setup/run.mjs setup`");
  return new Promise((resolve, reject) => {
    const env = { ...process.env, HF_HUB_OFFLINE: "1", TRANSFORMERS_OFFLINE: "1" };
    const child = execFile(
      PYTHON,
      ["-I", "-X", "utf8", SCRIPT],
      { maxBuffer: 1 << 26, env },
      (error, stdout, stderr) => {
        if (error !== null) reject(new Error(`${error.message}\n${stderr}`));
        else resolve(JSON.parse(stdout));
      },
    );
    child.stdin!.end(JSON.stringify({ kind, ...job }));
  });
}

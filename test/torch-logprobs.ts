// What transformers, on a Hugging Face folder and with a PEFT adapter where one is named, gives completions: for tests that
// hold our engine and our writers against it. One process does many jobs, since importing torch takes seconds.
import { execFile } from "node:child_process";
import { existsSync } from "node:fs";
import { fileURLToPath } from "node:url";
import type { LogprobRow } from "./llama-logprobs.ts";

const PYTHON = fileURLToPath(
  new URL(process.platform === "win32" ? "../.venv/Scripts/python.exe" : "../.venv/bin/python", import.meta.url),
);
const SCRIPT = fileURLToPath(new URL("./python/peft_logprobs.py", import.meta.url));

export interface TorchJob {
  /** A folder with config.json and model.safetensors. */
  readonly model: string;
  /** A folder with a PEFT adapter. */
  readonly adapter?: string;
  /** What the model computes in. Default float32. */
  readonly dtype?: "float32" | "float64";
  /** ggml: the half-precision table of llama.cpp's CPU kernels. Default: the function itself. */
  readonly gelu?: "ggml";
  readonly rows: readonly LogprobRow[];
}

/** Sums of token log-probabilities (natural log), by job, row and completion. */
export function torchLogprobs(jobs: readonly TorchJob[]): Promise<number[][][]> {
  if (!existsSync(PYTHON)) throw new Error(".venv/ is missing: `npm test` makes it, or `node setup/run.mjs setup`");
  return new Promise((resolve, reject) => {
    const child = execFile(
      PYTHON,
      ["-I", "-X", "utf8", SCRIPT],
      { maxBuffer: 1 << 26, env: { ...process.env, HF_HUB_OFFLINE: "1", TRANSFORMERS_OFFLINE: "1" } },
      (error, stdout, stderr) => {
        if (error !== null) reject(new Error(`${error.message}\n${stderr}`));
        else resolve(JSON.parse(stdout));
      },
    );
    child.stdin!.end(JSON.stringify({ jobs }));
  });
}

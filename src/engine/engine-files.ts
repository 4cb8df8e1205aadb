// Everything that is written for a training on a PyTorch engine, from what was decided about it: configuration, DeepSpeed's JSON,
// the shell script, and the launcher's file. Pure.
import { InputError } from "../dataset/input-error.ts";
import { deepspeedConfig } from "./deepspeed-config.ts";
import { ENGINE_FILES, type EngineFile } from "./engine-file.ts";
import type { Launcher } from "./engine-settings.ts";
import { type EngineFilesInput, llamafactoryFiles } from "./llamafactory-files.ts";
import { pytorchJob } from "./pytorch-job.ts";
import { shellScript, slurmScript } from "./shell-script.ts";
import { trlFiles } from "./trl-files.ts";

export interface EngineFilesOptions extends EngineFilesInput {
  /** Absolute. */
  readonly dataset: string;
  readonly launcher: Launcher;
  /** Container image, for Kubernetes. */
  readonly image: string | undefined;
  /** Interpreter of the engine's environment. */
  readonly python: string;
  /** Folder of the Python package rpo_engines; null where the environment has it installed. */
  readonly packageSources: string | null;
  /** Numbers of this machine's graphics processors to use; null for all. */
  readonly gpus: readonly number[] | null;
  /** Name of the training, for schedulers. */
  readonly name: string;
}

/** All paths that may be written for any engine and launcher. */
export const POSSIBLE_FILES: readonly string[] = [
  ENGINE_FILES.train,
  ENGINE_FILES.merge,
  ENGINE_FILES.deepspeed,
  ENGINE_FILES.accelerate,
  ENGINE_FILES.shell,
  ENGINE_FILES.slurm,
  ENGINE_FILES.kubernetes,
];

/** @throws InputError where the launcher lacks something */
export function engineFiles(options: EngineFilesOptions): EngineFile[] {
  const { plan, launcher, image, python, gpus, name } = options;
  const { engine, perNode, nodes, device } = plan;
  const files = engine === "trl" ? trlFiles(options) : llamafactoryFiles(options);
  const deepspeed = deepspeedConfig(plan.sharding.value);
  if (deepspeed !== null) files.push({ path: ENGINE_FILES.deepspeed, text: `${JSON.stringify(deepspeed, null, 2)}\n` });
  const script = { engine, python, packageSources: options.packageSources, perNode, nodes, device, gpus, name };
  files.push({ path: ENGINE_FILES.shell, text: shellScript(script), isProgram: true });
  if (launcher === "slurm") files.push({ path: ENGINE_FILES.slurm, text: slurmScript(script), isProgram: true });
  if (launcher === "kubernetes")
    files.push({
      path: ENGINE_FILES.kubernetes,
      text: pytorchJob({ engine, image: kubernetesImage(image), perNode, nodes, device, name }),
    });
  return files;
}

/** @throws InputError where none is given */
export function kubernetesImage(image: string | undefined): string {
  if (image !== undefined) return image;
  throw new InputError("--launcher kubernetes: give --image, a container image with the engine's environment");
}

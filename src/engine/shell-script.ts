// Scripts by which a person or a scheduler starts a training without rpo: run.sh for one machine or for each of several, and a job
// for SLURM. Bash; checked by `bash -n` in the tests. Values are quoted where they go in, so that no name is taken for a command.

import { ENGINE_FILES } from "./engine-file.ts";
import type { EngineName } from "./engine-name.ts";
import { launchArguments, MASTER_PORT, STOP_SECONDS } from "./launch-command.ts";

export interface ScriptInput {
  readonly engine: EngineName;
  /** Interpreter of the engine's environment, as the machines know it. */
  readonly python: string;
  /** Folder of the Python package rpo_engines; null where the environment has it installed. */
  readonly packageSources: string | null;
  readonly perNode: number;
  readonly nodes: number;
  readonly device: "cuda" | "cpu";
  /** Numbers of graphics processors to use; null for all. */
  readonly gpus: readonly number[] | null;
  /** Name of the training, for schedulers. */
  readonly name: string;
}

/** A word for a POSIX shell: what is no plain word stands between apostrophes. */
export const quoted = (word: string): string =>
  /^[\w@%+=:,./-]+$/.test(word) ? word : `'${word.replaceAll("'", "'\\''")}'`;

/** Words that a shell is to expand itself. */
const expanded = (word: string): string => (word.startsWith("$") ? `"${word}"` : quoted(word));

const command = (words: readonly string[]): string => words.map(expanded).join(" ");

/** run.sh: starts this machine's processes; of several machines, each is told its place by the environment. */
export function shellScript(input: ScriptInput): string {
  const { engine, python, perNode, nodes } = input;
  const isMany = nodes > 1;
  const place = isMany ? { rank: "$NODE_RANK", masterAddress: "$MASTER_ADDR", masterPort: "$MASTER_PORT" } : null;
  const words = launchArguments({ engine, config: ENGINE_FILES.train, perNode, nodes, place });
  return [
    "#!/usr/bin/env bash",
    `# Starts the training in this folder${isMany ? `, once on each of ${nodes} machines` : ""}; written by rpo train.`,
    ...(isMany
      ? [
          "#   NODE_RANK=0 MASTER_ADDR=host-of-machine-0 ./run.sh    (on machine 0; NODE_RANK=1 on the next, and so on)",
          "# All machines need this folder, the data set and the model under the same paths.",
        ]
      : []),
    "set -euo pipefail",
    'cd "$(dirname "$0")"',
    ...environment(input),
    ...(isMany
      ? [
          `: "\${NODE_RANK:?the number of this machine, 0 to ${nodes - 1}}"`,
          `: "\${MASTER_ADDR:?the address of machine 0}"`,
          `: "\${MASTER_PORT:=${MASTER_PORT}}"`,
        ]
      : []),
    `exec ${command([python, ...words])}`,
    "",
  ].join("\n");
}

/** Of the cores that a machine's processes have: each reads rows beside its graphics processor's work. */
const CORES_A_RANK = 4;

/** job.sbatch: one task a machine, which starts that machine's processes. */
export function slurmScript(input: ScriptInput): string {
  const { engine, python, perNode, nodes, name, device } = input;
  const place = { rank: "$SLURM_NODEID", masterAddress: "$MASTER_ADDR", masterPort: "$MASTER_PORT" };
  // Inside of one apostrophed word for each task's bash.
  const words = launchArguments({
    engine,
    config: ENGINE_FILES.train,
    perNode,
    nodes,
    place: nodes > 1 ? place : null,
  });
  return [
    "#!/usr/bin/env bash",
    "# sbatch job.sbatch, from this folder. Written by rpo train; add your site's partition, account and modules.",
    `#SBATCH --job-name=${name.replace(/[^\w.-]/g, "-")}`,
    `#SBATCH --nodes=${nodes}`,
    "#SBATCH --ntasks-per-node=1",
    ...(device === "cuda" ? [`#SBATCH --gpus-per-node=${perNode}`] : []),
    `#SBATCH --cpus-per-task=${Math.max(8, CORES_A_RANK * perNode)}`,
    "#SBATCH --time=24:00:00",
    "#SBATCH --output=slurm-%j.log",
    "# Time to save before the job's own ends; the same job goes on from the last checkpoint.",
    `#SBATCH --signal=INT@${STOP_SECONDS}`,
    "#SBATCH --requeue",
    "set -euo pipefail",
    `cd "\${SLURM_SUBMIT_DIR:-.}"`,
    ...environment({ ...input, gpus: null }),
    'MASTER_ADDR="$(scontrol show hostnames "$SLURM_JOB_NODELIST" | head -n 1)"',
    `MASTER_PORT="$((20000 + SLURM_JOB_ID % 12000))"`,
    "export MASTER_ADDR MASTER_PORT",
    // srun takes over nothing of sbatch's since Slurm 22.05: without its own number all ranks would share a core.
    `srun --kill-on-bad-exit=1 --cpus-per-task="$SLURM_CPUS_PER_TASK" bash -c ${quoted(`exec ${command([python, ...words])}`)}`,
    "",
  ].join("\n");
}

/** What the processes need to be told by their environment. */
function environment({
  device,
  gpus,
  packageSources,
}: Pick<ScriptInput, "device" | "gpus" | "packageSources">): string[] {
  const forPackage =
    packageSources === null
      ? []
      : [`export PYTHONPATH=${quoted(packageSources)}"\${PYTHONPATH:+:$PYTHONPATH}"`, "export PYTHONUNBUFFERED=1"];
  if (device === "cpu") return [...forPackage, "export CUDA_VISIBLE_DEVICES="];
  return [
    ...forPackage,
    ...(gpus === null ? [] : ["export CUDA_DEVICE_ORDER=PCI_BUS_ID", `export CUDA_VISIBLE_DEVICES=${gpus.join(",")}`]),
    "# Memory that grows in place leaves fewer holes in it.",
    "export PYTORCH_CUDA_ALLOC_CONF=expandable_segments:True",
  ];
}

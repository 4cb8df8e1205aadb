// The command that starts a training's processes on one machine: Python itself for one process, torchrun for more. Pure. Quotes
// for shells are shell-script.ts's.
import type { EngineName } from "./engine-name.ts";

/** The entry module of an engine in engines/. */
export const ENTRY: Readonly<Record<EngineName, string>> = {
  trl: "rpo_engines.trl",
  llamafactory: "rpo_engines.llamafactory",
};

/** Seconds that processes have to end their step and save, when they are asked to stop; a step of a large model takes minutes. */
export const STOP_SECONDS = 600;
/** And this long before it has begun: nothing is there to be saved. */
export const START_STOP_SECONDS = 30;

/** torchrun's own. */
export const MASTER_PORT = 29500;

/** Where a machine stands among those that train together. */
export interface NodePlace {
  /** A number, or a shell's expression for one. */
  readonly rank: string;
  readonly masterAddress: string;
  readonly masterPort: string;
}

export interface LaunchCommand {
  readonly engine: EngineName;
  /** Path of train.yaml. */
  readonly config: string;
  /** Processes of this machine. */
  readonly perNode: number;
  readonly nodes: number;
  /** Null on a single machine: torchrun then takes a free port. */
  readonly place: NodePlace | null;
}

/** What follows the interpreter. */
export function launchArguments({ engine, config, perNode, nodes, place }: LaunchCommand): string[] {
  const entry = ["-m", ENTRY[engine], config];
  if (perNode === 1 && nodes === 1) return entry;
  return [
    "-m",
    "torch.distributed.run",
    ...(place === null
      ? ["--standalone"]
      : [
          ...["--nnodes", String(nodes), "--node-rank", place.rank],
          ...["--master-addr", place.masterAddress, "--master-port", place.masterPort],
        ]),
    ...["--nproc-per-node", String(perNode)],
    ...["--shutdown-timeout", String(STOP_SECONDS)],
    ...entry,
  ];
}

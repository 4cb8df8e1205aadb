// Which vLLM servers run on which graphics processors: as many replicas as there is room for, each over so many processors
// (tensor parallelism). Pure.
import { InputError } from "../dataset/input-error.ts";
import { counted } from "../preference/counted.ts";

export interface ServerPlace {
  /** Numbers of its processors, in the order of the PCI bus. */
  readonly gpus: readonly number[];
}

export interface ServerPlan {
  readonly servers: readonly ServerPlace[];
  readonly tensorParallel: number;
  /** Processors that are left over. */
  readonly unused: readonly number[];
}

/**
 * @param gpus numbers of the processors that may be used
 * @param tensorParallel processors of one server. Default: the largest power of two that there are, since it has to divide the
 *   model's attention heads, whose number has few other factors
 * @throws InputError where there are too few
 */
export function planServers(gpus: readonly number[], tensorParallel?: number): ServerPlan {
  if (gpus.length === 0) throw new InputError("no graphics processor is free; name those to use by --gpus 0,1");
  const size = tensorParallel ?? 2 ** Math.floor(Math.log2(gpus.length));
  if (size > gpus.length)
    throw new InputError(
      `--tensor-parallel ${size} needs ${counted(size, "graphics processor")}, and there ${gpus.length === 1 ? "is" : "are"} ${gpus.length}`,
    );
  const replicas = Math.floor(gpus.length / size);
  return {
    servers: Array.from({ length: replicas }, (_, index) => ({ gpus: gpus.slice(index * size, (index + 1) * size) })),
    tensorParallel: size,
    unused: gpus.slice(replicas * size),
  };
}

// The graphics processors of this machine, and which of them are free, as nvidia-smi tells. Ignores other makers', parts of
// processors (MIG), and what the memory in use is used for.
import { execFile } from "node:child_process";
import { promisify } from "node:util";
import { InputError } from "../dataset/input-error.ts";

export interface Gpu {
  /** nvidia-smi's number, in the order of the PCI bus. */
  readonly index: number;
  readonly uuid: string;
  readonly name: string;
  /** MiB; null where the driver does not tell (processors that share the machine's memory). */
  readonly used: number | null;
  readonly total: number | null;
}

/**
 * Share of the memory that may be in use on a free one. vLLM takes 90 % by default and refuses to start where that is not free;
 * a desktop and the driver need a few per cent, any other work far more.
 */
const MOST_USED = 0.05;

const QUERY = ["--query-gpu=index,uuid,memory.used,memory.total,name", "--format=csv,noheader,nounits"];
/** A driver that hangs would hang us. */
const TIMEOUT_MS = 20_000;

/**
 * Asks nvidia-smi.
 * @throws InputError where there is none, or it fails; says what to do
 */
export async function listGpus(executable = "nvidia-smi"): Promise<Gpu[]> {
  try {
    const { stdout } = await promisify(execFile)(executable, QUERY, { timeout: TIMEOUT_MS });
    return parseGpus(stdout);
  } catch (error) {
    const { code, stderr, stdout } = error as { code?: unknown; stderr?: string; stdout?: string };
    const said = (stderr?.trim() || stdout?.trim() || String((error as Error).message)).split("\n")[0];
    const what = code === "ENOENT" ? `${executable} is not here` : `${executable} fails: ${said}`;
    throw new InputError(`${what}, so the free graphics processors can't be found; name them by --gpus 0,1`);
  }
}

/** Reads nvidia-smi's answer; lines that are none of it are passed over. */
export function parseGpus(csv: string): Gpu[] {
  const amount = (text: string): number | null => (/^\d+$/.test(text) ? Number(text) : null);
  return csv.split("\n").flatMap((line) => {
    const [index = "", uuid = "", used = "", total = "", ...name] = line.split(",").map((cell) => cell.trim());
    if (!/^\d+$/.test(index)) return [];
    return [{ index: Number(index), uuid, name: name.join(", "), used: amount(used), total: amount(total) }];
  });
}

/** Whether nobody uses it, as far as can be told. */
export const isFree = ({ used, total }: Gpu): boolean => used === null || total === null || used <= MOST_USED * total;

/** Those that a process of this environment may see: CUDA_VISIBLE_DEVICES has numbers, or the beginnings of UUIDs. */
export function visibleGpus(gpus: readonly Gpu[], visible: string | undefined): Gpu[] {
  if (visible === undefined) return [...gpus];
  return visible.split(",").flatMap((part) => {
    const wanted = part.trim();
    const found = gpus.find(
      ({ index, uuid }) => wanted !== "" && (String(index) === wanted || uuid.startsWith(wanted)),
    );
    return found === undefined ? [] : [found];
  });
}

/** For a person: "GPU 0 (NVIDIA H100 80GB HBM3), 71 of 80 GB in use". */
export function gpuText({ index, name, used, total }: Gpu): string {
  const gigabytes = (mebibytes: number) => Math.round((mebibytes * 2 ** 20) / 1e9);
  const memory = used === null || total === null ? "" : `, ${gigabytes(used)} of ${gigabytes(total)} GB in use`;
  return `GPU ${index} (${name})${memory}`;
}

// Where a training will run: this machine's graphics processors as nvidia-smi tells them, or what is said of machines that this
// one can't see. Ignores what is trained.
import { InputError } from "../dataset/input-error.ts";
import { chooseGpus } from "../vllm/choose-gpus.ts";
import { type Gpu, listGpus } from "../vllm/gpus.ts";
import { amountOrNull, type EngineSettings } from "./engine-settings.ts";

export interface HardwareFound {
  readonly device: "cuda" | "cpu";
  /** Processes of one machine. */
  readonly perNode: number;
  /** Bytes of the smallest graphics processor; null where it isn't known. */
  readonly bytes: number | null;
  /** Numbers of this machine's processors that are used; null where it is not this machine's. */
  readonly gpus: readonly number[] | null;
  readonly notices: readonly string[];
}

export interface HardwareQuestion {
  readonly settings: EngineSettings;
  /** Whether --device cpu was asked for. */
  readonly isCpu: boolean;
  /** Whether the processes are started here and now. */
  readonly isHere: boolean;
  /** Processes of a preset's run; null without one. */
  readonly presetGpus: number | null;
  readonly visible: string | undefined;
  readonly nvidiaSmi?: string | undefined;
}

const MEBIBYTE = 2 ** 20;

/** @throws InputError where there is no graphics processor to start on, and for a number that is missing */
export async function hardwareFor(question: HardwareQuestion): Promise<HardwareFound> {
  const { settings, isCpu, isHere, presetGpus, visible, nvidiaSmi } = question;
  const { gpusPerNode } = settings;
  if (isCpu) return { device: "cpu", perNode: gpusPerNode ?? 1, bytes: null, gpus: null, notices: [] };
  const asked = amountOrNull(settings.gpuMemory);
  let there: Gpu[];
  try {
    there = await listGpus(nvidiaSmi);
    if (there.length === 0) throw new InputError("nvidia-smi lists no graphics processor");
  } catch (error) {
    if (!(error instanceof InputError)) throw error;
    const [what] = error.message.split(",");
    if (isHere)
      throw new InputError(
        `no graphics processor: ${what}. --device cpu trains a small model without one; --dry-run writes the files for another ` +
          "machine (--gpus-per-node, --gpu-memory say what it has)",
      );
    const perNode = gpusPerNode ?? presetGpus;
    if (perNode === null)
      throw new InputError(
        `how many graphics processors a machine has is not known here (${what}): give --gpus-per-node`,
      );
    return {
      device: "cuda",
      perNode,
      bytes: asked,
      gpus: null,
      notices:
        asked === null
          ? ["the graphics processors' memory is not known here: --gpu-memory 80GB says what there is"]
          : [],
    };
  }
  if (!isHere && gpusPerNode !== undefined)
    return { device: "cuda", perNode: gpusPerNode, bytes: asked ?? smallest(there), gpus: null, notices: [] };
  const { use, notices } = chooseGpus(settings.gpus, there, visible);
  if (gpusPerNode !== undefined && gpusPerNode > use.length)
    throw new InputError(`--gpus-per-node ${gpusPerNode}: only ${use.length} can be used here (${use.join(", ")})`);
  const used = use.slice(0, gpusPerNode ?? use.length);
  const bytes = asked ?? smallest(there.filter(({ index }) => used.includes(index)));
  return { device: "cuda", perNode: used.length, bytes, gpus: used, notices };
}

function smallest(gpus: readonly Gpu[]): number | null {
  const known = gpus.flatMap(({ total }) => (total === null ? [] : [total * MEBIBYTE]));
  return known.length === 0 ? null : Math.min(...known);
}

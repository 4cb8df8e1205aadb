// Which graphics processors are used: those named, or those that are free. Pure: told what nvidia-smi told.
import { InputError } from "../dataset/input-error.ts";
import { type Gpu, gpuText, isFree, visibleGpus } from "./gpus.ts";

export interface ChosenGpus {
  readonly use: readonly number[];
  /** What a person would want to know. */
  readonly notices: readonly string[];
}

/**
 * @param asked numbers of processors, which are used even if they are busy; "auto" for all that are free
 * @param gpus those that there are; null where that can't be told
 * @param visible CUDA_VISIBLE_DEVICES, which "auto" keeps to
 * @throws InputError where none is free, or one that was named is not there
 */
export function chooseGpus(
  asked: "auto" | readonly number[],
  gpus: readonly Gpu[] | null,
  visible: string | undefined,
): ChosenGpus {
  if (asked !== "auto") {
    if (gpus === null) return { use: asked, notices: [] };
    const named = asked.map((wanted) => {
      const found = gpus.find(({ index }) => index === wanted);
      if (found === undefined) throw new InputError(`--gpus: there is no GPU ${wanted}: ${listed(gpus)}`);
      return found;
    });
    const busy = named.filter((gpu) => !isFree(gpu));
    return { use: asked, notices: busy.map((gpu) => `${gpuText(gpu)}: is busy, and is used as asked`) };
  }
  const seen = visibleGpus(gpus ?? [], visible);
  const free = seen.filter(isFree);
  if (free.length > 0)
    return {
      use: free.map(({ index }) => index),
      notices: seen.filter((gpu) => !isFree(gpu)).map((gpu) => `${gpuText(gpu)}: is busy, and is left alone`),
    };
  const what = visible === undefined ? "" : ` among CUDA_VISIBLE_DEVICES=${visible}`;
  throw new InputError(`no graphics processor is free${what}: ${listed(seen)}; name those to use by --gpus 0,1`);
}

const listed = (gpus: readonly Gpu[]): string => (gpus.length === 0 ? "there is none" : gpus.map(gpuText).join("; "));

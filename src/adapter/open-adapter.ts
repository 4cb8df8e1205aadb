// Opens an adapter, whichever form it has: PEFT's folder, the folder of a training, which has one in it, or a GGUF file.
import { stat } from "node:fs/promises";
import { join } from "node:path";
import { InputError } from "../dataset/input-error.ts";
import type { Architecture } from "../weights/architecture.ts";
import { type Adapter, refuseMisfit } from "./adapter.ts";
import { readGgufAdapter } from "./gguf-adapter.ts";
import { readPeftAdapter } from "./peft.ts";

export interface AdapterPlace {
  readonly form: "peft" | "gguf";
  readonly path: string;
}

/** PEFT's folder within that of a training: `runPaths` of train/run-directory.ts. */
const IN_TRAINING = "adapter";

/** Where an adapter's files are. @throws InputError where there is nothing that can be one */
export async function findAdapter(path: string): Promise<AdapterPlace> {
  const isFile = async (file: string) => (await stat(file).catch(() => null))?.isFile() ?? false;
  const found = await stat(path).catch(() => null);
  if (found === null) throw new InputError(`there is no adapter at ${path}`);
  if (!found.isDirectory()) return { form: "gguf", path };
  for (const folder of [path, join(path, IN_TRAINING)])
    if (await isFile(join(folder, "adapter_config.json"))) return { form: "peft", path: folder };
  throw new InputError(`${path} is no adapter: neither it nor its folder ${IN_TRAINING} has an adapter_config.json`);
}

/**
 * Reads the adapter for a model of the architecture.
 * @throws InputError where there is none, it can't be read, or it does not fit
 */
export async function openAdapter(place: AdapterPlace, architecture: Architecture): Promise<Adapter> {
  if (place.form === "gguf") return readGgufAdapter(place.path, architecture);
  const adapter = await readPeftAdapter(place.path);
  refuseMisfit(adapter.lora, architecture, place.path);
  return adapter;
}

// The tensors of a Hugging Face checkpoint: one file model.safetensors, or several that model.safetensors.index.json lists.
// Ignores the config beside them.
import { readFile, stat } from "node:fs/promises";
import { join, resolve } from "node:path";
import { z } from "zod";
import { InputError } from "../dataset/input-error.ts";
import { readSafetensorsFile, type UnreadTensor } from "./safetensors-file.ts";
import type { StoredTensor } from "./tensor-type.ts";

const WHOLE = "model.safetensors";
const INDEX = `${WHOLE}.index.json`;

const indexSchema = z.object({ weight_map: z.record(z.string(), z.string()) });

/** A file of the folder itself: what the index says must not lead out of it. */
const FILE_NAME = /^[A-Za-z0-9_][A-Za-z0-9_.-]*\.safetensors$/;

export interface SafetensorsDirectory {
  /** Absolute paths of the files, in order of their names. */
  readonly files: readonly string[];
  readonly tensors: ReadonlyMap<string, StoredTensor>;
  /** Of formats that are not read. */
  readonly unread: ReadonlyMap<string, UnreadTensor>;
}

/** @throws InputError when files are missing or broken, or the index names what they don't have. */
export async function readSafetensorsDirectory(directory: string): Promise<SafetensorsDirectory> {
  const folder = resolve(directory);
  const whole = join(folder, WHOLE);
  const map = (await isFile(whole)) ? null : await weightMap(folder);
  const files = map === null ? [whole] : [...new Set(map.values())].sort().map((name) => join(folder, name));
  const tensors = new Map<string, StoredTensor>();
  const unread = new Map<string, UnreadTensor>();
  for (const file of files) {
    if (!(await isFile(file)))
      throw new InputError(`${folder} is incomplete: ${INDEX} names ${file}, which is missing`);
    const read = await readSafetensorsFile(file);
    const belongs = (name: string) => map === null || join(folder, map.get(name) ?? "") === file;
    for (const [name, tensor] of read.tensors) if (belongs(name)) tensors.set(name, tensor);
    for (const tensor of read.unread) if (belongs(tensor.name)) unread.set(tensor.name, tensor);
  }
  for (const [name, file] of map ?? [])
    if (!tensors.has(name) && !unread.has(name))
      throw new InputError(`${join(folder, file)} has no tensor ${name}, which ${INDEX} says it has`);
  return { files, tensors, unread };
}

async function weightMap(folder: string): Promise<Map<string, string>> {
  const path = join(folder, INDEX);
  if (!(await isFile(path)))
    throw new InputError(
      `${folder} has neither ${WHOLE} nor ${INDEX}; weights in other formats are turned into them by save_pretrained of transformers`,
    );
  const parsed = indexSchema.safeParse(jsonOf(await readFile(path, "utf8")));
  if (!parsed.success) throw new InputError(`${path} is no index of weights: ${z.prettifyError(parsed.error)}`);
  const map = new Map(Object.entries(parsed.data.weight_map));
  for (const name of map.values())
    if (!FILE_NAME.test(name))
      throw new InputError(
        `${path} names ${JSON.stringify(name)}: a file of the same folder, ending in .safetensors, is expected`,
      );
  return map;
}

function jsonOf(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    return undefined; // refused by the schema
  }
}

const isFile = async (path: string): Promise<boolean> => (await stat(path).catch(() => null))?.isFile() ?? false;

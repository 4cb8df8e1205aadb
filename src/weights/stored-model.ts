// Opens a model where it lies, a GGUF file or a Hugging Face folder: its architecture, and which stored tensor each tensor of
// `tensorShapes` is, with what has to be undone when it is read. Reads headers only.
import { readFile, stat } from "node:fs/promises";
import { basename, extname, join, resolve } from "node:path";
import { InputError } from "../dataset/input-error.ts";
import { type Architecture, type Family, tensorShapes } from "./architecture.ts";
import { dequantise } from "./dequantise.ts";
import { configArchitecture, ggufArchitecture, ggufFamily } from "./family/families.ts";
import { type GgufFile, readGgufFile } from "./gguf-file.ts";
import { ggufName, ggufShift, hasPermutedRows } from "./gguf-names.ts";
import { readSafetensorsDirectory } from "./safetensors-directory.ts";
import { readStored } from "./stored-values.ts";
import type { StoredTensor } from "./tensor-type.ts";

/** A tensor of the model, and how it differs from what is stored. */
export interface ModelTensor {
  readonly stored: StoredTensor;
  /** Width of the heads whose rows are in GGUF's order (row-permutation.ts); null: they are in order. */
  readonly headDim: number | null;
  /** What the stored elements have too much. */
  readonly shift: 0 | 1;
}

export interface StoredModel {
  readonly architecture: Architecture;
  /** What the model is read from, absolute paths: the GGUF file; or config.json and the files of weights. */
  readonly files: readonly string[];
  /** By Hugging Face's names, exactly those of `tensorShapes(architecture)`, in their order. */
  readonly tensors: ReadonlyMap<string, ModelTensor>;
}

/**
 * Opens a model.
 * @param path a GGUF file, or a folder with config.json and model.safetensors (or its index and parts).
 * @throws InputError for what is neither, is broken or incomplete, or is of an architecture that is not supported; the
 * system's error when a file can't be read.
 */
export async function openStoredModel(path: string): Promise<StoredModel> {
  const found = await stat(path).catch((error: NodeJS.ErrnoException) => {
    if (error.code === "ENOENT") throw new InputError(`there is no model at ${path}`);
    throw error;
  });
  if (found.isDirectory()) return openFolder(resolve(path));
  if ([".safetensors", ".json"].includes(extname(path).toLowerCase()))
    throw new InputError(`${path} is a part of a model: give the folder that it lies in`);
  return openGguf(path);
}

async function openGguf(path: string): Promise<StoredModel> {
  const file = await readGgufFile(path);
  const family = ggufFamily(file.metadata, path);
  const embeddings = file.tensors.get("token_embd.weight");
  if (embeddings === undefined) throw new InputError(`${path} is incomplete: it has no tensor token_embd.weight`);
  const facts = {
    metadata: file.metadata,
    vocabulary: embeddings.shape[0] ?? 0,
    tiedEmbeddings: !file.tensors.has("output.weight"),
    ropeFrequencies: await ropeFrequencies(family, file),
  };
  const architecture = ggufArchitecture(facts, path);
  const tensors = new Map<string, ModelTensor>();
  const others = new Set(file.tensors.keys());
  if (facts.ropeFrequencies !== null) others.delete(ROPE_FREQUENCIES);
  for (const [name, shape] of tensorShapes(architecture)) {
    const stored = file.tensors.get(ggufName(family, name)!);
    tensors.set(name, {
      stored: checked(stored, ggufName(family, name)!, shape, path),
      headDim: hasPermutedRows(family, name) ? architecture.headDim : null,
      shift: ggufShift(family, name),
    });
    others.delete(ggufName(family, name)!);
  }
  refuseOthers(others, path, family);
  return { architecture, files: [file.path], tensors };
}

const ROPE_FREQUENCIES = "rope_freqs.weight";

/** Divisors of the rotary frequencies; llama.cpp applies them in the llama architecture only. */
async function ropeFrequencies(family: Family, file: GgufFile): Promise<number[] | null> {
  const stored = file.tensors.get(ROPE_FREQUENCIES);
  if (stored === undefined || family !== "llama") return null;
  const values = new Float32Array(stored.shape.reduce((product, size) => product * size, 1));
  dequantise(stored.type, await readStored(stored), values);
  return [...values];
}

async function openFolder(folder: string): Promise<StoredModel> {
  const path = join(folder, "config.json");
  const text = await readFile(path, "utf8").catch(async (error: NodeJS.ErrnoException) => {
    if (error.code !== "ENOENT") throw error;
    const adapter = await stat(join(folder, "adapter_config.json")).catch(() => null);
    if (adapter !== null)
      throw new InputError(`${folder} is an adapter, not a model: give the model that it belongs to`);
    throw new InputError(`${folder} is no model: it has no config.json`);
  });
  let config: unknown;
  try {
    config = JSON.parse(text);
  } catch {
    throw new InputError(`${path} is no JSON`);
  }
  const architecture = configArchitecture(config, path);
  const { files, tensors: stored, unread } = await readSafetensorsDirectory(folder);
  const tensors = new Map<string, ModelTensor>();
  const others = new Set([...stored.keys(), ...unread.keys()]);
  for (const [name, shape] of tensorShapes(architecture)) {
    const other = unread.get(name);
    if (other !== undefined)
      throw new InputError(`${other.file}: tensor ${name} has the type ${other.type}; F32, F16 and BF16 are read`);
    tensors.set(name, { stored: checked(stored.get(name), name, shape, folder), headDim: null, shift: 0 });
    others.delete(name);
  }
  // Left over where the embeddings are the output matrix, and in checkpoints of old versions of transformers.
  if (architecture.tiedEmbeddings) others.delete("lm_head.weight");
  for (const name of others) if (name.endsWith(".rotary_emb.inv_freq")) others.delete(name);
  refuseOthers(others, folder, architecture.family);
  return { architecture, files: [path, ...files], tensors };
}

function checked(
  stored: StoredTensor | undefined,
  name: string,
  shape: readonly number[],
  where: string,
): StoredTensor {
  if (stored === undefined) throw new InputError(`${where} is incomplete: it has no tensor ${name}`);
  if (stored.shape.length !== shape.length || stored.shape.some((size, i) => size !== shape[i]))
    throw new InputError(
      `${where}: tensor ${name} has the shape [${stored.shape.join(", ")}], its architecture asks for [${shape.join(", ")}]`,
    );
  return stored;
}

/** A tensor that nobody reads would be a part of the model that is left out without a word. */
function refuseOthers(others: ReadonlySet<string>, where: string, family: Family): void {
  const [first] = others;
  if (first === undefined) return;
  const more = others.size > 1 ? ` (and ${others.size - 1} more)` : "";
  throw new InputError(`${where} has the tensor ${first}${more}, which no ${family} model has that is supported`);
}

/** The last part of a model's path, to call it by. */
export const modelName = (path: string): string => basename(resolve(path));

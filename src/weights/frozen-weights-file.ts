// Opens a model as frozen weights. Weights that are fp32 in the form that is wanted are used where they lie; all others are
// converted once into a file of the cache, every tensor at the beginning of a page, and found there from then on. Ignores
// tokenizers and chat templates.
import { open, readFile, rename, rm, stat, statfs, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { z } from "zod";
import { InputError } from "../dataset/input-error.ts";
import { stagingPath } from "../dataset/staged-file.ts";
import { withFileLock } from "../model/file-lock.ts";
import { type Progress, progressMeter } from "../model/progress.ts";
import { type Architecture, tensorShapes } from "./architecture.ts";
import type { FrozenTensor, FrozenWeights } from "./frozen-weights.ts";
import { modelIdentity } from "./model-identity.ts";
import { unpermuteRows } from "./row-permutation.ts";
import { type StagedBytes, stageBytes } from "./staged-bytes.ts";
import { type ModelTensor, modelName, openStoredModel, type StoredModel } from "./stored-model.ts";
import { storedValues } from "./stored-values.ts";

export interface FrozenWeightsOptions {
  /** The user's cache: `cacheDirectory` of model-cache.ts. Converted weights lie in `weights/` within it. */
  readonly cacheDirectory: string;
  /** Bytes of the model's files, first hashed, then converted; only for what isn't known or converted yet. */
  readonly onProgress?: ((progress: Progress) => void) | undefined;
  /** Told in words that another process is converting the same model. */
  readonly onNotice?: ((notice: string) => void) | undefined;
  readonly signal?: AbortSignal | undefined;
  /** Clock in milliseconds. */
  readonly now?: (() => number) | undefined;
}

/** The disk has no room for the converted weights. */
export class NoRoomError extends InputError {
  constructor(message: string) {
    super(message);
    this.name = "NoRoomError";
  }
}

/** Tensors begin at multiples of it: a page of memory, so that each can be mapped by itself. */
const PAGE_BYTES = 4096;
const FP32_BYTES = 4;

/** Raised when the converted form changes: files of other forms are made anew. */
const VERSION = 1;

/**
 * Opens a model.
 * @param path a GGUF file, or a Hugging Face folder.
 * @throws InputError for what is no model that can be used (stored-model.ts says what); NoRoomError when the disk is full;
 * the signal's reason when it is aborted; the system's error when files can't be read or written. A conversion that fails
 * leaves nothing behind.
 */
export async function openFrozenWeights(path: string, options: FrozenWeightsOptions): Promise<FrozenWeights> {
  const model = await openStoredModel(path);
  const folder = join(options.cacheDirectory, "weights");
  const { signal, now = Date.now } = options;
  const meter = (label: string) => {
    const progress = progressMeter(label, 0, now);
    return (bytes: number, total: number) => options.onProgress?.(progress(bytes, total));
  };
  const identity = await modelIdentity(model.files, {
    folder: join(folder, "hashes"),
    onBytes: meter(`${modelName(path)}, checking`),
    signal,
  });
  const { architecture } = model;
  const inPlace = mapped(model);
  if (inPlace !== null) return { architecture, identity, tensors: inPlace };

  const place = join(folder, identity);
  const layout = layoutOf(architecture, weightsPath(place));
  const opened: FrozenWeights = { architecture, identity, tensors: layout.tensors };
  if (await isConverted(place, layout)) return opened;
  return withFileLock(
    place,
    async () => {
      if (!(await isConverted(place, layout)))
        await convert(model, place, layout, { onBytes: meter(`${modelName(path)}, to fp32`), signal });
      return opened;
    },
    {
      signal,
      onWait: (holder) =>
        options.onNotice?.(`${modelName(path)}: waiting for process ${holder}, which is converting it`),
    },
  );
}

/** The tensors where they lie, if that is what is wanted of them; else null. */
function mapped({ tensors }: StoredModel): ReadonlyMap<string, FrozenTensor> | null {
  const found = new Map<string, FrozenTensor>();
  for (const [name, { stored, headDim, shift }] of tensors) {
    if (stored.type !== "F32" || headDim !== null || shift !== 0 || stored.offset % FP32_BYTES !== 0) return null;
    found.set(name, { shape: stored.shape, file: stored.file, offset: stored.offset });
  }
  return found;
}

/** Where each tensor lies in a converted file. */
interface Layout {
  readonly tensors: ReadonlyMap<string, FrozenTensor>;
  /** Bytes of the whole file. */
  readonly bytes: number;
}

function layoutOf(architecture: Architecture, file: string): Layout {
  const tensors = new Map<string, FrozenTensor>();
  let end = 0;
  for (const [name, shape] of tensorShapes(architecture)) {
    const offset = Math.ceil(end / PAGE_BYTES) * PAGE_BYTES;
    tensors.set(name, { shape, file, offset });
    end = offset + shape.reduce((product, size) => product * size, FP32_BYTES);
  }
  return { tensors, bytes: end };
}

const weightsPath = (place: string): string => `${place}.f32`;
const indexPath = (place: string): string => `${place}.json`;

const indexSchema = z.object({
  version: z.literal(VERSION),
  /** Of the file of weights when it was finished: one that was changed or cut off since has others. */
  bytes: z.int(),
  mtimeMs: z.number(),
  tensors: z.record(z.string(), z.object({ shape: z.array(z.int()), offset: z.int() })),
});

const indexTensors = ({ tensors }: Layout) =>
  Object.fromEntries(Array.from(tensors, ([name, { shape, offset }]) => [name, { shape: [...shape], offset }]));

/** Whether the converted file is there and whole. The index is written after it, so that there is none beside half a file. */
async function isConverted(place: string, layout: Layout): Promise<boolean> {
  try {
    const index = indexSchema.parse(JSON.parse(await readFile(indexPath(place), "utf8")));
    const { size, mtimeMs } = await stat(weightsPath(place));
    return (
      size === layout.bytes &&
      size === index.bytes &&
      mtimeMs === index.mtimeMs &&
      JSON.stringify(index.tensors) === JSON.stringify(indexTensors(layout))
    );
  } catch {
    return false;
  }
}

interface ConvertOptions {
  readonly onBytes: (done: number, total: number) => void;
  readonly signal: AbortSignal | undefined;
}

async function convert(model: StoredModel, place: string, layout: Layout, options: ConvertOptions): Promise<void> {
  const file = weightsPath(place);
  const index = indexPath(place);
  await rm(index, { force: true });
  await rm(file, { force: true }); // its room counts
  await demandRoom(place, layout.bytes);
  const staged = await stageBytes(file);
  try {
    await writeTensors(model, staged, options);
    await staged.close();
    await staged.commit();
    const { size: bytes, mtimeMs } = await stat(file);
    const content = { version: VERSION, bytes, mtimeMs, tensors: indexTensors(layout) };
    await writeFile(stagingPath(index), `${JSON.stringify(content)}\n`);
    await rename(stagingPath(index), index);
  } catch (error) {
    await staged.discard();
    for (const path of [file, stagingPath(index)]) await rm(path, { force: true });
    throw isNoRoom(error) ? noRoom(place, layout.bytes) : error;
  }
}

async function writeTensors(
  { tensors }: StoredModel,
  staged: StagedBytes,
  { onBytes, signal }: ConvertOptions,
): Promise<void> {
  const total = [...tensors.values()].reduce((sum, { stored }) => sum + stored.bytes, 0);
  const handles = new Map<string, Awaited<ReturnType<typeof open>>>();
  let done = 0;
  try {
    for (const tensor of tensors.values()) {
      const { file } = tensor.stored;
      const handle = handles.get(file) ?? (await open(file, "r"));
      handles.set(file, handle);
      await staged.pad(PAGE_BYTES);
      for await (const { values, bytes } of storedValues(handle, tensor.stored, groupRows(tensor))) {
        signal?.throwIfAborted();
        const mended = undone(values, tensor);
        await staged.write(new Uint8Array(mended.buffer, mended.byteOffset, mended.byteLength));
        done += bytes;
        onBytes(done, total);
      }
    }
  } finally {
    for (const handle of handles.values()) await handle.close();
  }
}

/** Rows that change places with each other. */
const groupRows = ({ headDim }: ModelTensor): number => headDim ?? 1;

/** Values in Hugging Face's form. */
function undone(values: Float32Array, { stored, headDim, shift }: ModelTensor): Float32Array {
  if (shift !== 0) for (let i = 0; i < values.length; i++) values[i] = values[i]! - shift;
  return headDim === null ? values : unpermuteRows(values, headDim, stored.shape[1] ?? 1);
}

async function demandRoom(place: string, bytes: number): Promise<void> {
  const { bavail, bsize } = await statfs(join(place, ".."));
  if (bavail * bsize < bytes) throw noRoom(place, bytes);
}

/** The disk is full, the user's share of it is, or files may not become so large. */
const isNoRoom = (error: unknown): boolean =>
  ["ENOSPC", "EDQUOT", "EFBIG"].includes((error as NodeJS.ErrnoException).code ?? "");

const noRoom = (place: string, bytes: number): NoRoomError =>
  new NoRoomError(
    `no room for the model's weights as fp32: ${join(place, "..")} needs ${(bytes / 1e9).toFixed(2)} GB free ` +
      "(the environment variable RPO_CACHE names another folder)",
  );

// What a training needs to go on exactly where it stood: the adapter, the optimizer's moments, how far it is and what it was
// asked to do, in one file that appears whole or not at all. Ignores what the numbers mean and when they are saved.
//
// The file: "rpo-ckpt", the header's length (uint32), the header (JSON), the arrays (fp32) in the order in which the header
// lists their layers, and the SHA-256 of all that. Numbers are little-endian. A layer has A and B, and with moments then
// m and v of A, and m and v of B.
import { createHash } from "node:crypto";
import { readFile } from "node:fs/promises";
import { endianness } from "node:os";
import { join } from "node:path";
import { z } from "zod";
import { InputError } from "../dataset/input-error.ts";
import { LINEAR_LAYERS } from "../weights/architecture.ts";
import { stageBytes } from "../weights/staged-bytes.ts";
import type { Moments } from "./adamw.ts";
import type { LoraPair, LoraWeights } from "./lora-weights.ts";

/** How far a training is. Everything in it is a function of its configuration, so that two runs' files are equal. */
export interface TrainingState {
  /** Updates made. */
  readonly step: number;
  /** Where the next batch begins: the epoch, from 0, and the position in the epoch's order. */
  readonly next: { readonly epoch: number; readonly position: number };
  /** The step after which the validation rows were last looked at; null before the first look. */
  readonly validated: number | null;
  /** The lowest validation loss; null before the first look at a trained adapter. */
  readonly best: { readonly step: number; readonly loss: number } | null;
  /** What decides the result, by name: a training goes on only under the same. */
  readonly config: Readonly<Record<string, unknown>>;
}

/** The moments of one layer's matrices. */
export interface PairMoments {
  readonly A: Moments;
  readonly B: Moments;
}

export interface Checkpoint {
  readonly state: TrainingState;
  readonly lora: LoraWeights;
  /** By layer; null where a checkpoint is only for its adapter. */
  readonly moments: ReadonlyMap<string, PairMoments> | null;
}

/** `last` is what a training goes on from, `best` the adapter of the lowest validation loss, without moments. */
export type CheckpointName = "last" | "best";

/** Where checkpoints are kept. */
export interface CheckpointStore {
  /** Null where there is none. @throws CheckpointError for one that is damaged */
  load(name: CheckpointName): Promise<Checkpoint | null>;
  /** Replaces the one of that name, or keeps it. @throws CheckpointError where it can't be written */
  save(name: CheckpointName, checkpoint: Checkpoint): Promise<void>;
}

/** A checkpoint that can't be read, written, or gone on from. */
export class CheckpointError extends InputError {
  constructor(message: string, options?: ErrorOptions) {
    super(message);
    this.name = "CheckpointError";
    if (options?.cause !== undefined) this.cause = options.cause;
  }
}

const MAGIC = "rpo-ckpt";
const VERSION = 1;
const START_BYTES = MAGIC.length + 4;
const DIGEST_BYTES = 32;

const count = z.int().min(0);
const header = z.object({
  version: z.literal(VERSION),
  state: z.object({
    step: count,
    next: z.object({ epoch: count, position: count }),
    validated: count.nullable(),
    best: z.object({ step: count, loss: z.number() }).nullable(),
    config: z.record(z.string(), z.unknown()),
  }),
  lora: z.object({
    rank: count,
    alpha: z.number(),
    dropout: z.number(),
    targets: z.array(z.enum(LINEAR_LAYERS)),
  }),
  moments: z.boolean(),
  /** Elements of A and of B. */
  layers: z.array(z.object({ name: z.string(), A: count, B: count })),
});

/** The file's bytes but for the digest, in pieces; the arrays' pieces are views of them, not copies. */
export function encodeCheckpoint({ state, lora, moments }: Checkpoint): readonly Uint8Array[] {
  if (endianness() !== "LE") throw new CheckpointError("checkpoints need a little-endian machine");
  const layers = [...lora.pairs].map(([name, { A, B }]) => ({ name, A: A.length, B: B.length }));
  const content: z.input<typeof header> = {
    version: VERSION,
    state: { ...state, config: { ...state.config } },
    lora: { ...lora.config, targets: [...lora.config.targets] },
    moments: moments !== null,
    layers,
  };
  // Blanks at the end put the arrays at a multiple of four bytes.
  const json = JSON.stringify(content);
  const bytes = Buffer.byteLength(json);
  const text = json + " ".repeat((4 - ((START_BYTES + bytes) % 4)) % 4);
  const start = Buffer.alloc(START_BYTES);
  start.write(MAGIC, "latin1");
  start.writeUInt32LE(Buffer.byteLength(text), MAGIC.length);
  const pieces: Uint8Array[] = [start, Buffer.from(text)];
  for (const [name, { A, B }] of lora.pairs) {
    pieces.push(bytesOf(A), bytesOf(B));
    if (moments === null) continue;
    const of = moments.get(name);
    if (of === undefined) throw new RangeError(`no moments of ${name}`);
    pieces.push(bytesOf(of.A.m), bytesOf(of.A.v), bytesOf(of.B.m), bytesOf(of.B.v));
  }
  return pieces;
}

const bytesOf = (array: Float32Array): Uint8Array => new Uint8Array(array.buffer, array.byteOffset, array.byteLength);

/** The SHA-256 that ends the file. */
function digestOf(pieces: readonly Uint8Array[]): Uint8Array {
  const hash = createHash("sha256");
  for (const piece of pieces) hash.update(piece);
  return hash.digest();
}

/** @param name what messages call the file. @throws CheckpointError for bytes that are no whole checkpoint */
export function decodeCheckpoint(bytes: Uint8Array, name: string): Checkpoint {
  const damaged = (what: string): CheckpointError =>
    new CheckpointError(
      `${name}: damaged checkpoint: ${what}. Put an intact copy in its place, or remove it to train from the start.`,
    );
  const file = Buffer.from(bytes.buffer, bytes.byteOffset, bytes.byteLength);
  if (file.length < START_BYTES + DIGEST_BYTES || file.toString("latin1", 0, MAGIC.length) !== MAGIC)
    throw damaged("it does not begin as one");
  const content = file.subarray(0, file.length - DIGEST_BYTES);
  if (!file.subarray(content.length).equals(digestOf([content]))) throw damaged("its checksum does not match");
  const arraysAt = START_BYTES + content.readUInt32LE(MAGIC.length);
  const parsed = header.safeParse(parseJson(content.toString("utf8", START_BYTES, arraysAt)));
  if (!parsed.success) throw damaged("it was written by another version, or its header is no header");
  const { state, lora, layers, moments: hasMoments } = parsed.data;
  let at = arraysAt;
  const take = (length: number): Float32Array => {
    const end = at + 4 * length;
    if (end > content.length) throw damaged("arrays are missing");
    const array = new Float32Array(length);
    bytesOf(array).set(content.subarray(at, end));
    at = end;
    return array;
  };
  const takeMoments = (length: number): Moments => ({ m: take(length), v: take(length) });
  const pairs = new Map<string, LoraPair>();
  const moments = new Map<string, PairMoments>();
  for (const layer of layers) {
    pairs.set(layer.name, { A: take(layer.A), B: take(layer.B) });
    if (hasMoments) moments.set(layer.name, { A: takeMoments(layer.A), B: takeMoments(layer.B) });
  }
  if (at !== content.length) throw damaged("there is more in it than its header lists");
  return { state, lora: { config: lora, pairs }, moments: hasMoments ? moments : null };
}

function parseJson(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    return undefined;
  }
}

/** Checkpoints as files of a folder, `last.ckpt` and `best.ckpt`; the folder is made with the first. */
export function checkpointFolder(folder: string): CheckpointStore {
  const pathOf = (name: CheckpointName): string => join(folder, `${name}.ckpt`);
  /** Steps of the files that are known to be whole. */
  const whole = new Map<CheckpointName, number>();
  return {
    async load(name) {
      const path = pathOf(name);
      let bytes: Uint8Array;
      try {
        bytes = await readFile(path);
      } catch (error) {
        const { code, message } = error as NodeJS.ErrnoException;
        if (code === "ENOENT") return null;
        throw new CheckpointError(`${path}: the checkpoint can't be read (${message})`, { cause: error });
      }
      const checkpoint = decodeCheckpoint(bytes, path);
      whole.set(name, checkpoint.state.step);
      return checkpoint;
    },
    async save(name, checkpoint) {
      const path = pathOf(name);
      const { step } = checkpoint.state;
      try {
        await write(path, encodeCheckpoint(checkpoint));
      } catch (error) {
        if (!(error instanceof Error && "code" in error)) throw error;
        const before = whole.get(name);
        const kept =
          before === undefined ? "There is no earlier one." : `The last good one, of step ${before}, is still there.`;
        const how = before === undefined ? "start again" : "go on from it";
        throw new CheckpointError(
          `${path}: the checkpoint of step ${step} could not be written (${error.message}). ${kept} Make room or mend the folder, then ${how}.`,
          { cause: error },
        );
      }
      whole.set(name, step);
    },
  };
}

async function write(path: string, pieces: readonly Uint8Array[]): Promise<void> {
  const staged = await stageBytes(path);
  try {
    for (const piece of pieces) await staged.write(piece);
    await staged.write(digestOf(pieces));
    await staged.close(); // syncs: the rename must not come before the bytes
    await staged.commit();
  } catch (error) {
    await staged.discard();
    throw error;
  }
}

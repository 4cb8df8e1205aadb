// Reads the header of a GGUF file: metadata, and what tensors lie where (docs/gguf.md of ggml, versions 2 and 3, little-endian).
// Ignores what they mean. node-llama-cpp has a reader too; it takes zeros for what lies beyond the end of a cut-off file and
// believes every count, so that a broken file becomes a long loop instead of an error.
import { resolve } from "node:path";
import { InputError } from "../dataset/input-error.ts";
import { FileWindow } from "./file-window.ts";
import {
  ggmlTypeName,
  isTensorType,
  type StoredTensor,
  TENSOR_TYPES,
  type TensorType,
  typeBytes,
} from "./tensor-type.ts";

/** A value of the metadata. Numbers of 64 bits beyond 2^53 are rounded: they are hashes and the like, not sizes. */
export type MetadataValue = number | string | boolean | readonly MetadataValue[];

export interface GgufFile {
  readonly path: string;
  /** By key, but for those that were not wanted. */
  readonly metadata: ReadonlyMap<string, MetadataValue>;
  /** By GGUF's names, in the file's order. */
  readonly tensors: ReadonlyMap<string, StoredTensor>;
}

const MAGIC = "GGUF";
/** Where the metadata states no other: every tensor begins at a multiple of it, counted from the end of the header. */
const DEFAULT_ALIGNMENT = 32;
/** ggml's GGML_MAX_DIMS. */
const MOST_DIMENSIONS = 4;
/** ggml's GGML_MAX_NAME, less the zero at the end. */
const LONGEST_NAME = 63;
/** Least bytes of one piece of metadata (key, type, value) and of one tensor's description. */
const LEAST_ENTRY_BYTES = 13;
const LEAST_TENSOR_BYTES = 24;

/**
 * Reads a header.
 * @param wanted which keys of the metadata are kept; default: all but the vocabulary, which can be most of a header.
 * @throws InputError for what is no GGUF file, is truncated or broken, is a part of several, or has a tensor in a format that
 * is not read; the system's error when the file can't be read.
 */
export async function readGgufFile(
  path: string,
  wanted: (key: string) => boolean = (key) => !key.startsWith("tokenizer."),
): Promise<GgufFile> {
  const window = new FileWindow(resolve(path));
  try {
    return header(window, wanted);
  } finally {
    window.close();
  }
}

function header(window: FileWindow, wanted: (key: string) => boolean): GgufFile {
  const { path } = window;
  if (window.size < 4 || window.bytes(4, "magic").toString("latin1") !== MAGIC)
    throw new InputError(`${path} is no GGUF file: it does not begin with "GGUF"`);
  const version = window.u32("version");
  if (version !== 2 && version !== 3) throw new InputError(`${path}: ${versionReason(version)}`);
  const tensorCount = window.u64("count of tensors");
  const entryCount = window.u64("count of metadata");
  window.demand(entryCount * LEAST_ENTRY_BYTES + tensorCount * LEAST_TENSOR_BYTES, "header");

  const metadata = new Map<string, MetadataValue>();
  for (let i = 0; i < entryCount; i++) {
    const key = text(window, "key");
    const type = window.u32(`type of ${key}`);
    if (wanted(key) || key === "general.alignment" || key === "split.count")
      metadata.set(key, value(window, type, key));
    else skipValue(window, type, key);
  }
  const parts = metadata.get("split.count");
  if (typeof parts === "number" && parts > 1)
    throw new InputError(
      `${path} is one of ${parts} parts of a model: join them with llama.cpp's llama-gguf-split --merge`,
    );

  const found: { name: string; type: TensorType; shape: number[]; offset: number }[] = [];
  for (let i = 0; i < tensorCount; i++) found.push(tensor(window));
  const alignment = metadata.get("general.alignment") ?? DEFAULT_ALIGNMENT;
  if (typeof alignment !== "number" || !Number.isInteger(alignment) || alignment < 1)
    throw new InputError(`${path} is broken: general.alignment is ${JSON.stringify(alignment)}`);
  const start = Math.ceil(window.position / alignment) * alignment;

  const tensors = new Map<string, StoredTensor>();
  for (const { name, type, shape, offset } of found) {
    const bytes = typeBytes(
      type,
      shape.reduce((product, size) => product * size, 1),
    );
    const stored: StoredTensor = { name, type, shape, file: path, offset: start + offset, bytes };
    if (tensors.has(name)) throw new InputError(`${path} is broken: two tensors are called ${name}`);
    if (stored.offset + bytes > window.size)
      throw new InputError(
        `${path} is truncated: tensor ${name} lies at bytes ${stored.offset} to ${stored.offset + bytes}, the file has ${window.size}`,
      );
    tensors.set(name, stored);
  }
  return { path, metadata, tensors };
}

function versionReason(version: number): string {
  if (version >= 1 << 16) return "it is a GGUF file for big-endian machines, which is not read";
  return `GGUF version ${version} is not read; versions 2 and 3 are`;
}

function tensor(window: FileWindow): { name: string; type: TensorType; shape: number[]; offset: number } {
  const { path } = window;
  const name = text(window, "name of a tensor");
  if (name.length > LONGEST_NAME)
    throw new InputError(`${path} is broken: a tensor's name has ${name.length} characters`);
  const dimensions = window.u32(`dimensions of ${name}`);
  if (dimensions > MOST_DIMENSIONS)
    throw new InputError(
      `${path} is broken: tensor ${name} has ${dimensions} dimensions, ${MOST_DIMENSIONS} at most are possible`,
    );
  const shape = Array.from({ length: dimensions }, () => window.u64(`shape of ${name}`)).reverse();
  const type = ggmlTypeName(window.u32(`type of ${name}`));
  const offset = window.u64(`offset of ${name}`);
  if (!isTensorType(type))
    throw new InputError(
      `${path}: tensor ${name} has the type ${type}, which is not read; read are ${Object.keys(TENSOR_TYPES).join(", ")}`,
    );
  const { elements } = TENSOR_TYPES[type];
  if ((shape.at(-1) ?? 1) % elements !== 0)
    throw new InputError(
      `${path} is broken: rows of tensor ${name} [${shape}] are no whole blocks of ${elements} (${type})`,
    );
  return { name, type, shape, offset };
}

function text(window: FileWindow, what: string): string {
  return window.bytes(window.u64(`length of ${what}`), what).toString("utf8");
}

const STRING = 8;
const ARRAY = 9;

/** Types of fixed size, by their numbers in the file. */
const SCALARS: Readonly<Record<number, readonly [bytes: number, read: (bytes: Buffer) => number | boolean]>> = {
  0: [1, (bytes) => bytes.readUInt8()],
  1: [1, (bytes) => bytes.readInt8()],
  2: [2, (bytes) => bytes.readUInt16LE()],
  3: [2, (bytes) => bytes.readInt16LE()],
  4: [4, (bytes) => bytes.readUInt32LE()],
  5: [4, (bytes) => bytes.readInt32LE()],
  6: [4, (bytes) => bytes.readFloatLE()],
  7: [1, (bytes) => bytes.readUInt8() !== 0],
  10: [8, (bytes) => Number(bytes.readBigUInt64LE())],
  11: [8, (bytes) => Number(bytes.readBigInt64LE())],
  12: [8, (bytes) => bytes.readDoubleLE()],
};

function value(window: FileWindow, type: number, key: string): MetadataValue {
  if (type === STRING) return text(window, key);
  if (type === ARRAY) {
    const { of, count } = arrayHead(window, key);
    return Array.from({ length: count }, () => value(window, of, key));
  }
  const [bytes, read] = scalar(window, type, key);
  return read(window.bytes(bytes, key));
}

function skipValue(window: FileWindow, type: number, key: string): void {
  if (type === STRING) window.skip(window.u64(`length of ${key}`), key);
  else if (type === ARRAY) {
    const { of, count } = arrayHead(window, key);
    if (of === STRING) for (let i = 0; i < count; i++) skipValue(window, of, key);
    else window.skip(count * scalar(window, of, key)[0], key);
  } else window.skip(scalar(window, type, key)[0], key);
}

/** An array's type and length; arrays of arrays are in no file that llama.cpp reads. */
function arrayHead(window: FileWindow, key: string): { of: number; count: number } {
  const of = window.u32(`type of ${key}`);
  const count = window.u64(`length of ${key}`);
  window.demand(count * (of === STRING ? 8 : scalar(window, of, key)[0]), key);
  return { of, count };
}

function scalar(window: FileWindow, type: number, key: string) {
  const found = SCALARS[type];
  if (found === undefined)
    throw new InputError(`${window.path} is broken: metadata ${key} has the unknown type ${type}`);
  return found;
}

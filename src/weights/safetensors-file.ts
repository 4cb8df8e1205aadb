// Reads the header of a safetensors file: what tensors lie where. Follows the format's description (README of
// huggingface/safetensors): 8 bytes with the header's length, JSON, and the tensors without holes and overlaps. Ignores what
// the tensors mean, and several files that belong together: safetensors-directory.ts.
import { resolve } from "node:path";
import { z } from "zod";
import { InputError } from "../dataset/input-error.ts";
import { FileWindow } from "./file-window.ts";
import { type StoredTensor, typeBytes } from "./tensor-type.ts";

/** The format's own limit. */
const LONGEST_HEADER_BYTES = 100_000_000;

/** Formats that are read, by safetensors' names. */
const DTYPES = ["F32", "F16", "BF16"] as const;

const size = z.int().nonnegative();
const tensorSchema = z.object({
  dtype: z.string(),
  shape: z.array(size),
  data_offsets: z.tuple([size, size]),
});
const headerSchema = z.record(z.string(), z.unknown());

/** A tensor of a format that is not read: it may be one that nobody needs. */
export interface UnreadTensor {
  readonly name: string;
  readonly file: string;
  readonly type: string;
}

export interface SafetensorsFile {
  readonly path: string;
  readonly tensors: ReadonlyMap<string, StoredTensor>;
  readonly unread: readonly UnreadTensor[];
}

/**
 * Reads a header.
 * @throws InputError for what is no safetensors file, or is truncated or broken; the system's error when it can't be read.
 */
export async function readSafetensorsFile(path: string): Promise<SafetensorsFile> {
  const window = new FileWindow(resolve(path));
  try {
    return header(window);
  } finally {
    window.close();
  }
}

function header(window: FileWindow): SafetensorsFile {
  const { path } = window;
  const broken = (why: string) => new InputError(`${path} is truncated or no safetensors file: ${why}`);
  if (window.size < 8) throw broken(`it has ${window.size} bytes`);
  const length = window.u64("length of the header");
  if (length > LONGEST_HEADER_BYTES)
    throw broken(`its header would have ${length} bytes, the most is ${LONGEST_HEADER_BYTES}`);
  const text = window.bytes(length, "header").toString("utf8");
  const start = window.position;
  let json: unknown;
  try {
    json = JSON.parse(text);
  } catch {
    throw broken("its header is no JSON");
  }
  const entries = headerSchema.safeParse(json);
  if (!entries.success) throw broken("its header is no object");

  const tensors = new Map<string, StoredTensor>();
  const unread: UnreadTensor[] = [];
  const spans: { name: string; begin: number; end: number }[] = [];
  for (const [name, value] of Object.entries(entries.data)) {
    if (name === "__metadata__") continue;
    const entry = tensorSchema.safeParse(value);
    if (!entry.success) throw broken(`its description of tensor ${name}: ${z.prettifyError(entry.error)}`);
    const { dtype, shape } = entry.data;
    const [begin, end] = entry.data.data_offsets;
    if (start + end > window.size)
      throw new InputError(
        `${path} is truncated: tensor ${name} lies at bytes ${start + begin} to ${start + end}, the file has ${window.size}`,
      );
    spans.push({ name, begin, end });
    const type = DTYPES.find((known) => known === dtype);
    if (type === undefined) {
      unread.push({ name, file: path, type: dtype });
      continue;
    }
    const bytes = typeBytes(
      type,
      shape.reduce((product, count) => product * count, 1),
    );
    if (end - begin !== bytes)
      throw broken(`tensor ${name} [${shape}] of ${dtype} has ${end - begin} bytes, not ${bytes}`);
    tensors.set(name, { name, type, shape, file: path, offset: start + begin, bytes });
  }
  let covered = 0;
  for (const { name, begin, end } of spans.sort((a, b) => a.begin - b.begin || a.end - b.end)) {
    if (begin !== covered) throw broken(`before tensor ${name} there is ${begin > covered ? "a hole" : "an overlap"}`);
    covered = end;
  }
  if (start + covered !== window.size) throw broken(`${window.size - start - covered} bytes after its last tensor`);
  return { path, tensors, unread };
}

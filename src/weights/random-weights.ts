// Weights drawn from a seed for tests and measurements: of an architecture's names and shapes, in one fp32 file, and of sizes
// that keep the residual stream, the attention and the logits in the range of trained models. They are no model of use.
import { hash } from "node:crypto";
import { closeSync, openSync, readFileSync, writeSync } from "node:fs";
import { resolve } from "node:path";
import { seededRandom } from "../preference/seed.ts";
import type { Architecture } from "./architecture.ts";
import { tensorShapes } from "./architecture.ts";
import type { FrozenTensor, FrozenWeights } from "./frozen-weights.ts";

/** Tensors begin at multiples of this many bytes, a page of memory, so that each can be mapped on its own. */
const PAGE = 4096;

/** Standard deviation of logits over the vocabulary: some tokens likelier than others, none certain. */
const LOGIT_SPREAD = 2;

/** Standard deviation of norms' weights around 1, and of biases around 0: enough that leaving them out shows. */
const NORM_SPREAD = 0.2;
const BIAS_SPREAD = 0.5;

/**
 * Draws the architecture's weights and writes them to the file, fp32 little-endian, over what stood there. The same
 * architecture and seed give the same bytes.
 */
export function randomFrozenWeights(architecture: Architecture, seed: number, file: string): FrozenWeights {
  const path = resolve(file);
  const tensors = new Map<string, FrozenTensor>();
  const digests: string[] = [];
  const handle = openSync(path, "w");
  try {
    let offset = 0;
    for (const [name, shape] of tensorShapes(architecture)) {
      const bytes = new Uint8Array(draw(architecture, name, shape, seed).buffer);
      for (let at = 0; at < bytes.length; ) at += writeSync(handle, bytes, at, bytes.length - at, offset + at);
      tensors.set(name, { shape, file: path, offset });
      digests.push(name, hash("sha256", bytes));
      offset += Math.ceil(bytes.length / PAGE) * PAGE;
    }
  } finally {
    closeSync(handle);
  }
  return { architecture, identity: hash("sha256", JSON.stringify([architecture, digests])), tensors };
}

/** A tensor's elements, rows first. @throws RangeError if there is none of the name */
export function readFrozenTensor(weights: FrozenWeights, name: string): Float32Array {
  const tensor = weights.tensors.get(name);
  if (tensor === undefined) throw new RangeError(`no tensor ${name}`);
  const bytes = readFileSync(tensor.file);
  const count = tensor.shape.reduce((product, size) => product * size, 1);
  return new Float32Array(
    bytes.buffer.slice(bytes.byteOffset + tensor.offset, bytes.byteOffset + tensor.offset + 4 * count),
  );
}

function draw(architecture: Architecture, name: string, shape: readonly number[], seed: number): Float32Array {
  const random = seededRandom("random-weights", seed, name);
  const values = new Float32Array(shape.reduce((product, size) => product * size, 1));
  const { centre, spread } = distribution(architecture, name, shape);
  // Uniform, not normal: all that matters is the spread, and a uniform draw has no function that rounds by platform.
  const width = spread * Math.sqrt(12);
  for (let i = 0; i < values.length; i += 1) values[i] = centre + width * (random() - 0.5);
  return values;
}

function distribution(architecture: Architecture, name: string, shape: readonly number[]) {
  if (name.endsWith("norm.weight")) return { centre: 1 - architecture.normOffset, spread: NORM_SPREAD };
  if (name.endsWith(".bias")) return { centre: 0, spread: BIAS_SPREAD };
  // What the final norm gives has elements of size 1, so a logit has √hidden times the spread of the output's rows.
  if (/embed_tokens|lm_head/.test(name)) return { centre: 0, spread: LOGIT_SPREAD / Math.sqrt(architecture.hidden) };
  return { centre: 0, spread: 1 / Math.sqrt(shape[1] ?? 1) };
}

// What a family of models has to say about its files, and the checks that all families share. The families themselves are the
// files beside this one.
import { z } from "zod";
import { fieldPath, InputError } from "../../dataset/input-error.ts";
import type { Architecture } from "../architecture.ts";
import type { MetadataValue } from "../gguf-file.ts";

/** What a GGUF file tells about its architecture. */
export interface GgufFacts {
  readonly metadata: ReadonlyMap<string, MetadataValue>;
  /** Rows of `token_embd.weight`. */
  readonly vocabulary: number;
  /** There is no `output.weight`: the embeddings are used. */
  readonly tiedEmbeddings: boolean;
  /** Values of `rope_freqs.weight`: divisors of the rotary frequencies. Null: there is no such tensor. */
  readonly ropeFrequencies: readonly number[] | null;
}

/** Reads architectures of one family. Both throw InputError for what the family can't do, naming the field. */
export interface FamilyReader {
  /** From the parsed config.json. `where` names the file in messages. */
  fromConfig(config: unknown, where: string): Architecture;
  fromGguf(facts: GgufFacts, where: string): Architecture;
}

/** A size. The limit keeps products of two sizes exact, whatever a file says. */
export const count = z.int().positive().max(0x3ffffff);

/** Layers: an architecture has an entry for each, so that a broken file must not ask for millions. */
export const layerCount = z.int().positive().max(4096);

export const positive = z.number().positive();

/** A switch that has to be off, or absent; `why` is the message where it is on. */
export const off = (why: string) => z.literal(false, { error: why }).nullish();

/** A number that has to be absent (or zero); `why` is the message where it is not. */
export const none = (why: string) => z.literal(0, { error: why }).nullish();

/** @throws InputError naming every wrong field. */
export function parsed<T>(schema: z.ZodType<T>, value: unknown, where: string): T {
  const result = schema.safeParse(value);
  if (result.success) return result.data;
  const reasons = result.error.issues.map(({ path, message }) => `${fieldPath(path)}: ${message}`);
  throw new InputError(`${where}: ${reasons.join("; ")}`);
}

/** The architecture, if its sizes go together. @throws InputError */
export function consistent(architecture: Architecture, where: string): Architecture {
  const { heads, kvHeads, headDim, contextLength } = architecture;
  if (heads % kvHeads !== 0)
    throw new InputError(`${where}: ${heads} heads can't share ${kvHeads} heads of keys and values evenly`);
  if (headDim % 2 !== 0) throw new InputError(`${where}: heads of an odd width, ${headDim}, can't be rotated`);
  if (contextLength < 2) throw new InputError(`${where}: a context of ${contextLength} tokens`);
  return architecture;
}

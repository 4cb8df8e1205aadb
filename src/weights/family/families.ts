// Finds the family of a model by what its files call it.
import { z } from "zod";
import { InputError } from "../../dataset/input-error.ts";
import { type Architecture, FAMILIES, type Family } from "../architecture.ts";
import type { FamilyReader, GgufFacts } from "./family-reader.ts";
import { gemma3 } from "./gemma3.ts";
import { llama } from "./llama.ts";
import { qwen2 } from "./qwen2.ts";
import { qwen3 } from "./qwen3.ts";

const READERS: Readonly<Record<Family, FamilyReader>> = { llama, qwen2, qwen3, gemma3 };

/** `model_type` of config.json. Only Gemma's differs: `gemma3` is the model that also reads images. */
const MODEL_TYPES: ReadonlyMap<string, Family> = new Map([
  ["llama", "llama"],
  ["qwen2", "qwen2"],
  ["qwen3", "qwen3"],
  ["gemma3_text", "gemma3"],
]);

const typeSchema = z.looseObject({ model_type: z.string() });

/** The architecture of a parsed config.json. @throws InputError for other families, and for what a family can't do. */
export function configArchitecture(config: unknown, where: string): Architecture {
  const typed = typeSchema.safeParse(config);
  if (!typed.success) throw new InputError(`${where}: no config of a model: it has no model_type`);
  const type = typed.data.model_type;
  const family = MODEL_TYPES.get(type);
  if (family === undefined)
    throw new InputError(
      `${where}: model_type ${JSON.stringify(type)} is not supported; ${[...MODEL_TYPES.keys()].join(", ")} are` +
        (type === "gemma3" ? " (this is a model with images: take its text-only form)" : ""),
    );
  return READERS[family].fromConfig(config, where);
}

/** The family that a GGUF file's metadata names. @throws InputError for others. */
export function ggufFamily(metadata: GgufFacts["metadata"], where: string): Family {
  const stated = metadata.get("general.architecture");
  const family = FAMILIES.find((known) => known === stated);
  if (family === undefined)
    throw new InputError(
      `${where}: the architecture ${JSON.stringify(stated ?? null)} is not supported; ${FAMILIES.join(", ")} are`,
    );
  return family;
}

/** The architecture of a GGUF file. @throws InputError for other families, and for what a family can't do. */
export function ggufArchitecture(facts: GgufFacts, where: string): Architecture {
  return READERS[ggufFamily(facts.metadata, where)].fromGguf(facts, where);
}

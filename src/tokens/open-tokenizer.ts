// Opens the tokenizer of a model, whichever of the two forms it has.
import { stat } from "node:fs/promises";
import { InputError } from "../dataset/input-error.ts";
import { openGgufTokenizer } from "./gguf-tokenizer.ts";
import { openHfTokenizer } from "./hf-tokenizer.ts";
import type { ModelTokenizer, TokenizerOptions } from "./tokenizer.ts";

/**
 * The tokenizer of a GGUF file or of a Hugging Face folder. Dispose of it when all rows are read.
 * @throws InputError where there is none at the path, or it can't be used; ChatTemplateError for a template that can't be read
 */
export async function openTokenizer(path: string, options: TokenizerOptions = {}): Promise<ModelTokenizer> {
  const found = await stat(path).catch(() => null);
  if (found === null) throw new InputError(`${path}: no such file or folder`);
  return found.isDirectory() ? openHfTokenizer(path, options) : openGgufTokenizer(path, options);
}

// The model that an adapter is trained on: what a user calls it, as a file or folder on this machine. Ignores what is in it.
import { stat } from "node:fs/promises";
import { basename, resolve } from "node:path";
import { InputError } from "../dataset/input-error.ts";
import { catalogueModel } from "../model/catalogue.ts";
import { ModelReferenceError } from "../model/model-reference.ts";
import { ModelUnavailableError, type PullOptions, pull } from "../model/pull.ts";

export interface BaseModel {
  /** For the records. */
  readonly name: string;
  /** Absolute path of a GGUF file or a Hugging Face folder. */
  readonly path: string;
  /** A Jinja chat template to use in place of the model's own. */
  readonly chatTemplate?: string;
  readonly templateVariables?: Readonly<Record<string, string | number | boolean>>;
}

/**
 * Finds a model, or fetches it: a known name, `hf:owner/repo/file.gguf`, a GGUF file, or a Hugging Face folder.
 * @throws InputError where there is none; the signal's reason when it is aborted
 */
export async function baseModel(text: string, options: PullOptions = {}): Promise<BaseModel> {
  if (catalogueModel(text) === undefined && (await stat(text).catch(() => null))?.isDirectory() === true) {
    const path = resolve(text);
    return { name: basename(path), path };
  }
  try {
    const { name, settings } = await pull(text, options);
    const { chatTemplate, templateVariables } = settings;
    return {
      name,
      path: settings.path,
      ...(chatTemplate !== undefined && { chatTemplate }),
      ...(templateVariables !== undefined && { templateVariables }),
    };
  } catch (error) {
    const isInput = error instanceof ModelReferenceError || error instanceof ModelUnavailableError;
    throw isInput ? new InputError(error.message) : error;
  }
}

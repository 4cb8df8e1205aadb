// Writes a model with its adapter merged into it: a Hugging Face folder or a GGUF file, with the tokenizer and chat template of
// the model that it is made of. The weights pass through a few megabytes of memory. Ignores the sum itself: merge.ts.
import { stat } from "node:fs/promises";
import { basename } from "node:path";
import { InputError } from "../dataset/input-error.ts";
import type { FloatFormat } from "../weights/float-format.ts";
import { type FrozenWeightsOptions, openFrozenWeights } from "../weights/frozen-weights-file.ts";
import { type GgufFormat, writeGgufFile } from "../weights/gguf-model-writer.ts";
import { hfConfig, writeHfFolder } from "../weights/hf-model-writer.ts";
import { frozenSource } from "../weights/model-source.ts";
import { openStoredModel } from "../weights/stored-model.ts";
import { tokenizerForGguf } from "../weights/tokenizer-to-gguf.ts";
import { hfCompanions } from "../weights/tokenizer-to-hf.ts";
import { baseWarning } from "./adapter.ts";
import { mergedSource } from "./merge.ts";
import { findAdapter, openAdapter } from "./open-adapter.ts";

export const MERGED_FORMS = ["safetensors", "gguf"] as const;
export type MergedForm = (typeof MERGED_FORMS)[number];

export interface MergeOptions extends FrozenWeightsOptions {
  /** A PEFT folder, a training's folder, or a GGUF adapter. */
  readonly adapter: string;
  /** A GGUF file or a Hugging Face folder. */
  readonly model: string;
  readonly to: MergedForm;
  /** The folder (safetensors) or the file (GGUF) that is written. */
  readonly out: string;
  /** What matrices are written as. Default: GGUF F16; safetensors what the model has, and F16 for a quantised one. */
  readonly format?: FloatFormat | undefined;
  /** A Jinja chat template to write in place of the model's own. */
  readonly chatTemplate?: string | undefined;
}

/** Where a GGUF file has its chat template. */
const CHAT_TEMPLATE_KEY = "tokenizer.chat_template";

/**
 * Merges.
 * @returns what its user should know of the result, in sentences; often nothing.
 * @throws InputError where the adapter does not fit the model, the form can't hold the model, or `out` is there already;
 * and what `openFrozenWeights` throws.
 */
export async function mergeModel({
  adapter,
  model,
  to,
  out,
  format,
  chatTemplate,
  ...options
}: MergeOptions): Promise<string[]> {
  const isGguf = to === "gguf";
  if (isGguf && format === "BF16") throw new InputError("a merged GGUF file is F16 or F32");
  if (isGguf && (await stat(out).catch(() => null)) !== null)
    throw new InputError(`${out} exists: name a file that does not`);
  const place = await findAdapter(adapter);
  const stored = await openStoredModel(model);
  const { architecture } = stored;
  const { lora, base } = await openAdapter(place, architecture);
  const tokenizer = isGguf ? await tokenizerForGguf(model, architecture.vocabulary) : null; // before the long work
  const weights = await openFrozenWeights(model, options);
  const source = mergedSource(frozenSource(weights), lora);
  const warning = baseWarning(base, weights.identity);
  const notices = warning === null ? [] : [warning];
  if (tokenizer !== null) {
    const name = basename(out, ".gguf");
    const template =
      chatTemplate === undefined ? [] : [[CHAT_TEMPLATE_KEY, { type: "string", value: chatTemplate }] as const];
    await writeGgufFile(out, source, {
      format: (format ?? "F16") as GgufFormat,
      name,
      tokenizer: new Map([...tokenizer, ...template]),
    });
    return notices;
  }
  const { config, files, hasTokenizer, tokenIds } = await hfCompanions(model);
  await writeHfFolder(out, source, {
    format: format ?? storedFormat(stored.tensors.get("model.layers.0.mlp.down_proj.weight")?.stored.type),
    config: config ?? { ...hfConfig(architecture), ...tokenIds },
    files: chatTemplate === undefined ? files : new Map([...files, ["chat_template.jinja", chatTemplate]]),
  });
  if (!hasTokenizer)
    notices.push(
      `${out} has no tokenizer: that of ${basename(model)} can't be written as tokenizer.json. ` +
        "Put the tokenizer files of the original model's folder beside the weights",
    );
  return notices;
}

const storedFormat = (type: string | undefined): FloatFormat => (type === "F32" || type === "BF16" ? type : "F16");

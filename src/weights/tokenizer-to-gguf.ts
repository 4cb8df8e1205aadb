// The tokenizer and chat template of a model, from its GGUF file or Hugging Face folder, as metadata of a GGUF file that is
// made of it. A folder's byte-level vocabulary (Llama 3, SmolLM, Qwen) is turned into GGUF's; others are refused, since
// what llama.cpp wants of them, SentencePiece's scores, tokenizer.json does not have.
import { readFile, stat } from "node:fs/promises";
import { join } from "node:path";
import { z } from "zod";
import { InputError } from "../dataset/input-error.ts";
import { type MetadataValue, readGgufFile } from "./gguf-file.ts";
import type { GgufMetadata, GgufScalar, GgufType, GgufValue } from "./gguf-writer.ts";
import { preTokenizerName } from "./pre-tokenizer.ts";

/** llama.cpp's types of tokens. */
const NORMAL = 1;
const CONTROL = 3;
const USER_DEFINED = 4;
const UNUSED = 5;

/**
 * The `tokenizer.*` entries for a GGUF file.
 * @param path a GGUF file, or a Hugging Face folder.
 * @param vocabulary rows of the embedding matrix; ids without a token are filled up.
 * @throws InputError for a folder whose tokenizer can't be turned into GGUF's.
 */
export async function tokenizerForGguf(path: string, vocabulary: number): Promise<GgufMetadata> {
  if ((await stat(path)).isDirectory()) return fromFolder(path, vocabulary);
  const { metadata } = await readGgufFile(path, (key) => key.startsWith("tokenizer."));
  return new Map(Array.from(metadata, ([key, value]) => [key, typed(key, value)]));
}

/** Numbers that are no uint32, by the end of their key. */
const NUMBER_TYPES: Readonly<Record<string, GgufType>> = {
  "ggml.scores": "float32",
  "ggml.token_type": "int32",
  "ggml.precompiled_charsmap": "uint8",
};

function typed(key: string, value: MetadataValue): GgufValue {
  const numbers = NUMBER_TYPES[key.slice("tokenizer.".length)] ?? "uint32";
  const typeOf = (one: unknown): GgufType =>
    typeof one === "string" ? "string" : typeof one === "boolean" ? "bool" : numbers;
  if (Array.isArray(value)) return { type: "array", of: typeOf(value[0]), value: value as readonly GgufScalar[] };
  return { type: typeOf(value), value: value as GgufScalar };
}

const addedToken = z.object({ id: z.int().min(0), content: z.string(), special: z.boolean().default(false) });
const tokenizerSchema = z.object({
  added_tokens: z.array(addedToken).nullish(),
  pre_tokenizer: z.unknown().optional(),
  post_processor: z.unknown().optional(),
  model: z.object({
    type: z.string().nullish(),
    vocab: z.record(z.string(), z.int().min(0)),
    merges: z.array(z.union([z.string(), z.tuple([z.string(), z.string()])])),
    byte_fallback: z.boolean().nullish(),
  }),
});

/** A special token is its text, or an object with it. */
const specialToken = z.union([z.string(), z.object({ content: z.string() })]).nullish();
const configSchema = z.object({
  bos_token: specialToken,
  eos_token: specialToken,
  pad_token: specialToken,
  unk_token: specialToken,
  add_bos_token: z.boolean().nullish(),
  chat_template: z.union([z.string(), z.array(z.object({ name: z.string(), template: z.string() }))]).nullish(),
});

const REMEDY =
  "merge with --to safetensors, and turn the result into GGUF with llama.cpp's convert_hf_to_gguf.py, or give the model as a GGUF file";

async function fromFolder(folder: string, vocabulary: number): Promise<GgufMetadata> {
  const path = join(folder, "tokenizer.json");
  const given = await readJson(path);
  if (given === null) throw new InputError(`${folder} has no tokenizer.json: ${REMEDY}`);
  const parsed = tokenizerSchema.safeParse(given);
  const pre = parsed.success ? preTokenizerName(parsed.data.pre_tokenizer) : null;
  if (!parsed.success || pre === null || parsed.data.model.byte_fallback)
    throw new InputError(`${path} is no byte-level tokenizer of a known kind: ${REMEDY}`);
  const config = configSchema.safeParse((await readJson(join(folder, "tokenizer_config.json"))) ?? {});
  if (!config.success)
    throw new InputError(`${join(folder, "tokenizer_config.json")}: ${z.prettifyError(config.error)}`);

  const { model, added_tokens: added, post_processor: after } = parsed.data;
  const tokens = Array.from({ length: vocabulary }, (_, id) => `[PAD${id}]`);
  const types = tokens.map(() => UNUSED);
  const ids = new Map<string, number>();
  const place = (token: string, id: number, type: number): void => {
    if (id >= vocabulary)
      throw new InputError(
        `${path}: ${JSON.stringify(token)} has the id ${id}, and the model has ${vocabulary} embeddings`,
      );
    tokens[id] = token;
    types[id] = type;
    ids.set(token, id);
  };
  for (const [token, id] of Object.entries(model.vocab)) place(token, id, NORMAL);
  for (const { content, id, special } of added ?? []) place(content, id, special ? CONTROL : USER_DEFINED);

  const metadata = new Map<string, GgufValue>([
    ["tokenizer.ggml.model", { type: "string", value: "gpt2" }],
    ["tokenizer.ggml.pre", { type: "string", value: pre }],
    ["tokenizer.ggml.tokens", { type: "array", of: "string", value: tokens }],
    ["tokenizer.ggml.token_type", { type: "array", of: "int32", value: types }],
    [
      "tokenizer.ggml.merges",
      {
        type: "array",
        of: "string",
        value: model.merges.map((merge) => (typeof merge === "string" ? merge : merge.join(" "))),
      },
    ],
  ]);
  const names = { bos: "bos_token", eos: "eos_token", unknown: "unk_token", padding: "pad_token" } as const;
  for (const [name, field] of Object.entries(names)) {
    const token = config.data[field];
    const id = token == null ? undefined : ids.get(typeof token === "string" ? token : token.content);
    if (id !== undefined) metadata.set(`tokenizer.ggml.${name}_token_id`, { type: "uint32", value: id });
  }
  const addsBos = config.data.add_bos_token ?? JSON.stringify(after ?? null).includes('"SpecialToken"');
  metadata.set("tokenizer.ggml.add_bos_token", { type: "bool", value: addsBos });
  const template = await chatTemplate(folder, config.data.chat_template);
  if (template !== null) metadata.set("tokenizer.chat_template", { type: "string", value: template });
  return metadata;
}

/** A file of its own in newer folders, else a field, which can have several; the one called default is meant. */
async function chatTemplate(
  folder: string,
  field: z.output<typeof configSchema>["chat_template"],
): Promise<string | null> {
  const own = await readFile(join(folder, "chat_template.jinja"), "utf8").catch(() => null);
  if (own !== null || field == null) return own;
  if (typeof field === "string") return field;
  return field.find(({ name }) => name === "default")?.template ?? null;
}

async function readJson(path: string): Promise<unknown> {
  const text = await readFile(path, "utf8").catch((error: NodeJS.ErrnoException) => {
    if (error.code === "ENOENT") return null;
    throw error;
  });
  if (text === null) return null;
  try {
    return JSON.parse(text);
  } catch {
    throw new InputError(`${path} is no JSON`);
  }
}

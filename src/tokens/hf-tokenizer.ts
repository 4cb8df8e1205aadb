// The tokenizer of a Hugging Face folder: tokenizer.json as the tokenizers library reads it, the names of the special tokens
// from tokenizer_config.json, and the chat template from chat_template.jinja or else from that config, in the order in which
// transformers looks for it. Ignores tokenizers in any other form (a sentencepiece model, vocab.json with merges.txt).
import { readFile } from "node:fs/promises";
import { join } from "node:path";
import { Tokenizer } from "@huggingface/tokenizers";
import { z } from "zod";
import { InputError } from "../dataset/input-error.ts";
import { chatTemplate } from "../model/chat-template.ts";
import { endOfTurn } from "./end-of-turn.ts";
import type { ModelTokenizer, TokenizerOptions } from "./tokenizer.ts";

const TOKENIZER = "tokenizer.json";
const CONFIG = "tokenizer_config.json";
const TEMPLATE = "chat_template.jinja";

/** A special token is its text, or an object that holds it. */
const tokenText = z
  .union([z.string(), z.object({ content: z.string() })])
  .nullish()
  .transform((token) => (typeof token === "object" ? (token?.content ?? null) : (token ?? null)));

const configSchema = z.object({
  bos_token: tokenText,
  eos_token: tokenText,
  /** Some models have several templates by name; conversations are written by the one called "default". */
  chat_template: z.union([z.string(), z.array(z.object({ name: z.string(), template: z.string() }))]).nullish(),
});

const tokenizerSchema = z.looseObject({ model: z.looseObject({}), added_tokens: z.array(z.looseObject({})).nullish() });

/** @throws InputError for a folder whose tokenizer can't be read or has no chat template; ChatTemplateError */
export async function openHfTokenizer(folder: string, options: TokenizerOptions = {}): Promise<ModelTokenizer> {
  const json = checked(tokenizerSchema, await jsonFile(folder, TOKENIZER), join(folder, TOKENIZER));
  const rawConfig = await jsonFile(folder, CONFIG);
  const config = checked(configSchema, rawConfig, join(folder, CONFIG));
  const tokenizer = made(json, rawConfig as object, join(folder, TOKENIZER));
  const source = options.chatTemplate ?? (await textFile(folder, TEMPLATE)) ?? namedTemplate(config.chat_template);
  if (source === null)
    throw new InputError(`${folder} carries no chat template (a base model has none): give one as chatTemplate`);
  const template = chatTemplate(source, {
    bosToken: config.bos_token ?? "",
    eosToken: config.eos_token ?? "",
    variables: options.templateVariables,
  });
  const encode = (text: string): Int32Array =>
    Int32Array.from(tokenizer.encode(text.toWellFormed(), { add_special_tokens: false }).ids);
  const added = tokenizer.get_added_tokens_decoder();
  const eos = config.eos_token === null ? null : (tokenizer.token_to_id(config.eos_token) ?? null);
  const end = endOfTurn({ template, encode, isControl: (token) => added.get(token)?.special === true, eos });
  if (end === null) throw new InputError(`${folder} names no token that ends a turn (eos_token in ${CONFIG})`);
  let largest = -1;
  for (const id of tokenizer.get_vocab(true).values()) largest = Math.max(largest, id);
  return {
    encode,
    decode: (tokens) =>
      tokens.length === 0 // which the library refuses
        ? ""
        : tokenizer.decode([...tokens], { skip_special_tokens: false, clean_up_tokenization_spaces: false }),
    template,
    vocabularySize: largest + 1,
    endOfTurn: end,
    dispose: async () => {},
  };
}

function made(json: object, config: object, path: string): Tokenizer {
  try {
    return new Tokenizer(json, config);
  } catch (error) {
    throw new InputError(`${path}: can't be read: ${error instanceof Error ? error.message : error}`);
  }
}

function namedTemplate(template: z.output<typeof configSchema>["chat_template"]): string | null {
  if (typeof template === "string") return template;
  return template?.find(({ name }) => name === "default")?.template ?? null;
}

async function jsonFile(folder: string, name: string): Promise<unknown> {
  const text = await textFile(folder, name);
  if (text === null) throw new InputError(`${folder} has no ${name}: not a folder of a Hugging Face model?`);
  try {
    return JSON.parse(text);
  } catch (error) {
    throw new InputError(`${join(folder, name)}: not JSON: ${(error as Error).message}`);
  }
}

async function textFile(folder: string, name: string): Promise<string | null> {
  try {
    return await readFile(join(folder, name), "utf8");
  } catch (error) {
    const { code } = error as NodeJS.ErrnoException;
    if (code === "ENOENT") return null;
    throw new InputError(`${join(folder, name)}: cannot be read (${code})`);
  }
}

function checked<T>(schema: z.ZodType<T>, value: unknown, path: string): T {
  const parsed = schema.safeParse(value);
  if (parsed.success) return parsed.data;
  const issue = parsed.error.issues[0];
  throw new InputError(`${path}: ${issue?.path.join(".") || "file"}: ${issue?.message}`);
}

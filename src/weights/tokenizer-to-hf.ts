// What belongs beside the weights in a Hugging Face folder that is made of a model: its config.json and the files of its
// tokenizer. Those of a folder are copied; a GGUF file's byte-level vocabulary (Llama 3, SmolLM, Qwen) is written as
// tokenizer.json with its chat template, and where its kind is another, the folder gets none.
import { readFile, stat } from "node:fs/promises";
import { join } from "node:path";
import { type MetadataValue, readGgufFile } from "./gguf-file.ts";
import { preTokenizerOf } from "./pre-tokenizer.ts";

export interface HfCompanions {
  /** config.json of the model; null where it has none, and one has to be made of the architecture. */
  readonly config: Readonly<Record<string, unknown>> | null;
  /** What such a made one has to say about the tokenizer: ids of special tokens. */
  readonly tokenIds: Readonly<Record<string, number>>;
  /** Further files by name. */
  readonly files: ReadonlyMap<string, string | Uint8Array>;
  /** Whether a tokenizer is among them. */
  readonly hasTokenizer: boolean;
}

/** What transformers reads beside config.json and the weights. */
const COPIED = [
  "generation_config.json",
  "tokenizer.json",
  "tokenizer.model",
  "tokenizer_config.json",
  "special_tokens_map.json",
  "added_tokens.json",
  "vocab.json",
  "merges.txt",
  "chat_template.jinja",
  "chat_template.json",
] as const;

/** Each of these alone is a whole vocabulary. */
const VOCABULARIES = ["tokenizer.json", "tokenizer.model", "vocab.json"] as const;

/** @param path a GGUF file, or a Hugging Face folder that was read as a model before. */
export async function hfCompanions(path: string): Promise<HfCompanions> {
  if (!(await stat(path)).isDirectory()) return fromGguf(path);
  const files = new Map<string, Uint8Array>();
  for (const name of COPIED) {
    const content = await readFile(join(path, name)).catch((error: NodeJS.ErrnoException) => {
      if (error.code === "ENOENT") return null;
      throw error;
    });
    if (content !== null) files.set(name, content);
  }
  const config = JSON.parse(await readFile(join(path, "config.json"), "utf8"));
  return { config, tokenIds: {}, files, hasTokenizer: VOCABULARIES.some((name) => files.has(name)) };
}

/** llama.cpp's type of an ordinary token and of one that stands for no text. */
const NORMAL = 1;
const CONTROL = 3;

async function fromGguf(path: string): Promise<HfCompanions> {
  const { metadata } = await readGgufFile(path, (key) => key.startsWith("tokenizer."));
  const get = (key: string): MetadataValue | undefined => metadata.get(`tokenizer.${key}`);
  const tokens = get("ggml.tokens");
  const types = get("ggml.token_type");
  const merges = get("ggml.merges");
  const tokenIds: Record<string, number> = {};
  for (const [name, key] of [
    ["bos_token_id", "ggml.bos_token_id"],
    ["eos_token_id", "ggml.eos_token_id"],
    ["pad_token_id", "ggml.padding_token_id"],
  ] as const) {
    const id = get(key);
    if (typeof id === "number") tokenIds[name] = id;
  }
  const template = get("chat_template");
  const files = new Map<string, string>();
  const known = get("ggml.model") === "gpt2" ? preTokenizerOf(String(get("ggml.pre"))) : null;
  if (known === null || !Array.isArray(tokens) || !Array.isArray(types) || !Array.isArray(merges)) {
    if (typeof template === "string") files.set("chat_template.jinja", template);
    return { config: null, tokenIds, files, hasTokenizer: false };
  }
  const addsBos = get("ggml.add_bos_token") === true && tokenIds.bos_token_id !== undefined;
  const bos = addsBos ? String(tokens[tokenIds.bos_token_id!]) : null;
  files.set(
    "tokenizer.json",
    `${JSON.stringify(tokenizerJson({ tokens, types, merges, known, bos, bosId: tokenIds.bos_token_id }))}\n`,
  );
  const named = (id: number | undefined) => (id === undefined ? undefined : tokens[id]);
  const config = {
    tokenizer_class: "PreTrainedTokenizerFast",
    bos_token: named(tokenIds.bos_token_id),
    eos_token: named(tokenIds.eos_token_id),
    pad_token: named(tokenIds.pad_token_id),
    add_bos_token: bos !== null,
    clean_up_tokenization_spaces: false,
    ...(typeof template === "string" && { chat_template: template }),
  };
  files.set("tokenizer_config.json", `${JSON.stringify(config, null, 2)}\n`);
  return { config: null, tokenIds, files, hasTokenizer: true };
}

interface Vocabulary {
  readonly tokens: readonly MetadataValue[];
  readonly types: readonly MetadataValue[];
  readonly merges: readonly MetadataValue[];
  readonly known: NonNullable<ReturnType<typeof preTokenizerOf>>;
  /** Text of the token that every text begins with; null for none. */
  readonly bos: string | null;
  readonly bosId: number | undefined;
}

function tokenizerJson({ tokens, types, merges, known, bos, bosId }: Vocabulary) {
  const byteLevel = { type: "ByteLevel", add_prefix_space: false, trim_offsets: false, use_regex: true };
  return {
    version: "1.0",
    truncation: null,
    padding: null,
    added_tokens: tokens.flatMap((content, id) =>
      types[id] === NORMAL
        ? []
        : [
            {
              id,
              content,
              single_word: false,
              lstrip: false,
              rstrip: false,
              normalized: false,
              special: types[id] === CONTROL,
            },
          ],
    ),
    normalizer: known.normalizer,
    pre_tokenizer: known.preTokenizer,
    post_processor: bos === null ? byteLevel : withBos(byteLevel, bos, bosId!),
    decoder: byteLevel,
    model: {
      type: "BPE",
      dropout: null,
      unk_token: null,
      continuing_subword_prefix: null,
      end_of_word_suffix: null,
      fuse_unk: false,
      byte_fallback: false,
      ignore_merges: known.ignoreMerges,
      vocab: Object.fromEntries(tokens.map((token, id) => [token, id])),
      merges,
    },
  };
}

/** A post-processor that puts a token before every text. */
function withBos(byteLevel: object, bos: string, id: number) {
  const special = { SpecialToken: { id: bos, type_id: 0 } };
  const text = (name: string, type: number) => ({ Sequence: { id: name, type_id: type } });
  return {
    type: "Sequence",
    processors: [
      byteLevel,
      {
        type: "TemplateProcessing",
        single: [special, text("A", 0)],
        pair: [special, text("A", 0), { SpecialToken: { id: bos, type_id: 1 } }, text("B", 1)],
        special_tokens: { [bos]: { id: bos, ids: [id], tokens: [bos] } },
      },
    ],
  };
}

// Tiny models as files, for tests: the weights of any architecture with a byte-level vocabulary made up here (256 bytes, three
// merges, three special tokens, fillers up to the size wanted) and a ChatML template, as a Hugging Face folder or a GGUF
// file. Both forms of a model give the same ids for the same text. They are no models of use.
import type { FloatFormat } from "./float-format.ts";
import type { FrozenWeights } from "./frozen-weights.ts";
import { type GgufFormat, writeGgufFile } from "./gguf-model-writer.ts";
import type { GgufMetadata, GgufValue } from "./gguf-writer.ts";
import { writeHfFolder } from "./hf-model-writer.ts";
import { frozenSource } from "./model-source.ts";

/** ChatML without a default system message. */
export const TINY_CHAT_TEMPLATE =
  "{% for message in messages %}" +
  "{{ '<|im_start|>' + message['role'] + '\\n' + message['content'] + '<|im_end|>' + '\\n' }}" +
  "{% endfor %}{% if add_generation_prompt %}{{ '<|im_start|>assistant\\n' }}{% endif %}";

const MERGES = ["Ġ t", "h e", "i n"] as const;
const SPECIALS = ["<|endoftext|>", "<|im_start|>", "<|im_end|>"] as const;

/** Ids of the special tokens. */
export const TINY_TOKENS = { endOfText: 259, turnStart: 260, turnEnd: 261 } as const;

/** llama.cpp's token types: an ordinary token, one that stands for no text. */
const NORMAL = 1;
const CONTROL = 3;

/** GPT-2's visible characters for the 256 bytes, in its order. */
function byteCharacters(): string[] {
  const visible = [...range(33, 126), ...range(161, 172), ...range(174, 255)];
  const hidden = range(0, 255).filter((byte) => !visible.includes(byte));
  return [...visible, ...hidden.map((_, i) => 256 + i)].map((code) => String.fromCodePoint(code));
}

const range = (first: number, last: number): number[] => Array.from({ length: last - first + 1 }, (_, i) => first + i);

/** Tokens by id. @param size at least 262 */
function vocabulary(size: number): string[] {
  const tokens = [...byteCharacters(), ...MERGES.map((merge) => merge.replace(" ", "")), ...SPECIALS];
  if (size < tokens.length) throw new RangeError(`the tiny vocabulary has ${tokens.length} tokens, not ${size}`);
  return [...tokens, ...Array.from({ length: size - tokens.length }, (_, i) => `<|filler_${i}|>`)];
}

/** tokenizer.json of the vocabulary. */
export function tinyTokenizerJson(size: number): string {
  const tokens = vocabulary(size);
  const special = (content: string, id: number) => ({
    id,
    content,
    single_word: false,
    lstrip: false,
    rstrip: false,
    normalized: false,
    special: true,
  });
  const ordinary = TINY_TOKENS.endOfText;
  return JSON.stringify({
    version: "1.0",
    truncation: null,
    padding: null,
    added_tokens: tokens.slice(ordinary).map((content, i) => special(content, ordinary + i)),
    normalizer: null,
    pre_tokenizer: { type: "ByteLevel", add_prefix_space: false, trim_offsets: true, use_regex: true },
    post_processor: null,
    decoder: { type: "ByteLevel", add_prefix_space: true, trim_offsets: true, use_regex: true },
    model: {
      type: "BPE",
      dropout: null,
      unk_token: null,
      continuing_subword_prefix: null,
      end_of_word_suffix: null,
      fuse_unk: false,
      byte_fallback: false,
      vocab: Object.fromEntries(tokens.map((token, id) => [token, id])),
      merges: MERGES,
    },
  });
}

const tokenizerConfig = (): string =>
  JSON.stringify({
    tokenizer_class: "PreTrainedTokenizerFast",
    bos_token: "<|endoftext|>",
    eos_token: "<|im_end|>",
    add_bos_token: false,
    chat_template: TINY_CHAT_TEMPLATE,
  });

/** The vocabulary as metadata of a GGUF file. */
export function tinyGgufTokenizer(size: number): GgufMetadata {
  const tokens = vocabulary(size);
  const types = tokens.map((_, id) => (id < TINY_TOKENS.endOfText ? NORMAL : CONTROL));
  return new Map<string, GgufValue>([
    ["tokenizer.ggml.model", { type: "string", value: "gpt2" }],
    ["tokenizer.ggml.pre", { type: "string", value: "gpt-2" }],
    ["tokenizer.ggml.tokens", { type: "array", of: "string", value: tokens }],
    ["tokenizer.ggml.token_type", { type: "array", of: "int32", value: types }],
    ["tokenizer.ggml.merges", { type: "array", of: "string", value: MERGES }],
    ["tokenizer.ggml.bos_token_id", { type: "uint32", value: TINY_TOKENS.endOfText }],
    ["tokenizer.ggml.eos_token_id", { type: "uint32", value: TINY_TOKENS.turnEnd }],
    ["tokenizer.ggml.add_bos_token", { type: "bool", value: false }],
    ["tokenizer.chat_template", { type: "string", value: TINY_CHAT_TEMPLATE }],
  ]);
}

/** Writes config.json, model.safetensors, tokenizer.json and tokenizer_config.json. */
export async function writeHfModel(
  folder: string,
  weights: FrozenWeights,
  { dtype = "F32" }: { readonly dtype?: FloatFormat } = {},
): Promise<void> {
  const files = new Map([
    ["tokenizer.json", tinyTokenizerJson(weights.architecture.vocabulary)],
    ["tokenizer_config.json", tokenizerConfig()],
  ]);
  await writeHfFolder(folder, frozenSource(weights), { format: dtype, files });
}

/** Writes a GGUF file of the weights with the vocabulary. */
export async function writeGgufModel(
  file: string,
  weights: FrozenWeights,
  { type = "F32" }: { readonly type?: GgufFormat } = {},
): Promise<void> {
  const tokenizer = tinyGgufTokenizer(weights.architecture.vocabulary);
  await writeGgufFile(file, frozenSource(weights), { format: type, name: "tiny", tokenizer });
}

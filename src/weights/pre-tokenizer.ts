// How byte-level vocabularies cut a text before they merge: the four ways that models of the known families have, by the names
// that GGUF files give them (`tokenizer.ggml.pre`, llama-vocab.cpp of llama.cpp), beside what tokenizer.json says for each.

/** A part of tokenizer.json. */
type Json = Readonly<Record<string, unknown>>;

/** How a text is cut, and what belongs with it in tokenizer.json. */
export interface PreTokenizer {
  readonly preTokenizer: Json;
  readonly normalizer: Json | null;
  /** Whether a piece that is a token as a whole is not put together by merges (Llama 3). */
  readonly ignoreMerges: boolean;
}

const byteLevel = (useRegex: boolean): Json => ({
  type: "ByteLevel",
  add_prefix_space: false,
  trim_offsets: true,
  use_regex: useRegex,
});

const sequence = (...pretokenizers: readonly Json[]): Json => ({ type: "Sequence", pretokenizers });

const split = (regex: string): Json =>
  sequence({ type: "Split", pattern: { Regex: regex }, behavior: "Isolated", invert: false }, byteLevel(false));

/** Llama 3 and Qwen differ in how many digits stay together. */
const wordsAndNumbers = (digits: string): string =>
  "(?i:'s|'t|'re|'ve|'m|'ll|'d)|[^\\r\\n\\p{L}\\p{N}]?\\p{L}+|" +
  `${digits}| ?[^\\s\\p{L}\\p{N}]+[\\r\\n]*|\\s*[\\r\\n]+|\\s+(?!\\S)|\\s+`;

const QWEN_REGEX = wordsAndNumbers("\\p{N}");
const LLAMA_REGEX = wordsAndNumbers("\\p{N}{1,3}");

const PRE_TOKENIZERS: Readonly<Record<string, PreTokenizer>> = {
  "gpt-2": { preTokenizer: byteLevel(true), normalizer: null, ignoreMerges: false },
  smollm: {
    preTokenizer: sequence({ type: "Digits", individual_digits: true }, byteLevel(true)),
    normalizer: null,
    ignoreMerges: false,
  },
  qwen2: { preTokenizer: split(QWEN_REGEX), normalizer: { type: "NFC" }, ignoreMerges: false },
  "llama-bpe": { preTokenizer: split(LLAMA_REGEX), normalizer: null, ignoreMerges: true },
};

/** What tokenizer.json says for GGUF's name; null for a way that is not known. */
export const preTokenizerOf = (pre: string): PreTokenizer | null =>
  Object.hasOwn(PRE_TOKENIZERS, pre) ? PRE_TOKENIZERS[pre]! : null;

/** GGUF's name for `pre_tokenizer` of a tokenizer.json; null for a way that is not known. */
export function preTokenizerName(preTokenizer: unknown): string | null {
  const parts = flattened(preTokenizer);
  const [first, last] = [parts[0], parts.at(-1)];
  if (parts.length === 0 || parts.length > 2 || last?.type !== "ByteLevel" || last.add_prefix_space === true)
    return null;
  const cutsItself = last.use_regex !== false;
  if (parts.length === 1) return cutsItself ? "gpt-2" : null;
  if (first?.type === "Digits") return cutsItself && first.individual_digits === true ? "smollm" : null;
  if (first?.type !== "Split" || first.behavior !== "Isolated" || first.invert === true || cutsItself) return null;
  const regex = (first.pattern as { Regex?: unknown } | undefined)?.Regex;
  if (regex === QWEN_REGEX) return "qwen2";
  return regex === LLAMA_REGEX ? "llama-bpe" : null;
}

function flattened(value: unknown): readonly Json[] {
  if (typeof value !== "object" || value === null) return [];
  const part = value as Json;
  return part.type === "Sequence" && Array.isArray(part.pretokenizers) ? part.pretokenizers.flatMap(flattened) : [part];
}

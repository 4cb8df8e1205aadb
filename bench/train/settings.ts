// What both sides of the training bench are given, as a JSON file.

export interface BenchSettings {
  /** A Hugging Face folder. */
  readonly model: string;
  /** JSON Lines of token ids: {prompt, chosen, rejected}. */
  readonly pairs: string;
  readonly rank: number;
  readonly alpha: number;
  readonly beta: number;
  readonly learning_rate: number;
  readonly threads: number;
  /** Ours: the whole graph, or blocks with recomputation. */
  readonly form: "whole" | "blocks";
  /** TRL's: reference log-probabilities before the training rather than in every step. */
  readonly precompute: boolean;
  /** TRL's gradient checkpointing. */
  readonly checkpointing: boolean;
  /** TRL's output folder. */
  readonly out: string;
}

// Sizes of the paper's models as their config.json states them, for tests of plans.

/** Llama-3.1-8B-Instruct: 8.03 billion weights. */
export const LLAMA_8B = {
  model_type: "llama",
  hidden_size: 4096,
  num_hidden_layers: 32,
  num_attention_heads: 32,
  num_key_value_heads: 8,
  intermediate_size: 14336,
  vocab_size: 128256,
  max_position_embeddings: 131072,
  tie_word_embeddings: false,
};

/** Llama-3.1-70B-Instruct: 70.55 billion weights. */
export const LLAMA_70B = {
  ...LLAMA_8B,
  hidden_size: 8192,
  num_hidden_layers: 80,
  num_attention_heads: 64,
  intermediate_size: 28672,
};

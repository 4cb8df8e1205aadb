// What the trainer needs of a model's tokenizer: its ids, its chat template, and the token that ends an assistant's turn.
// Ignores which file that comes from: gguf-tokenizer.ts and hf-tokenizer.ts each read one kind.
import type { ChatTemplate } from "../model/chat-template.ts";

/** A model file's tokenizer with its chat template. */
export interface ModelTokenizer {
  /**
   * Token ids of a text. Control texts in it ("<|im_end|>") become their tokens, as a rendered chat template needs; nothing
   * is added. The empty text has none.
   */
  encode(text: string): Int32Array;
  /** The text of token ids, control texts included. */
  decode(tokens: Int32Array): string;
  readonly template: ChatTemplate;
  /** Token ids are below this; the model's embedding may have more rows, never fewer. */
  readonly vocabularySize: number;
  /** The token that ends an assistant's turn, as the chat template writes it. */
  readonly endOfTurn: number;
  dispose(): Promise<void>;
}

export interface TokenizerOptions {
  /** A Jinja chat template to use in place of the model's own. */
  readonly chatTemplate?: string | undefined;
  /** Variables of the chat template, such as `{ enable_thinking: false }` for Qwen3. */
  readonly templateVariables?: Readonly<Record<string, string | number | boolean>> | undefined;
}

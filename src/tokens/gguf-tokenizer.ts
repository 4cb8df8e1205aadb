// The tokenizer of a GGUF file, as llama.cpp reads it: only the vocabulary is loaded, no weights. The chat template is the
// file's own unless another is given. Nothing is added to what the template writes, as in model/embedded.ts, so that a row is
// trained on in the tokens in which its prompt is sampled from.
import type { Token } from "node-llama-cpp";
import { InputError } from "../dataset/input-error.ts";
import { chatTemplate } from "../model/chat-template.ts";
import { endOfTurn } from "./end-of-turn.ts";
import type { ModelTokenizer, TokenizerOptions } from "./tokenizer.ts";

/** @throws InputError for a file that is no GGUF model, or has no vocabulary or chat template; ChatTemplateError */
export async function openGgufTokenizer(path: string, options: TokenizerOptions = {}): Promise<ModelTokenizer> {
  const { getLlama, LlamaLogLevel } = await import("node-llama-cpp"); // half a second: only those who use it pay
  const llama = await getLlama({
    gpu: false,
    build: "never",
    skipDownload: true,
    progressLogs: false,
    logLevel: LlamaLogLevel.error,
    maxThreads: 1,
  });
  try {
    const model = await llama.loadModel({ modelPath: path, vocabOnly: true }).catch((error: unknown) => {
      throw new InputError(`${path}: its tokenizer can't be read: ${error instanceof Error ? error.message : error}`);
    });
    const { tokenizer } = model.fileInfo.metadata;
    const source = options.chatTemplate ?? tokenizer?.chat_template;
    if (source === undefined)
      throw new InputError(`${path} carries no chat template (a base model has none): give one as chatTemplate`);
    const template = chatTemplate(source, {
      bosToken: model.tokens.bosString ?? "",
      eosToken: model.tokens.eosString ?? "",
      variables: options.templateVariables,
    });
    const encode = (text: string): Int32Array => Int32Array.from(model.tokenize(text.toWellFormed(), true));
    const end = endOfTurn({
      template,
      encode,
      isControl: (token) =>
        model.isEogToken(token as Token) || model.getTokenAttributes(token as Token).control === true,
      eos: model.tokens.eos,
    });
    if (end === null) throw new InputError(`${path} names no token that ends a turn`);
    return {
      encode,
      decode: (tokens) => model.detokenize([...tokens] as Token[], true),
      template,
      vocabularySize: tokenizer?.ggml?.tokens?.length ?? 0,
      endOfTurn: end,
      async dispose() {
        await model.dispose();
        await llama.dispose();
      },
    };
  } catch (error) {
    await llama.dispose();
    throw error;
  }
}

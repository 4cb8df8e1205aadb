// A model that gives typical answers (typical-answers.ts) behind the interface of every chat model: asks nobody and costs nothing.
import { type ChatModel, type Choice, type Generation, resolveRequest } from "../model/model.ts";
import { sampleSeed } from "../model/sample-seed.ts";
import { typicalAnswer } from "./typical-answers.ts";

/**
 * Bytes of UTF-8 to a token: about 4 of English, and of Chinese, at three bytes a character and one to two characters a token, as
 * many.
 */
const BYTES_PER_TOKEN = 4;

export const typicalTokens = (text: string): number => Math.ceil(Buffer.byteLength(text) / BYTES_PER_TOKEN);

/** @param name for records */
export function typicalModel(name: string, concurrency = 8): ChatModel {
  return {
    name,
    concurrency,
    async generate(given, { signal, onChoice } = {}): Promise<Generation> {
      const request = resolveRequest(given);
      const choices: Choice[] = [];
      for (let index = 0; index < request.n; index += 1) {
        if (request.skip.includes(index)) continue;
        const seed = sampleSeed(request.seed, index);
        const text = signal?.aborted ? "" : typicalAnswer({ ...request, seed });
        const tokens = Math.min(typicalTokens(text), request.maxTokens);
        const choice: Choice = { index, text, finishReason: signal?.aborted ? "aborted" : "stop", tokens, seed };
        choices.push(choice);
        onChoice?.(choice);
      }
      const promptTokens = request.messages.reduce((sum, { content }) => sum + typicalTokens(content), 0);
      const completionTokens = choices.reduce((sum, { tokens }) => sum + tokens, 0);
      return { choices, usage: { promptTokens, completionTokens } };
    },
    dispose: async () => undefined,
  };
}

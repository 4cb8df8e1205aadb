// Asks for a query in other words, because it opens like earlier ones (spec/method.md, data construction, 3).
import { dataBlocks, jsonLines } from "./data-block.ts";
import type { Prompt } from "./prompt.ts";

export interface RephraseQueryInput {
  readonly query: string;
  /** Beginnings that are used up. */
  readonly openings: readonly string[];
  /** Greatest length in words or characters. */
  readonly most: number;
}

export const rephraseQueryPrompt: Prompt<RephraseQueryInput> = {
  name: "rephrase-query",
  version: 2,
  examples: [{ query: "how much is the oolong", openings: ["how much is", "how much for a tin"], most: 20 }],
  messages: ({ query, openings, most }, language) => {
    const { text } = dataBlocks([
      { name: "MESSAGE", text: query },
      { name: "BEGINNINGS", text: jsonLines(openings) },
    ]);
    return [{ role: "user", content: ASK[language](text, most) }];
  },
};

const ASK = {
  en: (blocks: string, most: number): string => `${blocks}

Rewrite MESSAGE as somebody else would put it who means the same. Begin differently: use none of the BEGINNINGS, nor anything that sounds like them; start with a different word and a different kind of sentence. At most ${most} words, in English, without quotation marks. Write only the new message.`,
  zh: (blocks: string, most: number): string => `${blocks}

请换一个人的口吻，说出与 MESSAGE 相同的意思。开头要换：不能用 BEGINNINGS 里的任何一个，也不能与它们相似；第一个词和句式都要换。用中文写，不超过${most}个字，不用引号。只输出新的消息。`,
} as const;

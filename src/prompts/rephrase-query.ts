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
  version: 1,
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

Say what MESSAGE says as somebody else would who means the same. Begin in another way: none of the BEGINNINGS, nor anything that sounds like one; start with another word and another kind of sentence. At most ${most} words, in English, without quotation marks. Write only the new message.`,
  zh: (blocks: string, most: number): string => `${blocks}

MESSAGE 说的意思，换一个人会怎么说？开头要换：不能用 BEGINNINGS 里的任何一个，也不能与它们相像；第一个词和句式都要换。用中文，不超过${most}个字，不用引号。只写新的消息。`,
} as const;

// Asks the user model for the user's next message (spec/method.md, data construction, 3). Short, and with the request at the end:
// small models lose the request in anything longer. The assistant is introduced without its constraints, of which a user knows
// nothing and which small models copy; what may trigger them is told instead.
import type { Message } from "../profile/message.ts";
import { conversationLines, dataBlocks } from "./data-block.ts";
import type { Prompt } from "./prompt.ts";

export interface UserQueryInput {
  /** Who writes. */
  readonly user: string;
  /** Who the assistant is that is written to. */
  readonly assistant: string;
  /** Last messages, oldest first; empty at the start. */
  readonly history: readonly Message[];
  /** Ways of speaking to choose from. */
  readonly manners: readonly string[];
  /** What the message may bring up, so that constraints are triggered: triggers in words. May be empty. */
  readonly aims: readonly string[];
  /** Greatest length in words or characters. */
  readonly most: number;
}

const first: UserQueryInput = {
  user: "Ada keeps bees and complains of the post.",
  assistant: "Tea corner\nYou sell tea.",
  history: [],
  manners: ["asks for a number, a price or an amount", "complains first, asks second"],
  aims: ["When the user asks for a price"],
  most: 20,
};

export const userQueryPrompt: Prompt<UserQueryInput> = {
  name: "user-query",
  version: 2,
  examples: [
    first,
    {
      ...first,
      aims: [],
      manners: [],
      history: [
        { role: "user", content: "how much is oolong" },
        { role: "assistant", content: "Nine for a tin." },
      ],
    },
  ],
  messages: (input, language) => {
    const { user, assistant, history } = input;
    const { text } = dataBlocks([
      { name: "ASSISTANT", text: assistant },
      { name: "USER", text: user },
      ...(history.length === 0 ? [] : [{ name: "CONVERSATION", text: conversationLines(history) }]),
    ]);
    return [{ role: "user", content: ASK[language](input, text) }];
  },
};

const list = (items: readonly string[]): string => items.map((item) => `- ${item}`).join("\n");

const ASK = {
  en: ({ history, manners, aims, most }: UserQueryInput, blocks: string): string =>
    [
      blocks,
      ...(manners.length === 0 ? [] : [`Ways of speaking:\n${list(manners)}`]),
      ...(aims.length === 0 ? [] : [`Situations that the message may lead to:\n${list(aims)}`]),
      `Write the USER's ${history.length === 0 ? "first" : "next"} message to the ASSISTANT: one short question or request that it can answer in text, of at most ${most} words${manners.length === 0 ? "" : ", in one of these ways of speaking"}${aims.length === 0 ? "" : "; if it comes naturally, let it lead to one of these situations without saying so"}${history.length === 0 ? "" : "; do not repeat what was asked in the CONVERSATION"}. In English, without quotation marks or emoji. Only the message.`,
    ].join("\n\n"),
  zh: ({ history, manners, aims, most }: UserQueryInput, blocks: string): string =>
    [
      blocks,
      ...(manners.length === 0 ? [] : [`说话方式：\n${list(manners)}`]),
      ...(aims.length === 0 ? [] : [`这条消息可以引出的情形：\n${list(aims)}`]),
      `请写 USER 发给 ASSISTANT 的${history.length === 0 ? "第一条" : "下一条"}消息：一个能用文字回答的简短问题或请求，不超过${most}个字${manners.length === 0 ? "" : "，采用上面的一种说话方式"}${aims.length === 0 ? "" : "；如果顺理成章，就引出上面的一种情形，但不要说破"}${history.length === 0 ? "" : "；不要重复 CONVERSATION 里问过的"}。用中文写，不用引号和表情符号。只输出消息本身。`,
    ].join("\n\n"),
} as const;

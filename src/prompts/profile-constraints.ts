// Asks for constraints of a system profile, trigger and demand apart (spec/method.md, data construction, 1). What is there
// already and what was refused, with the reasons, is told, so that a list can be filled up over several answers.
import { dataBlocks } from "./data-block.ts";
import type { Prompt } from "./prompt.ts";

export interface ProfileConstraintsInput {
  readonly name: string;
  readonly description: string;
  /** How many are wanted in this answer. */
  readonly count: number;
  /** Constraints that the profile has. */
  readonly taken: readonly string[];
  /** Constraints offered before that could not be used. */
  readonly refused: readonly { readonly text: string; readonly reason: string }[];
}

const example = { name: "Tea corner", description: "You sell tea.", count: 8, taken: [], refused: [] };

export const profileConstraintsPrompt: Prompt<ProfileConstraintsInput> = {
  name: "profile-constraints",
  version: 2,
  examples: [
    example,
    {
      ...example,
      count: 3,
      taken: ["In every reply, name one tea."],
      refused: [{ text: "Reply within 5 seconds.", reason: "it is about time" }],
    },
  ],
  messages: (input, language) => [
    { role: "system", content: SYSTEM[language] },
    { role: "user", content: ASK[language](input, assistantBlock(input)) },
  ],
};

const SYSTEM = {
  en: "You write rules for the replies of assistants. A rule says when it holds and what the reply must then be like, so plainly that two strangers who read a reply would agree on whether it was followed.",
  zh: "你负责为助手的回复制定规则。每条规则都说清什么时候生效、回复必须做到什么，让两个互不相识的人读了同一条回复，都能一致判断有没有遵守。",
} as const;

const assistantBlock = ({ name, description }: ProfileConstraintsInput): string =>
  dataBlocks([{ name: "ASSISTANT", text: `${name}\n${description}` }]).text;

const list = (items: readonly string[]): string => items.map((item) => `- ${item}`).join("\n");

const ASK = {
  en: ({ count, taken, refused }: ProfileConstraintsInput, block: string): string =>
    [
      block,
      `Write ${count} rules for the replies of this assistant, in English, as JSON: {"constraints": [{"when": …, "must": …}, …]}.
"when": the word "always", or a clause about the user's message such as "the user asks for a recommendation" or "the user's message contains “price”".
"must": what the reply must or must not do, as one short command that demands one thing, with exact words and numbers.`,
      `For example:
{"when": "always", "must": "Use at most 120 words."}
{"when": "the user mentions a city", "must": "End with a question about that city."}
{"when": "the user's message contains “help”", "must": "Give exactly 3 numbered steps."}
{"when": "always", "must": "Do not use the word “just”."}`,
      `Let about half of the rules always hold, and half only under a condition that this assistant's users will often meet. Vary what is demanded: words to use or avoid, facts to name, length, lists and other layout, tone, beginning and end of the reply, how the assistant plays its part. No rule may contradict another, and each must be about the plain text of one reply: not about time, waiting or silence, not about how many messages there were, not about pictures, sound, links or tools.`,
      ...(taken.length === 0
        ? []
        : [`The assistant has these rules already; write others that go with them:\n${list(taken)}`]),
      ...(refused.length === 0
        ? []
        : [
            `These can't be used; don't write them again:\n${list(refused.map(({ text, reason }) => `${text} (${reason})`))}`,
          ]),
    ].join("\n\n"),
  zh: ({ count, taken, refused }: ProfileConstraintsInput, block: string): string =>
    [
      block,
      `请用中文为这个助手的回复写 ${count} 条规则，以 JSON 格式输出：{"constraints": [{"when": …, "must": …}, …]}。
"when"：写“始终”，或者写一个关于用户消息的条件，例如：用户请求推荐；用户的消息里有“价格”。
"must"：回复必须做到或不得做什么，是一句简短的命令，只提一个要求，用词和数字要确切。`,
      `例如：
{"when": "始终", "must": "不超过120字。"}
{"when": "用户提到某个城市", "must": "以一个关于该城市的问题结尾。"}
{"when": "用户的消息里有“帮忙”", "must": "分成恰好3段。"}
{"when": "始终", "must": "不得出现“其实”二字。"}`,
      `大约一半规则始终生效，另一半只在某个条件下生效，而且应是这个助手的用户经常会触发的条件。要求要多样：必须用或不能用的词、必须提到的事实、篇幅、列表等格式、语气、开头和结尾、如何扮演自己的角色。规则之间不能互相矛盾，每条都只针对一条回复的纯文本：不涉及时间、等待或沉默，不涉及对话进行到第几轮，不涉及图片、声音、链接或工具。`,
      ...(taken.length === 0 ? [] : [`助手已有以下规则，请写与它们相容的其他规则：\n${list(taken)}`]),
      ...(refused.length === 0
        ? []
        : [`以下规则不能用，不要再写：\n${list(refused.map(({ text, reason }) => `${text}（${reason}）`))}`]),
    ].join("\n\n"),
} as const;

// Asks for a user's profile from a one-line persona and traits drawn for it (spec/method.md, data construction, 2). The persona
// stands as JSON on one line: data, whatever it says.
import { defused } from "./data-block.ts";
import type { Prompt } from "./prompt.ts";

export interface UserProfileInput {
  /** One line. */
  readonly persona: string;
  /** Traits of character; pleasant, neutral and unpleasant ones. */
  readonly traits: readonly string[];
}

export const userProfilePrompt: Prompt<UserProfileInput> = {
  name: "user-profile",
  version: 2,
  examples: [{ persona: "I keep bees.", traits: ["patient", "thrifty", "quick to take offence"] }],
  messages: (input, language) => [
    { role: "system", content: SYSTEM[language] },
    { role: "user", content: ASK[language](input, JSON.stringify(defused(input.persona))) },
  ],
};

const SYSTEM = {
  en: "You describe people, as a novelist would in the notes for a minor character: true to life, with edges.",
  zh: "你擅长描写人物，就像小说家为配角写的人物小传：真实可信，有棱有角。",
} as const;

const ASK = {
  en: ({ traits }: UserProfileInput, persona: string): string => `Somebody says: ${persona}

Who is this person? Describe them in English, in four to six sentences of plain text: age and work, where and with whom they live, what occupies them now, what they know well and what they don't, how they write to others. Show these traits in what the person does, the unpleasant ones too: ${traits.join("; ")}.

Write only the description, in the third person.`,
  zh: ({ traits }: UserProfileInput, persona: string): string => `有个人这样说自己：${persona}

这是个什么样的人？请用中文写四到六句纯文本：年龄和职业、住在哪里、和谁一起住、眼下在操心什么、懂什么、不懂什么、平时怎样给别人发消息。通过这个人的言行表现以下特点，不讨喜的也要写出来：${traits.join("；")}。

只写这段描述，用第三人称。`,
} as const;

// A turn with the triggered constraints appended to its query, for responses to learn from (spec/method.md, data construction, 5).
// What is said to the model here is not kept: the history holds the query alone.
import type { Message } from "../profile/message.ts";
import type { Prompt } from "./prompt.ts";

export interface RemindedTurnInput {
  readonly system: string;
  /** Earlier queries and replies. */
  readonly history: readonly Message[];
  readonly query: string;
  /** Texts of the triggered constraints; may be none. */
  readonly constraints: readonly string[];
}

const example = { system: "You sell tea.", history: [], query: "how much is oolong", constraints: ["Name one tea."] };

export const remindedTurnPrompt: Prompt<RemindedTurnInput> = {
  name: "reminded-turn",
  version: 2,
  examples: [example, { ...example, constraints: ["Name one tea.", "Use at most 50 words."] }],
  messages: ({ system, history, query, constraints }, language) => [
    { role: "system", content: system },
    ...history,
    { role: "user", content: constraints.length === 0 ? query : `${query}\n\n${REMINDER[language](constraints)}` },
  ],
};

const numbered = (texts: readonly string[]): string => texts.map((text, i) => `${i + 1}. ${text}`).join("\n");

const REMINDER = {
  en: (constraints: readonly string[]): string =>
    `(In your reply to this message, follow every one of these requirements, and don't mention them:\n${numbered(constraints)})`,
  zh: (constraints: readonly string[]): string =>
    `（回复这条消息时，请逐条遵守以下要求，并且不要提到它们：\n${numbered(constraints)}）`,
} as const;

/** One message of a conversation, in the shape that every chat endpoint and chat template takes. */
export interface Message {
  readonly role: "system" | "user" | "assistant";
  readonly content: string;
}

// Finds the token that ends an assistant's turn. No model file states it: `eos` is the end of a text in some (Llama 3's
// <|end_of_text|>, Gemma's <eos>) and of a turn in others. So the chat template is asked: it renders a conversation, and what
// it writes after the answer is what the model learned to end a turn with.
import type { ChatTemplate } from "../model/chat-template.ts";

/** Text of the answer: no template writes it by itself. */
const ANSWER = "rpo-answer-zqxv";

export interface EndOfTurnQuestion {
  readonly template: ChatTemplate;
  readonly encode: (text: string) => Int32Array;
  /** Whether it is one of the tokens that are no text: only such a token can end a turn. */
  readonly isControl: (token: number) => boolean;
  /** The token that the model file names as the end; null where it names none. */
  readonly eos: number | null;
}

/**
 * The token that ends an assistant's turn: the first one after its content where that is a control token, else `eos`
 * (templates that write nothing after the last answer, or text before the end, as Llama 2's does).
 * @returns null where there is neither
 */
export function endOfTurn({ template, encode, isControl, eos }: EndOfTurnQuestion): number | null {
  const first = encode(textAfterAnswer(template))[0];
  return first !== undefined && isControl(first) ? first : eos;
}

function textAfterAnswer(template: ChatTemplate): string {
  let text: string;
  try {
    text = template.renderConversation([
      { role: "user", content: "?" },
      { role: "assistant", content: ANSWER },
    ]);
  } catch {
    return ""; // a template that knows only some conversations says so again, with its reason, at the rows
  }
  const at = text.lastIndexOf(ANSWER);
  return at === -1 ? "" : text.slice(at + ANSWER.length);
}

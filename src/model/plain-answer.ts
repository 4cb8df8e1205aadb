// Plain text from a model, asked for until it is what was asked for: the counterpart of typed-answer.ts for questions whose answer
// is the text itself, which weak models answer better than ones for JSON.
import type { Message } from "../profile/message.ts";
import { afterThoughts } from "./after-thoughts.ts";
import { askAgain, type ReadAnswer, type Sampling } from "./ask-again.ts";
import type { ChatModel, Choice } from "./model.ts";

export interface PlainQuestion {
  readonly messages: readonly Message[];
  /** What the answer is, for messages: "query", "user profile". */
  readonly name: string;
  /** What is made of the text, without thoughts, before it is looked at: trimmed, where nothing is given. */
  readonly clean?: (text: string) => string;
  /** What is wrong with the cleaned text, in words that the model can act on; null for nothing. */
  readonly fault: (text: string) => string | null;
  /**
   * What is made of the last answer where none was right: a text to go on with, or null to fail. Default: fail.
   */
  readonly mend?: (text: string) => string | null;
  readonly language: "en" | "zh";
  readonly seed: number;
  readonly sampling: Sampling;
  /** Answers that may be asked for. Default 3. */
  readonly answers?: number;
}

export interface PlainAnswer extends Pick<Choice, "finishReason" | "tokens"> {
  /** Cleaned. */
  readonly text: string;
  /** Which answer it was, from 1. */
  readonly answers: number;
  /** Whether no answer was right, and the last one was mended. */
  readonly mended: boolean;
}

/** Characters of a faulty answer that the model is shown again. */
const SHOWN = 2000;

const AGAIN = {
  en: (fault: string) => `That won't do: ${fault}. Write it again, and nothing else.`,
  zh: (fault: string) => `这样不行：${fault}。请重新写，不要输出其他内容。`,
} as const;

/**
 * Asks until the answer is right.
 * @throws ModelFailure of kind "answer" when none was and none could be mended; what the model throws; the signal's reason
 */
export async function askPlain(
  model: ChatModel,
  question: PlainQuestion,
  { signal }: { readonly signal?: AbortSignal | undefined } = {},
): Promise<PlainAnswer> {
  const { messages, name, clean = (text) => text.trim(), fault, mend, language, seed, sampling, answers } = question;
  const read = (choice: Choice): ReadAnswer<string> => {
    const text = clean(afterThoughts(choice.text));
    const wrong = fault(text);
    return wrong === null ? { value: text } : { fault: wrong };
  };
  const asked = await askAgain(
    model,
    { messages, name, seed, sampling, answers, again: AGAIN[language], shown: SHOWN, read },
    signal,
  );
  const end = { ...endOf(asked.choice), answers: asked.answers };
  if ("value" in asked) return { ...end, text: asked.value, mended: false };
  const mended = mend?.(clean(afterThoughts(asked.choice.text))) ?? null;
  if (mended === null) throw asked.failure;
  return { ...end, text: mended, mended: true };
}

const endOf = ({ finishReason, tokens }: Choice): Pick<Choice, "finishReason" | "tokens"> => ({ finishReason, tokens });

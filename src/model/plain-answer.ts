// Plain text from a model, asked for until it is what was asked for: the counterpart of typed-answer.ts for questions whose answer
// is the text itself, which weak models answer better than ones for JSON.
import type { Message } from "../profile/message.ts";
import type { ChatModel, Choice, GenerateRequest } from "./model.ts";
import { ModelFailure } from "./model-failure.ts";
import { sampleSeed } from "./sample-seed.ts";

/** How an answer is sampled: fields of a request. */
export type Sampling = Pick<GenerateRequest, "maxTokens" | "temperature" | "topP" | "topK" | "minP">;

export interface PlainQuestion {
  readonly messages: readonly Message[];
  /** What the answer is, for messages: "query", "user profile". */
  readonly name: string;
  /** What is made of the raw text before it is looked at: trimmed, where nothing is given. */
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

const DEFAULT_ANSWERS = 3;
/** Characters of a faulty answer that the model is shown again: more teaches it nothing and fills its context. */
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
  const { clean = (text: string) => text.trim(), fault, mend, language, seed, sampling } = question;
  const limit = question.answers ?? DEFAULT_ANSWERS;
  const faults: string[] = [];
  let messages = question.messages;
  let last: Choice | undefined;
  let text = "";
  for (let answers = 1; answers <= limit; answers += 1) {
    // Each answer has a seed of its own: a model that ignores the reason would otherwise say the same again.
    const { choices } = await model.generate(
      { ...sampling, messages, seed: sampleSeed(seed, answers - 1) },
      { signal },
    );
    signal?.throwIfAborted();
    last = choices[0];
    if (last === undefined) throw new ModelFailure("answer", `${model.name}: an answer without choices`);
    text = clean(last.text);
    const wrong = fault(text);
    if (wrong === null) return { ...endOf(last), text, answers, mended: false };
    faults.push(wrong);
    // Chat templates refuse empty replies: a model that said nothing is only asked again.
    if (last.text.trim() === "") messages = question.messages;
    else
      messages = [
        ...question.messages,
        { role: "assistant", content: last.text.slice(0, SHOWN) },
        { role: "user", content: AGAIN[language](wrong) },
      ];
  }
  const mended = mend?.(text) ?? null;
  if (mended !== null && last !== undefined) return { ...endOf(last), text: mended, answers: limit, mended: true };
  throw new ModelFailure("answer", `${model.name}: no usable ${question.name} in ${limit} answers: ${faults.at(-1)}`, {
    attempts: faults.map((message) => ({ kind: "answer", message, status: null, milliseconds: 0 })),
    raw: last?.text ?? null,
    finishReason: last?.finishReason ?? null,
  });
}

const endOf = ({ finishReason, tokens }: Choice): Pick<Choice, "finishReason" | "tokens"> => ({ finishReason, tokens });

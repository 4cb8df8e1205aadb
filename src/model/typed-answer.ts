// A value from a model: the question goes out with a JSON schema, the answer comes back as a value that the schema and the
// caller's own rules accept, or as a failure with its raw text. Models that cannot be held to a schema answer with fences,
// trailing commas or prose around the JSON; that is mended (jsonrepair), and marked. An answer that is still wrong is shown to the
// model with the reason, and it may answer again (ask-again.ts). What a model writes is data: it is parsed, never evaluated.
import { jsonrepair } from "jsonrepair";
import { z } from "zod";
import { fieldPath } from "../dataset/input-error.ts";
import type { Message } from "../profile/message.ts";
import { afterThoughts } from "./after-thoughts.ts";
import { askAgain, type ReadAnswer } from "./ask-again.ts";
import type { ChatModel, Choice } from "./model.ts";

export interface TypedQuestion<T> {
  readonly messages: readonly Message[];
  /** What the answer has to be; sent as JSON schema, and checked. */
  readonly answer: z.ZodType<T>;
  /** Name of the schema: letters, digits, - and _. */
  readonly name: string;
  /** What no schema says: the fault of a value in words that the model can act on, or null. */
  readonly fault?: (value: T) => string | null;
  /** The language in which the model is told of a fault. */
  readonly language: "en" | "zh";
  readonly seed: number;
  readonly maxTokens: number;
  /** Default 0: the likeliest answer; raised where the model repeats a faulty one. */
  readonly temperature?: number;
  /** Answers that may be asked for before the question has failed. Default 3. */
  readonly answers?: number;
}

export interface TypedAnswer<T> {
  readonly value: T;
  /** As the model wrote it. */
  readonly raw: string;
  /** Whether the text was no JSON as it stood. */
  readonly repaired: boolean;
  /** Which answer it was, from 1. */
  readonly answers: number;
}

/** Characters of a faulty answer that the model is shown again; a list with its reasons takes that much. */
const SHOWN = 4000;

const AGAIN = {
  en: (fault: string) =>
    `That answer can't be used: ${fault}\nAnswer again, with the whole JSON value in the form asked for and nothing else.`,
  zh: (fault: string) => `这个回答无法使用：${fault}\n请重新回答，只输出符合要求格式的完整 JSON，不要输出其他内容。`,
} as const;

/**
 * Asks until the answer is right.
 * @throws ModelFailure of kind "answer", with the last raw text, when no answer was right; what the model throws; the signal's
 *   reason when it is aborted
 */
export async function askTyped<T>(
  model: ChatModel,
  question: TypedQuestion<T>,
  { signal }: { readonly signal?: AbortSignal | undefined } = {},
): Promise<TypedAnswer<T>> {
  const { messages, answer, name, language, seed, maxTokens, temperature = 0, answers } = question;
  const schema = { name, schema: z.toJSONSchema(answer, { io: "input" }) as Record<string, unknown> };
  const sampling = { maxTokens, temperature, schema };
  const read = (choice: Choice): ReadAnswer<Read<T>> => readTyped(choice, question);
  const asked = await askAgain(
    model,
    { messages, name, seed, sampling, answers, again: AGAIN[language], shown: SHOWN, read },
    signal,
  );
  if ("failure" in asked) throw asked.failure;
  return { ...asked.value, raw: asked.choice.text, answers: asked.answers };
}

type Read<T> = Pick<TypedAnswer<T>, "value" | "repaired">;

function readTyped<T>({ text, finishReason }: Choice, { answer, fault }: TypedQuestion<T>): ReadAnswer<Read<T>> {
  const json = jsonIn(text);
  const cut = finishReason === "length" ? " (the answer reached its greatest length)" : "";
  if (json === null) return { fault: `it is not JSON${cut}` };
  const parsed = answer.safeParse(json.value);
  if (!parsed.success) {
    const [issue] = parsed.error.issues;
    return { fault: `${fieldPath(issue?.path ?? [])}: ${issue?.message}${cut}` };
  }
  const wrong = fault?.(parsed.data) ?? null;
  return wrong === null ? { value: { value: parsed.data, repaired: json.repaired } } : { fault: wrong };
}

/**
 * The JSON value in a text: all of it, or else, behind thoughts, what stands in a fence or from the first bracket on, mended. Null if
 * there is none.
 */
export function jsonIn(text: string): { readonly value: unknown; readonly repaired: boolean } | null {
  try {
    return { value: JSON.parse(text.trim()), repaired: false };
  } catch {
    // goes on below
  }
  const whole = afterThoughts(text).trim();
  const fenced = /```(?:json)?\s*\n([\s\S]*?)(?:\n\s*```|$)/i.exec(whole)?.[1] ?? whole;
  const start = fenced.search(/[[{]/);
  if (start === -1) return null;
  const end = Math.max(fenced.lastIndexOf("]"), fenced.lastIndexOf("}"));
  // The last bracket ends the value unless the answer was cut off; then what is there is closed.
  for (const candidate of [fenced.slice(start, end + 1), fenced.slice(start)])
    try {
      return { value: JSON.parse(jsonrepair(candidate)), repaired: true };
    } catch {
      // the next one
    }
  return null;
}

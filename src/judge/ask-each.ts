// One question about each of several items in as few requests as will do: items go out together under ids of the question's own
// (c1, c2 …), and the answer names each id exactly once, in any order. Ids, not copied texts, say which answer is whose. An answer
// with ids missing, doubled or unknown is asked for again with that reason (typed-answer.ts); where no answer of a request is right,
// its items are asked about one by one. Ignores what is asked.
import { z } from "zod";
import type { ChatModel } from "../model/model.ts";
import { ModelFailure } from "../model/model-failure.ts";
import { askTyped } from "../model/typed-answer.ts";
import type { Message } from "../profile/message.ts";
import type { IdentifiedText } from "../prompts/judge-verdicts.ts";
import type { PromptLanguage } from "../prompts/prompt.ts";

export interface EachQuestion<Shape extends z.ZodRawShape> {
  /** Name of the schema: letters, digits, - and _. */
  readonly name: string;
  /** The field of the answer that holds the list, as the prompt tells the model. */
  readonly list: string;
  /** What is said of an item, beside its id. */
  readonly fields: Shape;
  readonly language: PromptLanguage;
  readonly seed: number;
  /** Default 0. */
  readonly temperature?: number;
  /** Longest answer about one item, in tokens. */
  readonly tokensEach: number;
  /** Most items of one request. */
  readonly perCall: number;
  readonly messages: (items: readonly IdentifiedText[]) => readonly Message[];
  /** What is wrong with the answer about an item, in words that the model can act on, or null. */
  readonly fault?: (said: z.output<z.ZodObject<Shape>>, text: string) => string | null;
}

/** Tokens of the brackets around a list, and of a sentence or two that some models put before it. */
const TOKENS_AROUND = 64;

/** Failures that a shorter question may not meet: no usable answer, and no room for it. */
const FOR_LENGTH: ReadonlySet<string> = new Set(["answer", "context"]);

/**
 * What the model says of each text, in their order.
 * @throws ModelFailure where one of them has no usable answer even when asked about alone, once all other requests have ended (what
 * they brought is not asked for again where requests are stored); the signal's reason when it is aborted
 */
export async function askEach<Shape extends z.ZodRawShape>(
  model: ChatModel,
  texts: readonly string[],
  question: EachQuestion<Shape>,
  options: { readonly signal?: AbortSignal | undefined } = {},
): Promise<z.output<z.ZodObject<Shape>>[]> {
  return (await tryEach(model, texts, question, options)).map((said) => {
    if (said instanceof ModelFailure) throw said;
    return said;
  });
}

/** As `askEach`, with the failure of each text that has no usable answer in its place. @throws ModelFailure of another kind */
export async function tryEach<Shape extends z.ZodRawShape>(
  model: ChatModel,
  texts: readonly string[],
  question: EachQuestion<Shape>,
  { signal }: { readonly signal?: AbortSignal | undefined } = {},
): Promise<(z.output<z.ZodObject<Shape>> | ModelFailure)[]> {
  type Said = z.output<z.ZodObject<Shape>>;
  const pieces = await allEnded(
    chunks(texts, question.perCall).map(async (piece): Promise<(Said | ModelFailure)[]> => {
      const together = await orFailure(askTogether(model, piece, question, signal));
      if (!(together instanceof ModelFailure)) return together;
      if (piece.length === 1) return [together];
      const alone = await allEnded(piece.map((text) => orFailure(askTogether(model, [text], question, signal))));
      return alone.map((said) => (said instanceof ModelFailure ? said : said[0]!));
    }),
  );
  return pieces.flat();
}

/** The answer, or its failure where a shorter question may not meet it. */
async function orFailure<T>(asked: Promise<T>): Promise<T | ModelFailure> {
  try {
    return await asked;
  } catch (error) {
    if (error instanceof ModelFailure && FOR_LENGTH.has(error.kind)) return error;
    throw error;
  }
}

async function askTogether<Shape extends z.ZodRawShape>(
  model: ChatModel,
  texts: readonly string[],
  { name, list, fields, language, seed, temperature, tokensEach, messages, fault }: EachQuestion<Shape>,
  signal: AbortSignal | undefined,
): Promise<z.output<z.ZodObject<Shape>>[]> {
  type Said = z.output<z.ZodObject<Shape>>;
  const items = texts.map((text, index) => ({ id: `c${index + 1}`, text }));
  const ids = items.map(({ id }) => id);
  // The schema that is sent is stricter than what is read: a model that cannot be held to it may still be right in all that counts.
  const id = z
    .string()
    .meta({ enum: ids })
    .transform((given) => given.trim());
  const entry = z.object({ id, ...fields }).meta({ additionalProperties: false });
  const entries = z.array(entry).meta({ minItems: ids.length, maxItems: ids.length });
  const answer = z.object({ [list]: entries }).meta({ additionalProperties: false }) as unknown as z.ZodType<
    Record<string, readonly (Said & { readonly id: string })[]>
  >;
  const { value } = await askTyped(
    model,
    {
      messages: messages(items),
      answer,
      name,
      language,
      seed,
      ...(temperature !== undefined && { temperature }),
      maxTokens: TOKENS_AROUND + tokensEach * ids.length,
      fault: (given) => {
        const said = given[list]!;
        const wrongIds = idFault(
          ids,
          said.map((one) => one.id),
          language,
        );
        if (wrongIds !== null || fault === undefined) return wrongIds;
        for (const one of said) {
          const wrong = fault(one, items[ids.indexOf(one.id)]!.text);
          if (wrong !== null) return `${one.id}: ${wrong}`;
        }
        return null;
      },
    },
    { signal },
  );
  const byId = new Map(value[list]!.map((one) => [one.id, one]));
  return ids.map((wanted) => {
    const { id: _, ...said } = byId.get(wanted)!;
    return said as unknown as Said;
  });
}

const FAULTS = {
  en: {
    unknown: (ids: string) => `there is no ${ids}`,
    doubled: (ids: string) => `${ids} more than once`,
    missing: (ids: string) => `${ids} missing`,
    all: (faults: string, ids: string) => `${faults}. Answer for each of these ids exactly once: ${ids}.`,
  },
  zh: {
    unknown: (ids: string) => `没有编号 ${ids}`,
    doubled: (ids: string) => `${ids} 出现了不止一次`,
    missing: (ids: string) => `缺少 ${ids}`,
    all: (faults: string, ids: string) => `${faults}。以下每个编号恰好回答一次：${ids}。`,
  },
} as const;

/** Ids of an answer that are named in its fault; a hostile or confused model may have written any number, of any length. */
const MAX_NAMED = 5;
const MAX_ID = 20;

/** What is wrong with the ids of an answer, or null: their order is not. */
export function idFault(wanted: readonly string[], given: readonly string[], language: PromptLanguage): string | null {
  const words = FAULTS[language];
  const unknown = given.filter((id) => !wanted.includes(id));
  const doubled = wanted.filter((id) => given.indexOf(id) !== given.lastIndexOf(id));
  const missing = wanted.filter((id) => !given.includes(id));
  const named = (ids: readonly string[]): string =>
    [...new Set(ids)]
      .slice(0, MAX_NAMED)
      .map((id) => JSON.stringify(id.slice(0, MAX_ID)))
      .join(", ");
  const faults = [
    ...(unknown.length > 0 ? [words.unknown(named(unknown))] : []),
    ...(doubled.length > 0 ? [words.doubled(named(doubled))] : []),
    ...(missing.length > 0 ? [words.missing(named(missing))] : []),
  ];
  return faults.length === 0 ? null : words.all(faults.join(language === "zh" ? "；" : "; "), wanted.join(", "));
}

/** Pieces of at most `size`, as even as can be: seven at five a piece are four and three. */
export function chunks<T>(items: readonly T[], size: number): T[][] {
  const count = Math.ceil(items.length / size);
  return Array.from({ length: count }, (_, i) =>
    items.slice(Math.round((i * items.length) / count), Math.round(((i + 1) * items.length) / count)),
  );
}

/** All results; where something failed, its error, once everything has ended. */
export async function allEnded<T>(promises: readonly Promise<T>[]): Promise<T[]> {
  const settled = await Promise.allSettled(promises);
  return settled.map((result) => {
    if (result.status === "rejected") throw result.reason;
    return result.value;
  });
}

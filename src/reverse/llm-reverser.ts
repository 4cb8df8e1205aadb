// Reverses of constraints in free text by a language model: those of a profile in one question, by id. What the rules reverse is never
// asked for, and safety and refusal clauses are left alone (constraint/protected.ts). What comes is a proposal: reversal-audit.ts tries
// it, and nobody trains on one that was not tried.
import { z } from "zod";
import { isProtected } from "../constraint/protected.ts";
import { languageOf } from "../constraint/recognise/recognise.ts";
import { reverseText } from "../constraint/reverse-text.ts";
import { allEnded, tryEach } from "../judge/ask-each.ts";
import type { ChatModel } from "../model/model.ts";
import { ModelFailure } from "../model/model-failure.ts";
import { sampleSeed } from "../model/sample-seed.ts";
import { askTyped } from "../model/typed-answer.ts";
import type { PromptLanguage } from "../prompts/prompt.ts";
import { reverseConstraintsPrompt } from "../prompts/reverse-constraints.ts";
import { type Counterexample, rewriteReversalPrompt } from "../prompts/rewrite-reversal.ts";
import { wordingFault } from "./wording-fault.ts";

/** `rule`: rendered from the complement of what code checks. `llm`: a model's. `given`: somebody's, from a file. */
export type ReversalSource = "rule" | "llm" | "given";

/** A reverse that nobody has tried yet. */
export type Proposal =
  | { readonly text: string; readonly source: ReversalSource; readonly reversed: string }
  | { readonly text: string; readonly source: "protected" }
  /** The model gave no usable answer. */
  | { readonly text: string; readonly source: "failed"; readonly cause: string };

export interface ReverserSettings {
  readonly model: ChatModel;
  readonly seed: number;
}

/** A profile's constraints, at most 12, in one question. */
const PER_CALL = 12;
/** A sentence, which may be longer than its original. */
const TOKENS_EACH = 160;
/** Sentence and flaw. */
const REWRITE_TOKENS = 400;

/** A model's sentence stands in the place of another in a prompt: on one line. */
const sentence = z.string().transform((given) => given.trim().replace(/\s*[\r\n]+\s*/g, " "));

/**
 * A proposal for each text, in their order. All texts of one language go into one question (12 at most).
 * @throws ModelFailure where the model cannot be asked at all; the signal's reason
 */
export async function proposeReversals(
  texts: readonly string[],
  { model, seed }: ReverserSettings,
  signal?: AbortSignal,
): Promise<Proposal[]> {
  const known = new Map<string, Proposal>();
  const open = new Map<PromptLanguage, string[]>();
  for (const text of new Set(texts)) {
    const byRule = reverseText(text);
    if (isProtected(text)) known.set(text, { text, source: "protected" });
    else if (byRule !== null) known.set(text, { text, source: "rule", reversed: byRule });
    else open.set(languageOf(text), [...(open.get(languageOf(text)) ?? []), text]);
  }
  const answered = await allEnded(
    [...open].map(([language, asked]) => askFor(asked, language, { model, seed }, signal)),
  );
  for (const proposal of answered.flat()) known.set(proposal.text, proposal);
  return texts.map((text) => known.get(text)!);
}

async function askFor(
  texts: readonly string[],
  language: PromptLanguage,
  { model, seed }: ReverserSettings,
  signal: AbortSignal | undefined,
): Promise<Proposal[]> {
  const said = await tryEach(
    model,
    texts,
    {
      name: "opposites",
      list: "opposites",
      fields: { opposite: sentence },
      language,
      seed,
      tokensEach: TOKENS_EACH,
      perCall: PER_CALL,
      messages: (constraints) => reverseConstraintsPrompt.messages({ constraints }, language),
      fault: ({ opposite }, text) => wordingFault(text, opposite),
    },
    { signal },
  );
  return texts.map((text, index): Proposal => {
    const answer = said[index]!;
    return answer instanceof ModelFailure
      ? { text, source: "failed", cause: answer.message }
      : { text, source: "llm", reversed: answer.opposite };
  });
}

const rewriteAnswer = z
  .object({ flaw: z.string(), opposite: sentence })
  .meta({ additionalProperties: false }) as unknown as z.ZodType<{ flaw: string; opposite: string }>;

/** A reverse that was tried and found wanting, with all earlier wordings. */
export interface FailedReversal {
  readonly text: string;
  readonly reversed: string;
  readonly fault: string | null;
  readonly counterexamples: readonly Counterexample[];
  /** Wordings tried before, this one included; none of them is taken again. */
  readonly tried: readonly string[];
}

/**
 * Another wording, by what was wrong with the last one.
 * @throws ModelFailure where no usable one comes, or the model cannot be asked at all; the signal's reason
 */
export async function rewriteReversal(
  { text, tried, ...failed }: FailedReversal,
  { model, seed }: ReverserSettings,
  signal?: AbortSignal,
): Promise<string> {
  const language = languageOf(text);
  const again = language === "zh" ? "这条写法已经试过，请换一种" : "that wording was tried already; write another one";
  const { value } = await askTyped(
    model,
    {
      messages: rewriteReversalPrompt.messages({ text, ...failed }, language),
      answer: rewriteAnswer,
      name: "opposite",
      language,
      seed: sampleSeed(seed, tried.length),
      maxTokens: REWRITE_TOKENS,
      fault: ({ opposite }) => (tried.includes(opposite) ? again : wordingFault(text, opposite)),
    },
    { signal },
  );
  return value.opposite;
}

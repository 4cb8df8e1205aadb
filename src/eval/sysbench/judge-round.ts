// One round of SysBench put to a judge, as the official program does: one request with all criteria, and up to ten answers, the
// first five at temperature 0, the others at 0.5, each asked for afresh, until one has a verdict on every criterion.
//
// `parity` takes whatever the verdicts say, as the official program does (it looks whether they are 是 or 否 and forgets what it
// saw). `fixed` asks again where one is neither, and holds models to the form that can be held to one. Different in both: JSON is
// parsed, never evaluated; it may stand in a fence or not; a verdict given twice is no answer, where the official program takes the last.
import { z } from "zod";
import type { ChatModel, ResponseSchema } from "../../model/model.ts";
import { ModelFailure } from "../../model/model-failure.ts";
import { sampleSeed } from "../../model/sample-seed.ts";
import { jsonIn } from "../../model/typed-answer.ts";
import type { Message } from "../../profile/message.ts";
import type { ScoreMode } from "../scored-run.ts";
import { FAILED, SATISFIED } from "./score.ts";

/** Answers that may be asked for; the official numbers. */
export const TRIES = 10;
const TRIES_AT_ZERO = 5;
const LATER_TEMPERATURE = 0.5;

/** A few sentences of reasons and some twenty verdicts. */
const MAX_TOKENS = 1024;

export interface RoundQuestion {
  readonly messages: readonly Message[];
  /** Ids of the criteria. */
  readonly ids: readonly string[];
  readonly mode: ScoreMode;
  readonly seed: number;
  /** Tries that an earlier run has made: this one asks for others. */
  readonly triesBefore?: number;
}

export interface RoundVerdicts {
  /** By the id of the criterion, as the judge wrote them, trimmed. */
  readonly verdicts: Readonly<Record<string, string>>;
  readonly reason: string;
  /** Which answer it was, from 1. */
  readonly tries: number;
}

/**
 * The verdicts of the judge on a round.
 * @throws ModelFailure of kind "answer" where none of ten answers was usable; what the model throws; the signal's reason
 */
export async function judgeRound(
  model: ChatModel,
  { messages, ids, mode, seed, triesBefore = 0 }: RoundQuestion,
  signal: AbortSignal | undefined,
): Promise<RoundVerdicts> {
  const faults: string[] = [];
  let last = "";
  for (let tries = 1; tries <= TRIES; tries += 1) {
    const { choices } = await model.generate(
      {
        messages,
        temperature: tries <= TRIES_AT_ZERO ? 0 : LATER_TEMPERATURE,
        seed: sampleSeed(seed, triesBefore + tries - 1),
        maxTokens: MAX_TOKENS,
        schema: mode === "fixed" ? answerSchema(ids) : null,
      },
      { signal },
    );
    signal?.throwIfAborted();
    last = choices[0]?.text ?? "";
    const read = readVerdicts(last, ids, mode);
    if (!("fault" in read)) return { ...read, tries };
    faults.push(read.fault);
  }
  throw new ModelFailure("answer", `${model.name}: no usable verdicts in ${TRIES} answers: ${faults.at(-1)}`, {
    attempts: faults.map((message) => ({ kind: "answer", message, status: null, milliseconds: 0 })),
    raw: last,
  });
}

/** The form of an answer: the reasons, then every id once. */
function answerSchema(ids: readonly string[]): ResponseSchema {
  const verdict = z.enum([SATISFIED, FAILED]);
  const answer = z.strictObject({
    reason: z.string(),
    verdicts: z.strictObject(Object.fromEntries(ids.map((id) => [id, verdict]))),
  });
  return { name: "verdicts", schema: z.toJSONSchema(answer) as Record<string, unknown> };
}

const answerShape = z.object({
  reason: z.string().catch(""),
  verdicts: z.record(
    z.string(),
    z.string().transform((text) => text.trim()),
  ),
});

type ReadVerdicts = Pick<RoundVerdicts, "verdicts" | "reason"> | { readonly fault: string };

/** What an answer says, or what is wrong with it. */
export function readVerdicts(text: string, ids: readonly string[], mode: ScoreMode): ReadVerdicts {
  const json = jsonIn(text);
  if (json === null) return { fault: "it is not JSON" };
  const parsed = answerShape.safeParse(json.value);
  if (!parsed.success)
    return { fault: `${parsed.error.issues[0]!.path.join(".") || "it"}: ${parsed.error.issues[0]!.message}` };
  const { reason, verdicts } = parsed.data;
  const unknown = Object.keys(verdicts).find((id) => !ids.includes(id));
  if (unknown !== undefined) return { fault: `there is no criterion ${JSON.stringify(unknown.slice(0, 20))}` };
  for (const id of ids) {
    const verdict = verdicts[id];
    if (verdict === undefined) return { fault: `criterion "${id}" has no verdict` };
    if (mode === "fixed" && verdict !== SATISFIED && verdict !== FAILED)
      return { fault: `criterion "${id}": ${JSON.stringify(verdict.slice(0, 20))} is neither 是 nor 否` };
    if (timesKeyed(text, id) > 1) return { fault: `criterion "${id}" has more than one verdict` };
  }
  return { reason, verdicts };
}

/** How often an id stands as a key. JSON.parse takes the last of several without a word. In a text, quotes are escaped. */
function timesKeyed(text: string, id: string): number {
  const key = JSON.stringify(id);
  const pieces = text.split(key);
  return pieces.filter((piece, index) => index > 0 && /^\s*:/.test(piece) && !pieces[index - 1]!.endsWith("\\")).length;
}

// A question asked until the answer is right: the model is shown its faulty answer with the reason, and may answer again. What
// typed-answer.ts and plain-answer.ts have in common. Ignores what an answer is, and what makes one right.
//
// Each answer has a seed of its own: a weak model that passes over the reason would otherwise say the same again. At temperature 0
// seeds change nothing, so a model that has repeated itself (or said nothing, and is asked the same again) would do so for good:
// from there on it samples. Ending there would save a request and lose the item, which has cost more than that; what is sampled
// is looked at like any answer.
import type { Message } from "../profile/message.ts";
import { afterThoughts } from "./after-thoughts.ts";
import type { ChatModel, Choice, GenerateRequest } from "./model.ts";
import { ModelFailure } from "./model-failure.ts";
import { sampleSeed } from "./sample-seed.ts";

/** How an answer is sampled: fields of a request. */
export type Sampling = Pick<GenerateRequest, "maxTokens" | "temperature" | "topP" | "topK" | "minP">;

/** What an answer was read as: a value, or its fault in words that the model can act on. */
export type ReadAnswer<T> = { readonly value: T } | { readonly fault: string };

export interface RepeatedQuestion<T> {
  readonly messages: readonly Message[];
  /** What the answer is, for messages. */
  readonly name: string;
  readonly seed: number;
  readonly sampling: Sampling & Pick<GenerateRequest, "schema">;
  /** Answers that may be asked for. Default 3. */
  readonly answers?: number | undefined;
  /** How the model is told of a fault. */
  readonly again: (fault: string) => string;
  /** Characters of a faulty answer that the model is shown again: more teaches it nothing and fills its context. */
  readonly shown: number;
  readonly read: (choice: Choice) => ReadAnswer<T>;
}

/** A right answer, or the last one with the failure that it makes. */
export type Asked<T> =
  | { readonly value: T; readonly choice: Choice; readonly answers: number }
  | { readonly failure: ModelFailure; readonly choice: Choice; readonly answers: number };

const DEFAULT_ANSWERS = 3;
/** Enough for other words, little enough for sense. */
const TEMPERATURE_AFTER_REPEAT = 0.5;

/** @throws what the model throws; the signal's reason when it is aborted */
export async function askAgain<T>(
  model: ChatModel,
  { messages: asked, name, seed, sampling, answers: limit = DEFAULT_ANSWERS, again, shown, read }: RepeatedQuestion<T>,
  signal: AbortSignal | undefined,
): Promise<Asked<T>> {
  const faults: string[] = [];
  let messages = asked;
  let temperature = sampling.temperature;
  let before: string | null = null;
  for (let answers = 1; ; answers += 1) {
    const request: GenerateRequest = { ...sampling, messages, seed: sampleSeed(seed, answers - 1) };
    const { choices } = await model.generate(temperature === undefined ? request : { ...request, temperature }, {
      signal,
    });
    signal?.throwIfAborted();
    const [choice] = choices;
    if (choice === undefined) throw new ModelFailure("answer", `${model.name}: an answer without choices`);
    const outcome = read(choice);
    if ("value" in outcome) return { value: outcome.value, choice, answers };
    faults.push(outcome.fault);
    if (answers >= limit) return { failure: noneRight(model, name, faults, choice), choice, answers };
    const said = afterThoughts(choice.text);
    const silent = said.trim() === "";
    if (temperature === 0 && (silent || choice.text === before)) temperature = TEMPERATURE_AFTER_REPEAT;
    before = choice.text;
    // Chat templates refuse empty replies: a model that said nothing is only asked again.
    messages = silent
      ? asked
      : [
          ...asked,
          { role: "assistant", content: said.slice(0, shown) },
          { role: "user", content: again(outcome.fault) },
        ];
  }
}

function noneRight(model: ChatModel, name: string, faults: readonly string[], last: Choice): ModelFailure {
  const said = `${model.name}: no usable ${name} in ${faults.length} answers: ${faults.at(-1)}`;
  return new ModelFailure("answer", said, {
    attempts: faults.map((message) => ({ kind: "answer", message, status: null, milliseconds: 0 })),
    raw: last.text,
    finishReason: last.finishReason,
  });
}

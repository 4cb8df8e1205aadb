// A model's responses to a benchmark's items: each turn is asked with all that was said before it, the model's own responses included
// (or the data set's, where it has some and they are wanted). Every response is stored as it ends, through the model (behind
// run/recorded-model.ts); an item is done with its last turn, and one that fails is a row with its cause. Ignores verdicts.
import { z } from "zod";
import type { ChatModel } from "../../model/model.ts";
import type { Message } from "../../profile/message.ts";
import { contentHash } from "../../run/request-content.ts";
import { runStage, type StageItem, type StageProgress, stageOutputs } from "../../run/stage.ts";
import type { RunStore } from "../../run/store.ts";
import type { BenchmarkItem } from "./benchmark-item.ts";

/** How the model is asked. The same for every turn. */
export interface ResponseSampling {
  /** 0 takes the likeliest token each time. */
  readonly temperature: number;
  /** Longest response, in tokens. */
  readonly maxTokens: number;
  /** Each turn's own is made of it; of no consequence at temperature 0 where the model keeps to it. */
  readonly seed: number;
}

/** Whose responses stand between the turns: the model's own, or the data set's. */
export type History = "own" | "gold";

export interface RespondOptions {
  /** Of the benchmark, as scored runs name it. */
  readonly benchmark: string;
  /** With the store in front of it. */
  readonly model: ChatModel;
  /** What the model is known by in the store. */
  readonly identity: string;
  readonly sampling: ResponseSampling;
  readonly store: RunStore;
  /** Default the model's own. */
  readonly history?: History;
  readonly signal?: AbortSignal | undefined;
  readonly onProgress?: ((progress: StageProgress) => void) | undefined;
}

const givenResponse = z.object({ text: z.string(), finishReason: z.enum(["stop", "length", "filter"]) });

/** A response, and how it ended: by itself, at its greatest length, or taken away by a server's filter. */
export type GivenResponse = z.output<typeof givenResponse>;

const outputSchema = z.object({ turns: z.array(givenResponse) });

/** What came of an item: responses to all its turns, or why there are none. */
export type RespondedItem<Item extends BenchmarkItem> = { readonly item: Item } & (
  | { readonly responses: readonly GivenResponse[] }
  | { readonly cause: string }
);

interface AskedTurn {
  readonly messages: readonly Message[];
  /** The response that the next turn goes on from; null for the model's own. */
  readonly gold: string | null;
}

/**
 * Asks what is not answered yet.
 * @returns an entry an item, in their order
 * @throws as `runStage`: Interrupted when the signal ends it, a ModelFailure that every item would meet, DiskFull; RangeError where
 *   gold responses are wanted and a turn has none
 */
export async function respond<Item extends BenchmarkItem>(
  items: readonly Item[],
  options: RespondOptions,
): Promise<RespondedItem<Item>[]> {
  const { benchmark, model, identity, sampling, store, history = "own", signal, onProgress } = options;
  const stage = { name: `${benchmark}-responses`, version: 1, output: outputSchema };
  const stageItems = items.map(({ id, turns }): StageItem<{ readonly turns: readonly AskedTurn[] }> => {
    const asked = turns.map(({ messages, gold = null }, index) => {
      if (history === "gold" && gold === null && index + 1 < turns.length)
        throw new RangeError(`turn ${index + 1} of item ${id} has no gold response to go on from`);
      return { messages, gold: history === "gold" ? gold : null };
    });
    return { id, input: { model: identity, ...sampling, turns: asked } as { readonly turns: readonly AskedTurn[] } };
  });
  await runStage({
    ...stage,
    items: stageItems,
    concurrency: model.concurrency,
    store,
    signal,
    onProgress,
    async work({ id, input }, { signal }) {
      const said: Message[] = [];
      const turns: GivenResponse[] = [];
      for (const [index, { messages, gold }] of input.turns.entries()) {
        said.push(...messages);
        const { temperature, maxTokens } = sampling;
        const request = { messages: said, temperature, maxTokens, seed: turnSeed(sampling.seed, id, index) };
        const { choices } = await model.generate(request, { signal });
        const choice = choices[0];
        signal.throwIfAborted(); // what there is then is no response
        if (choice === undefined || choice.finishReason === "aborted") throw new Error("the model gave no sample");
        turns.push({ text: choice.text, finishReason: choice.finishReason });
        said.push({ role: "assistant", content: gold ?? choice.text });
      }
      return { turns };
    },
  });
  const done = new Map<string, readonly GivenResponse[]>();
  for await (const { id, output } of stageOutputs(stage, stageItems, store)) done.set(id, output.turns);
  const causes = new Map([...store.stageItems.failed(stage.name)].map(({ id, cause }) => [id, cause]));
  return items.map((item) => {
    const responses = done.get(item.id);
    return responses === undefined ? { item, cause: causes.get(item.id) ?? "not asked yet" } : { item, responses };
  });
}

/** 32 bits of the hash of run, item and turn, so that turns share no noise. */
const turnSeed = (seed: number, id: string, index: number): number =>
  Number.parseInt(contentHash([seed, id, index]).slice(0, 8), 16);

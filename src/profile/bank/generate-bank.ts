// Profiles from many inspirations: several at once, given out in the order of the inspirations. One that fails is told with its
// cause and the others go on; a failure that every other would meet ends the work, and so does a model out of reach. Ignores where the inspirations come from,
// and where profiles and answers are kept (a store in front of the model keeps what was paid for).
import type { ChatModel } from "../../model/model.ts";
import { isFatal, ModelFailure } from "../../model/model-failure.ts";
import { OutageWatch } from "../../model/outage-watch.ts";
import { fraction } from "../../preference/seed.ts";
import {
  type GeneratedProfile,
  type GenerateProfileOptions,
  generateProfile,
  type ProfileInspiration,
} from "./generate.ts";

export type BankItem = { readonly inspiration: ProfileInspiration; readonly language: "en" | "zh" } & (
  | { readonly generated: GeneratedProfile }
  | { readonly cause: string; readonly failure: ModelFailure }
);

export interface GenerateBankOptions extends Omit<GenerateProfileOptions, "language"> {
  /** A profile is written in each. */
  readonly languages: readonly ("en" | "zh")[];
}

/** Profiles under way for each request that the model takes at once: one that takes long then keeps nobody waiting. */
const WINDOW = 2;

/**
 * The profiles, or why there is none, in the order of the inspirations and of the languages. An item's seed depends on the
 * inspiration's id and the language alone, so more inspirations change nothing about the others.
 * @throws ModelFailure that every other item would meet too (no key, no such model, nobody there); the signal's reason; other errors of the model
 */
export async function* generateBank(
  writer: ChatModel,
  inspirations: AsyncIterable<ProfileInspiration> | Iterable<ProfileInspiration>,
  { languages, seed, ...options }: GenerateBankOptions,
): AsyncGenerator<BankItem> {
  const limit = WINDOW * Math.max(1, writer.concurrency);
  const underWay: Promise<BankItem>[] = [];
  const outages = new OutageWatch();
  // Whoever stops listening, or meets an error, leaves no request running behind.
  const stop = new AbortController();
  const signal = options.signal === undefined ? stop.signal : AbortSignal.any([options.signal, stop.signal]);
  const one = async (inspiration: ProfileInspiration, language: "en" | "zh"): Promise<BankItem> => {
    const own = Math.floor(fraction("profile", seed, inspiration.id, language) * 2 ** 32);
    try {
      const generated = await generateProfile(writer, inspiration, { ...options, signal, language, seed: own });
      return { inspiration, language, generated };
    } catch (error) {
      signal.throwIfAborted();
      if (!(error instanceof ModelFailure) || isFatal(error.kind)) throw error;
      return { inspiration, language, cause: error.message, failure: error };
    }
  };
  /** @throws ModelFailure where the model has been out of reach for too long */
  const reached = (item: BankItem): BankItem => {
    if ("generated" in item) outages.reached();
    else {
      const end = outages.failed(item.failure, "profiles");
      if (end !== null) throw end;
    }
    return item;
  };
  try {
    for await (const inspiration of inspirations)
      for (const language of languages) {
        signal.throwIfAborted();
        const item = one(inspiration, language);
        item.catch(() => {}); // heard when its turn comes
        underWay.push(item);
        if (underWay.length >= limit) yield reached((await underWay.shift()) as BankItem);
      }
    for (let item = underWay.shift(); item !== undefined; item = underWay.shift()) yield reached(await item);
  } finally {
    stop.abort();
    await Promise.allSettled(underWay);
  }
}

// Who speaks in self-play: a chat model, and how it is sampled. Seeds of single requests come from the session's, by what each is
// for, so that no two share noise and the same session asks the same.

import type { Sampling } from "../model/ask-again.ts";
import type { ChatModel } from "../model/model.ts";
import { fraction } from "../preference/seed.ts";

export interface Speaker {
  readonly model: ChatModel;
  readonly sampling: Sampling;
}

/** The sampling alone, of settings that may hold more (a role's endpoints, its number of samples). */
export const samplingOf = ({ maxTokens, temperature, topP, topK, minP }: Sampling): Sampling => ({
  maxTokens,
  ...(temperature !== undefined && { temperature }),
  ...(topP !== undefined && { topP }),
  ...(topK !== undefined && { topK }),
  ...(minP !== undefined && { minP }),
});

/** A seed of 32 bits for what the key names. */
export const seedFor = (...key: readonly (string | number)[]): number => Math.floor(fraction(...key) * 2 ** 32);

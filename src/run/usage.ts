// What asking costs, in the units that servers count: requests, samples, tokens. Pure.

/** Who asked: the role in the method (judge, responder …) and the stage of the run. */
export interface Asker {
  readonly role: string;
  readonly stage: string;
}

/** Tokens of one or many requests. */
export interface Spending {
  readonly requests: number;
  /** Samples that came of them. */
  readonly samples: number;
  /** The prompt of each request once, however many samples share it. */
  readonly promptTokens: number;
  /** Of the prompt tokens, those that the server had at hand from an earlier request. */
  readonly cachedPromptTokens: number;
  readonly completionTokens: number;
}

/**
 * - `paid`: a model was asked and answered
 * - `cached`: the store answered; tokens are those that were not paid again
 * - `failed`: a model was asked and gave no usable answer; tokens where it told any
 */
export type UsageKind = "paid" | "cached" | "failed";

/** Spending of one role in one stage on one model. */
export interface Usage extends Asker, Spending {
  readonly model: string;
  readonly kind: UsageKind;
}

export const NO_SPENDING: Spending = {
  requests: 0,
  samples: 0,
  promptTokens: 0,
  cachedPromptTokens: 0,
  completionTokens: 0,
};

export const addSpending = (a: Spending, b: Spending): Spending => ({
  requests: a.requests + b.requests,
  samples: a.samples + b.samples,
  promptTokens: a.promptTokens + b.promptTokens,
  cachedPromptTokens: a.cachedPromptTokens + b.cachedPromptTokens,
  completionTokens: a.completionTokens + b.completionTokens,
});

/** Usages added up by role, stage, model and kind. */
export class UsageSums {
  readonly #rows = new Map<string, Usage>();

  add(usage: Usage): void {
    // No name of a model, role or stage has a NUL in it that could move the borders between them.
    const key = `${usage.stage}\0${usage.role}\0${usage.model}\0${usage.kind}`;
    const before = this.#rows.get(key);
    this.#rows.set(key, before === undefined ? usage : { ...usage, ...addSpending(before, usage) });
  }

  rows(): Usage[] {
    return [...this.#rows.values()];
  }

  clear(): void {
    this.#rows.clear();
  }
}

// How much the quickstart does: every number that decides how long it takes and how much it can show, in one place.
// Times are those of two slow cores without a graphics processor and SmolLM2-135M.
import type { TrainSettingsInput } from "../train/train-settings.ts";
import type { PairSettings } from "./quickstart.ts";

export interface QuickstartSize {
  /** Profiles that training pairs come from, in the order of their ids. English: SmolLM2 knows no Chinese. */
  readonly profiles: number;
  readonly queriesPerProfile: number;
  /** Responses to a turn, of which pairs are made. */
  readonly n: number;
  /** Held-out profiles and the responses to each of their questions, by each model and in each of two forms. */
  readonly evaluation: { readonly profiles: number; readonly queriesPerProfile: number; readonly n: number };
  /**
   * Pairs of the data set. The training looks at all of them once (the model's own log-probabilities), at those of its steps
   * once more and back, and at the validation pairs before and after: they decide most of its time.
   */
  readonly pairs: PairSettings;
  readonly training: TrainSettingsInput;
}

/** What is not said here is `rpo train`'s default. */
const TRAINING = {
  method: "rpo",
  /** A small adapter suits a small data set, and trains faster. The scale is what rank 16 has by default: α = 2r. */
  rank: 8,
  alpha: 16,
  /** Twenty times the default, which is for large models and thousands of steps. Couples that stay together bear it: see row-order.ts. */
  learningRate: 2e-3,
  schedule: "linear",
  warmup: 0.1,
  /** Two couples: the fewer rows a step has, the more steps there are in the time. */
  batch: 4,
  epochs: 1,
  /** Tokens: our longest prompt has some 700, a response at most 96. */
  maxLength: 896,
} as const satisfies TrainSettingsInput;

/** Share of the profiles whose pairs go into validation. */
const VALIDATION = 0.1;

/** Some 11 minutes. What came of it, and what else was tried: docs/closed-loop.md. */
export const FULL: QuickstartSize = {
  /** Constraints of many kinds teach more than many answers to a few: one query to each of many profiles. */
  profiles: 20,
  queriesPerProfile: 1,
  n: 6,
  /** 8 are all held-out English profiles. 24 questions, 96 responses of each model. */
  evaluation: { profiles: 8, queriesPerProfile: 3, n: 2 },
  pairs: { validation: VALIDATION, maxPairsPerTurn: 6, prefer: "likeness" },
  training: { ...TRAINING, evalEvery: 1000, saveEvery: 5 },
};

/** Some 3 minutes: enough to see every stage, too little to show a difference. */
export const TINY: QuickstartSize = {
  profiles: 6,
  queriesPerProfile: 1,
  n: 4,
  evaluation: { profiles: 4, queriesPerProfile: 1, n: 2 },
  pairs: { validation: 0, maxPairsPerTurn: 4, prefer: "likeness" },
  training: { ...TRAINING, evalEvery: 1000, saveEvery: 2 },
};

/** Tokens of a response; a small model that has not ended by then rambles. */
export const MAX_TOKENS = 96;
/** The method's temperature for policy samples (spec/method.md, step 6), for the evaluation too. */
export const TEMPERATURE = 1;
/** Tokens of a prompt of ours (at most some 700) and a response. */
export const CONTEXT = 1536;

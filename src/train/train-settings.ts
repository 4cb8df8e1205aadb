// What a training is asked to do: the settings that `rpo train` takes from flags and from the section `train` of rpo.yaml,
// with their defaults. Names and meanings follow spec/method.md ("The loss", "Training setting") and PEFT's for the adapter.
// Ignores where the data set and the model are.
import { z } from "zod";
import { METHODS, type Method } from "../preference/training-row.ts";
import { LINEAR_LAYERS, type LinearLayer } from "../weights/architecture.ts";
import { DEFAULT_LORA } from "./lora-init.ts";
import type { LoraConfig } from "./lora-weights.ts";
import { DEFAULT_OBJECTIVE, type Objective, referenceCompatGamma } from "./objective.ts";

/** Shapes of the learning rate over the steps, after the warm-up. */
export const SCHEDULES = ["cosine", "linear", "constant"] as const;
export const ORDERS = ["shuffled", "file"] as const;
/** Which adapter a training leaves: that of the last step, as in the paper, or of the smallest validation loss. */
export const KEPT = ["last", "best"] as const;
export const DEVICES = ["cpu", "webgpu"] as const;

/** The linear layers by the short names under which PEFT knows them. */
export const TARGETS = LINEAR_LAYERS.map((layer) => layer.split(".")[1] as TargetName);
export type TargetName = LinearLayer extends `${string}.${infer Name}` ? Name : never;

/** Bytes of the units that an amount of memory may be given in. */
const MEMORY_UNITS: Readonly<Record<string, number>> = { MB: 1e6, GB: 1e9, MiB: 2 ** 20, GiB: 2 ** 30 };
const MEMORY = /^(\d+(?:\.\d+)?) ?(MB|GB|MiB|GiB)$/;

/** "4GB" in bytes. @throws RangeError for what is no amount */
export function memoryBytes(text: string): number {
  const [, amount, unit] = MEMORY.exec(text) ?? [];
  if (amount === undefined || unit === undefined) throw new RangeError(`${text} is no amount of memory`);
  return Math.floor(Number(amount) * (MEMORY_UNITS[unit] ?? Number.NaN));
}

const DEFAULT_GAMMA = DEFAULT_OBJECTIVE.gamma;

const count = z.int().min(1);
const positive = z.number().positive();
const notNegative = z.number().min(0);

export const trainSettings = z
  .strictObject({
    method: z.enum(METHODS).describe("The objective. RPO rows can be trained by dpo too, which ignores their margins."),
    beta: positive
      .default(DEFAULT_OBJECTIVE.beta)
      .describe("β: how strongly the adapter is held to the model. Not for sft."),
    gamma: notNegative
      .exactOptional()
      .describe(
        `γ, outside β: the difference of rewards that each differing constraint asks for; ${DEFAULT_GAMMA}. rpo only.`,
      ),
    referenceCompat: z.boolean().default(false).describe("γ = 0.05·β, as in the paper's public code. rpo only."),
    nll: notNegative
      .default(0)
      .describe("Weight of the chosen response's negative log-likelihood beside the loss. rpo and dpo."),
    labelSmoothing: z.number().min(0).max(0.5).default(0).describe("Share of pairs taken to be reversed. rpo and dpo."),
    rank: count.max(1024).default(DEFAULT_LORA.rank).describe("Rank of the adapter."),
    alpha: positive.default(DEFAULT_LORA.alpha).describe("The adapter's product is scaled by alpha / rank."),
    dropout: z
      .number()
      .min(0)
      .lt(1)
      .default(DEFAULT_LORA.dropout)
      .describe("Share of an adapter's inputs that is dropped in a step."),
    targets: z
      .array(z.enum(TARGETS as [TargetName, ...TargetName[]]))
      .min(1)
      .default([...TARGETS])
      .transform((given) => TARGETS.filter((name) => given.includes(name)))
      .describe("Linear layers that get an adapter."),
    learningRate: positive.default(1e-4).describe("Largest learning rate, reached after the warm-up."),
    schedule: z.enum(SCHEDULES).default("cosine").describe("How the learning rate goes on after the warm-up."),
    warmup: notNegative.default(0.1).describe("Steps over which the learning rate rises: below 1 as a share of all."),
    epochs: count.exactOptional().describe("Times that each row is seen; 3 where steps are not given either."),
    steps: count.exactOptional().describe("Updates of the adapter, in place of epochs."),
    batch: count.default(8).describe("Rows whose gradients make one step."),
    maxLength: z
      .int()
      .min(16)
      .default(4096)
      .describe("Tokens of a prompt with one response; the oldest history goes where it is too long."),
    maxGradientNorm: positive.default(1).describe("Longer gradients are scaled down to this norm."),
    weightDecay: notNegative.default(0).describe("Of AdamW."),
    seed: z.int().min(0).max(0xffff_ffff).default(0).describe("Seed of the adapter, the order and the dropout."),
    evalEvery: count.exactOptional().describe("Steps between looks at the validation rows; once an epoch by default."),
    saveEvery: count.default(10).describe("Steps between checkpoints, from which a stopped training goes on."),
    keep: z.enum(KEPT).default("last").describe("The adapter of the last step, or of the smallest validation loss."),
    order: z.enum(ORDERS).default("shuffled").describe("Order of the rows in each epoch."),
    memory: z
      .string()
      .regex(MEMORY, 'must be an amount such as "4GB"')
      .exactOptional()
      .describe("What the training may take; with less, it computes more."),
    device: z.enum(DEVICES).default("cpu").describe("What computes; rpo doctor tells what is here."),
    threads: count.exactOptional().describe("Threads of the computation; the cores by default."),
    skipBad: z.boolean().default(false).describe("Leave bad rows out, count them and collect them in rejects.jsonl."),
  })
  .refine(({ gamma, referenceCompat }) => gamma === undefined || !referenceCompat, {
    error: "give gamma or referenceCompat, not both",
    path: ["gamma"],
  })
  .refine(({ epochs, steps }) => epochs === undefined || steps === undefined, {
    error: "give epochs or steps, not both",
    path: ["steps"],
  });

export type TrainSettings = z.output<typeof trainSettings>;
export type TrainSettingsInput = z.input<typeof trainSettings>;

/** Times that the rows are seen where nothing else is asked for (spec/method.md). */
export const DEFAULT_EPOCHS = 3;

/** Settings that mean something to some methods only. */
export const ONLY_FOR: Readonly<Partial<Record<keyof TrainSettings, readonly Method[]>>> = {
  beta: ["rpo", "dpo", "kto"],
  gamma: ["rpo"],
  referenceCompat: ["rpo"],
  nll: ["rpo", "dpo"],
  labelSmoothing: ["rpo", "dpo"],
};

/** Settings that say how and how often, and not what is trained: a training may go on under others. */
const MAY_CHANGE: readonly (keyof TrainSettings)[] = ["keep", "saveEvery", "memory", "device", "threads", "skipBad"];

/** The objective that the settings ask for, γ as it stands outside β. */
export function objectiveOf(settings: TrainSettings): Objective {
  const { method, beta, referenceCompat, gamma, nll, labelSmoothing } = settings;
  return {
    ...DEFAULT_OBJECTIVE,
    method,
    beta,
    gamma: referenceCompat ? referenceCompatGamma(beta) : (gamma ?? DEFAULT_GAMMA),
    nllWeight: nll,
    labelSmoothing,
  };
}

/** The adapter that the settings ask for. */
export const loraConfigOf = ({ rank, alpha, dropout, targets }: TrainSettings): LoraConfig => ({
  rank,
  alpha,
  dropout,
  targets: LINEAR_LAYERS.filter((_, index) => targets.includes(TARGETS[index] as TargetName)),
});

/**
 * What decides the trained adapter, in a form to be compared and kept: every setting that its method knows, with γ as the loss
 * takes it, and none that may change while a training is under way.
 */
export function decidingSettings(settings: TrainSettings): Readonly<Record<string, unknown>> {
  const deciding: Record<string, unknown> = {};
  const whole = {
    ...settings,
    gamma: objectiveOf(settings).gamma,
    ...(settings.steps === undefined && { epochs: settings.epochs ?? DEFAULT_EPOCHS }),
  };
  for (const [name, value] of Object.entries(whole)) {
    const setting = name as keyof TrainSettings;
    if (MAY_CHANGE.includes(setting)) continue;
    if (ONLY_FOR[setting]?.includes(settings.method) ?? true) deciding[name] = value;
  }
  return deciding;
}

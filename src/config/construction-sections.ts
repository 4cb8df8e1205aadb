// The sections of rpo.yaml that say how data is made: the run, its bank of profiles, the dialogues, the judging, the reversal and
// the pairs. Defaults are the numbers of spec/method.md (steps 1 to 9) and spec/constraints.md (the audit). Ignores who does it
// (role-section.ts) and where (endpoint-section.ts).
import { z } from "zod";
import { trainingSetSettings } from "../dataset/training-set.ts";
import { DIALOGUE_SETTINGS } from "../dialogue/session.ts";
import { PER_CALL } from "../judge/llm-judge.ts";
import type { PromptLanguage } from "../prompts/prompt.ts";
import { FLIP_THRESHOLD, REWRITES, TRIALS } from "../reverse/audited-reversals.ts";
import { priceTableSchema } from "../run/prices.ts";

const filled = z.string().regex(/\S/, "must not be blank");
const count = z.int().min(1);
const share = z.number().min(0).max(1);

/** Languages that prompts are there in. */
export const LANGUAGES = ["en", "zh"] as const satisfies readonly PromptLanguage[];

/** The profiles that come with this program. */
export const SAMPLES = "samples";
/** No profiles that are there: for runs that have all of theirs written. */
export const NONE = "none";

export const pricesSection = priceTableSchema.describe(
  "What a million tokens cost, by the model's name, in the currency of the budget.",
);

export const runSection = z
  .strictObject({
    dir: filled.default(".").describe("Folder of the run; the file's own by default."),
    language: z
      .array(z.enum(LANGUAGES))
      .min(1)
      .default(["en"])
      .describe("Languages of the profiles that take part, and of the prompts."),
    seed: z.int().min(0).max(0xffff_ffff).default(1).describe("Seed of every draw; another one makes another run."),
    budget: z
      .number()
      .positive()
      .exactOptional()
      .describe("What the run may cost, by the prices; it ends cleanly before more is spent. None: no limit."),
  })
  .describe("The run as a whole.");

export const bankSection = z
  .strictObject({
    profiles: filled
      .default(SAMPLES)
      .describe("System profiles: samples, for those that come with the program; none; or a file or folder of yours."),
    limit: count.exactOptional().describe("Take so many of the profiles. All by default."),
    generate: z
      .strictObject({
        from: filled.describe("JSON Lines of inspiring texts."),
        count: count.default(100).describe("Profiles to write."),
        constraints: z
          .tuple([count, count])
          .refine(([least, most]) => least <= most, "must be the least and the most, in this order")
          .default([6, 12])
          .describe("Least and most constraints of a profile."),
      })
      .exactOptional()
      .describe("Profiles to be written beside those."),
    personas: filled
      .exactOptional()
      .describe("JSON Lines or text of one-line personas, from which the users are written."),
  })
  .describe("System profiles and users.");

export const dialogueSection = z
  .strictObject({
    turns: count.default(DIALOGUE_SETTINGS.turns).describe("Queries of a dialogue."),
    historyMessages: z
      .int()
      .min(0)
      .default(DIALOGUE_SETTINGS.historyMessages)
      .describe("Last messages that the user model is shown."),
    manners: z.int().min(0).default(DIALOGUE_SETTINGS.manners).describe("Manners of speaking drawn for each query."),
    acceptance: share
      .default(DIALOGUE_SETTINGS.acceptance)
      .describe("Share of a turn's constraints that a response must satisfy; else it is criticised."),
    critiques: z
      .int()
      .min(0)
      .default(DIALOGUE_SETTINGS.critiques)
      .describe("Times that a response is rewritten to be accepted."),
  })
  .describe("Self-play. How many responses a turn has: n of the roles responder and policy.");

export const judgeSection = z
  .strictObject({
    votes: count.default(1).describe("Judgements of each constraint, of which the majority counts."),
    perCall: count
      .default(PER_CALL)
      .describe("Constraints judged in one request; what goes wrong is judged one by one."),
    code: z.boolean().default(true).describe("Judge by code what is recognised; the model judges the rest."),
  })
  .describe("Verdicts.");

export const reverseSection = z
  .strictObject({
    audit: z
      .int()
      .min(0)
      .default(TRIALS)
      .describe("Responses that each reversal is judged on, under it and under its original."),
    threshold: share
      .default(FLIP_THRESHOLD)
      .describe("Share of them on which exactly one of the two must hold; below, it is rewritten, then dropped."),
    rewrites: z.int().min(0).default(REWRITES).describe("Times that a reversal may be rewritten."),
  })
  .describe("Reversal of constraints that no rule reverses.");

/** Settings of `rpo pairs`; its seed is the run's unless the section gives one. */
export const pairsSection = z
  .strictObject({
    ...trainingSetSettings.shape,
    method: trainingSetSettings.shape.method.default("rpo"),
    seed: z.int().exactOptional().describe("Seed of every draw and of the split. The run's by default."),
  })
  .describe("The training set, as rpo pairs makes it.");

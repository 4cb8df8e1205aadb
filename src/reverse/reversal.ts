// A constraint's reverse with what is known of it: where it comes from, how it fared when it was tried, and what became of it. Plain
// JSON: a row of a reversal file (dataset/reversal-file.ts) and an item of a stage.
import { z } from "zod";

const filled = z.string().regex(/\S/, "must not be blank");
const count = z.int().min(0);

/** How often a reverse was tried, and with what outcome. */
export const trialCountsSchema = z.strictObject({
  /** Responses with a verdict other than `na` under the constraint, the reverse, or both. */
  judged: count,
  /** Of these, those on which exactly one passes and the other fails. */
  flipped: count,
  /** Of the judged, those that pass under the constraint: where it is all of them or none, only one side was tried. */
  satisfied: count,
});
export type TrialCounts = z.infer<typeof trialCountsSchema>;

/**
 * - `kept`: its flip rate is high enough, or it is exact by algebra
 * - `rewritten`: the same of a later wording
 * - `dropped`: none was good enough, or none came; never reversed
 * - `unaudited`: there were too few responses to try it on; not used until it was tried
 * - `protected`: a safety or refusal clause; never reversed
 */
export const REVERSAL_STATES = ["kept", "rewritten", "dropped", "unaudited", "protected"] as const;
export type ReversalState = (typeof REVERSAL_STATES)[number];

/** What a row of a reversal file says beside `text` and `reversed`. All of it may be missing: then nobody has tried it. */
export const auditFields = {
  source: z.enum(["rule", "llm", "given"]).nullable().exactOptional(),
  state: z.enum(REVERSAL_STATES).exactOptional(),
  /** Flipped of judged, 0 to 1; 1 for what is exact by algebra; null where nothing was judged. */
  flip_rate: z.number().min(0).max(1).nullable().exactOptional(),
  /** Whether code proves it to be the exact complement. */
  exact: z.boolean().exactOptional(),
  judged: count.exactOptional(),
  flipped: count.exactOptional(),
  satisfied: count.exactOptional(),
  /** Earlier wordings, and one that is not used, with how each fared. */
  tried: z
    .array(z.strictObject({ reversed: filled, fault: z.string().nullable(), ...trialCountsSchema.shape }))
    .exactOptional(),
  /** Why there is no reverse, in words. */
  cause: z.string().exactOptional(),
} as const;

/** A reversal that was tried as far as could be. */
export const reversalSchema = z.strictObject({
  text: filled,
  /** What may be used. Null: never reverse it. Missing (`unaudited`): nobody knows yet. */
  reversed: filled.nullable().exactOptional(),
  source: z.enum(["rule", "llm", "given"]).nullable(),
  state: z.enum(REVERSAL_STATES),
  flip_rate: z.number().min(0).max(1).nullable(),
  exact: z.boolean(),
  ...trialCountsSchema.shape,
  tried: auditFields.tried.unwrap(),
  cause: z.string().exactOptional(),
});
export type Reversal = z.infer<typeof reversalSchema>;
export type TriedWording = Reversal["tried"][number];

export const NO_TRIALS: TrialCounts = { judged: 0, flipped: 0, satisfied: 0 };

/** Share of the judged responses on which exactly one of the two holds; null where none was judged. */
export const flipRate = ({ judged, flipped }: TrialCounts): number | null => (judged === 0 ? null : flipped / judged);

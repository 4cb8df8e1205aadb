// A response with its verdicts, as it is stored: a row of the verdict matrix. How good it is, and which of several is best.
import { z } from "zod";

const verdict = z.enum(["pass", "fail", "na"]);

export const verdictSchema = z.object({
  /** Of the constraint. */
  id: z.string(),
  verdict,
  source: z.enum(["code", "judge"]),
  reason: z.string().nullable(),
  /** The judge's votes, where it votes. */
  votes: z.array(verdict).readonly().exactOptional(),
});

export const judgedSampleSchema = z.strictObject({
  /** "s1", "s2" … as sampled; "s2+r1" for the critic's first revision of s2. */
  id: z.string(),
  /** Id of the response that it revises; null for one that was sampled. */
  revises: z.string().nullable(),
  /** As the model wrote it. */
  text: z.string(),
  finishReason: z.enum(["stop", "length", "filter", "aborted"]),
  tokens: z.int().min(0),
  /** In the order of the turn's constraints; null where the judge failed, or the text is blank and there is nothing to judge. */
  verdicts: z.array(verdictSchema).readonly().nullable(),
  /** Share of the constraints with a verdict other than na that it satisfies; 1 where there is none; null without verdicts. */
  rate: z.number().min(0).max(1).nullable(),
  /** Why there are no verdicts; null where there are. */
  failure: z.string().nullable(),
});
export type JudgedSample = z.infer<typeof judgedSampleSchema>;

/** Share of the verdicts other than na that are pass; 1 where all are na. */
export function rateOf(verdicts: readonly { readonly verdict: z.infer<typeof verdict> }[]): number {
  const counted = verdicts.filter((one) => one.verdict !== "na");
  return counted.length === 0 ? 1 : counted.filter((one) => one.verdict === "pass").length / counted.length;
}

/** The sample of the highest rate; of equals one that came to its end, then the first. Null where none has verdicts. */
export function bestOf(samples: readonly JudgedSample[]): JudgedRated | null {
  let best: JudgedRated | null = null;
  for (const sample of samples) if (isRated(sample) && (best === null || isBetter(sample, best))) best = sample;
  return best;
}

/** A sample with verdicts. */
export type JudgedRated = JudgedSample & { readonly rate: number };

const isRated = (sample: JudgedSample): sample is JudgedRated => sample.rate !== null;
const isBetter = (a: JudgedRated, b: JudgedRated): boolean =>
  a.rate === b.rate ? a.finishReason === "stop" && b.finishReason !== "stop" : a.rate > b.rate;

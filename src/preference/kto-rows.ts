// The KTO baseline (spec/method.md, "Training setting"): each response by itself, desirable or not, under the original
// prompt. No pairs, so nothing is merged.
import { type Drops, drop } from "./drops.ts";
import { represent, satisfiedShare, writtenResponses } from "./judged.ts";
import type { CompletionRow } from "./training-row.ts";
import type { Turn } from "./turn.ts";

/** The share of satisfied constraints from which the method accepts a response (spec/method.md, steps 5 and 6). */
export const ACCEPTED_SHARE = 0.7;

export interface KtoOptions {
  /** Share of the judged constraints that a desirable response satisfies at least, 0 to 1. */
  readonly desirable: number;
}

/** The KTO rows of one turn: one for each response with a text and at least one verdict. */
export function* ktoRows(turn: Turn, options: KtoOptions, drops: Drops): Generator<CompletionRow> {
  for (const response of writtenResponses(turn, drops)) {
    const share = satisfiedShare(response.verdicts);
    if (share === null) {
      drop(drops, "unjudged");
      continue;
    }
    const desirable = share >= options.desirable;
    const { text, provenance } = represent(response, [response.id]);
    yield {
      kind: "completion",
      prompt: turn.messages,
      completion: text,
      desirable,
      provenance: {
        method: "kto",
        turn: turn.id,
        profile: turn.profile,
        [desirable ? "chosen" : "rejected"]: provenance,
        reversed: [],
        differ: [],
        verdictSource: turn.verdictSource,
      },
    };
  }
}

// The SFT baseline (spec/method.md, "Training setting"): the best response of each turn under the original prompt.
import { type Drops, drop } from "./drops.ts";
import { represent, satisfiedShare, type WrittenResponse, writtenResponses } from "./judged.ts";
import { drawOne, type Random } from "./seed.ts";
import type { CompletionRow } from "./training-row.ts";
import type { Turn } from "./turn.ts";

export interface SftOptions {
  /** Decides between equally good responses. */
  readonly random: Random;
}

/** The SFT row of one turn: the response that satisfies the largest share of its judged constraints; none judged, none. */
export function* sftRows(turn: Turn, options: SftOptions, drops: Drops): Generator<CompletionRow> {
  let best: WrittenResponse[] = [];
  let bestShare = -1;
  for (const response of writtenResponses(turn, drops)) {
    const share = satisfiedShare(response.verdicts);
    if (share === null) drop(drops, "unjudged");
    else if (share > bestShare) [best, bestShare] = [[response], share];
    else if (share === bestShare) best.push(response);
  }
  if (best.length === 0) return;
  const response = drawOne(best, options.random);
  const { text, provenance } = represent(response, [response.id]);
  yield {
    kind: "completion",
    prompt: turn.messages,
    completion: text,
    desirable: true,
    provenance: {
      method: "sft",
      turn: turn.id,
      profile: turn.profile,
      chosen: provenance,
      reversed: [],
      differ: [],
      verdictSource: turn.verdictSource,
    },
  };
}

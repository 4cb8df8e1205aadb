// The DPO baseline (spec/method.md, "The problem" and "Training setting"): pairs ranked by the number of constraints
// satisfied, under the original prompt, noise and all. It is what RPO is compared with.
import { type Drops, drop } from "./drops.ts";
import { differing } from "./gap.ts";
import { representative, type WrittenResponse, writtenResponses } from "./judged.ts";
import { mergeEqual, type ResponseGroup } from "./merge.ts";
import { type Random, shuffled } from "./seed.ts";
import type { PreferenceRow } from "./training-row.ts";
import type { Turn, VerdictVector } from "./turn.ts";

export interface DpoOptions {
  /** Smallest difference of the two scores, 1 or more. */
  readonly minGap: number;
  /** The largest score differences are kept, equal ones by lot; null for no limit. */
  readonly maxPairsPerTurn: number | null;
  readonly random: Random;
}

/**
 * The DPO pairs of one turn: one for every two groups of equal verdicts whose scores differ. A score is the number of
 * constraints satisfied among those that are non-null for both. The margin is 0: a row without one is plain DPO.
 */
export function* dpoPairs(turn: Turn, options: DpoOptions, drops: Drops): Generator<PreferenceRow> {
  const groups = mergeEqual(writtenResponses(turn, drops));
  type Candidate = { chosen: ResponseGroup<WrittenResponse>; rejected: ResponseGroup<WrittenResponse>; lead: number };
  let candidates: Candidate[] = [];
  for (const [index, first] of groups.entries()) {
    for (const second of groups.slice(index + 1)) {
      const lead = scoreLead(first.verdicts, second.verdicts);
      if (lead === 0) drop(drops, "ties");
      else if (Math.abs(lead) < options.minGap) drop(drops, "min_gap");
      else if (lead > 0) candidates.push({ chosen: first, rejected: second, lead });
      else candidates.push({ chosen: second, rejected: first, lead: -lead });
    }
  }
  const limit = options.maxPairsPerTurn ?? Number.POSITIVE_INFINITY;
  if (candidates.length > limit) {
    drop(drops, "max_pairs_per_turn", candidates.length - limit);
    candidates = shuffled(candidates, options.random)
      .sort((a, b) => b.lead - a.lead)
      .slice(0, limit);
  }
  for (const { chosen, rejected } of candidates) {
    const [good, bad] = [representative(chosen, options.random), representative(rejected, options.random)];
    if (good.text === bad.text) {
      drop(drops, "same_text");
      continue;
    }
    yield {
      kind: "preference",
      prompt: turn.messages,
      chosen: good.text,
      rejected: bad.text,
      margin: 0,
      provenance: {
        method: "dpo",
        turn: turn.id,
        profile: turn.profile,
        chosen: good.provenance,
        rejected: bad.provenance,
        reversed: [],
        differ: differing(chosen.verdicts, rejected.verdicts).map((index) => turn.constraints[index]?.id ?? ""),
        verdictSource: turn.verdictSource,
      },
    };
  }
}

/** By how many constraints the first scores above the second; negative where it scores below. */
function scoreLead(first: VerdictVector, second: VerdictVector): number {
  let lead = 0;
  for (let index = 0; index < first.length; index += 1) {
    const a = first[index];
    const b = second[index];
    if (typeof a === "boolean" && typeof b === "boolean") lead += Number(a) - Number(b);
  }
  return lead;
}

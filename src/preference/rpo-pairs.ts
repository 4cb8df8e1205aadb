// The RPO pairs of a turn (spec/method.md, "The idea" and step 9): every two groups of equal verdicts with a gap of at
// least one give two pairs, one in each direction, each under the prompt that its chosen response satisfies in full.
// How a constraint is reversed and what contradicts what are the caller's functions; files and formats are dataset/'s.
import { promptRewriter } from "../profile/prompt.ts";
import { type Drops, drop } from "./drops.ts";
import { differing } from "./gap.ts";
import { type Representative, representative, type WrittenResponse, writtenResponses } from "./judged.ts";
import { mergeEqual, type ResponseGroup } from "./merge.ts";
import { type Random, shuffled } from "./seed.ts";
import type { PreferenceRow } from "./training-row.ts";
import type { Turn, TurnConstraint } from "./turn.ts";

/** R(c): satisfied exactly where c is not. */
export interface Reversal {
  readonly text: string;
  /**
   * Whether rules made it: then it is a sentence made without regard to the prompt, which fits badly where c stands inside
   * a clause, and one that code can check.
   */
  readonly byRule: boolean;
}

/** R(c), or null where c cannot be reversed or must not be. */
export type Reverse = (constraint: TurnConstraint) => Reversal | null;

/** Finds two constraints that no response to the query can satisfy together, if it can tell; null where it finds none. */
export type FindConflict = (texts: readonly string[], query: string) => { readonly reason: string } | null;

/**
 * Whether code can tell that the response violates the constraint of this text. Verdicts of judges are noisy: without this,
 * one row in eight with a rule-made reverse (SysBench) trains towards a response that its prompt forbids.
 */
export type Violates = (text: string, query: string, response: string) => boolean;

export interface RpoOptions {
  /** What becomes of constraints that are null for the chosen response: they stay unchanged, or leave the prompt. */
  readonly untriggered: "keep" | "drop";
  /** Smallest g of a pair, 1 or more. */
  readonly minGap: number;
  /** The largest gaps are kept, those of equal gap by lot; null for no limit. */
  readonly maxPairsPerTurn: number | null;
  readonly reverse: Reverse;
  readonly findConflict: FindConflict;
  /** Asked of the reverses made by rule, of each response that is to be chosen. */
  readonly violates: Violates;
  /** Whether a constraint's text is a safety or refusal clause, which is never reversed, whatever `reverse` says. */
  readonly isProtected: (text: string) => boolean;
  /**
   * Draws the responses that stand for two groups, afresh for every two, and the lots of `maxPairsPerTurn`. Both directions of
   * a couple have the same two responses: what a model thinks of them whatever the prompt says then cancels between the two.
   */
  readonly random: Random;
}

/** Why a group cannot be the chosen one. */
type Obstacle = "protected" | "irreversible" | "violated" | "conflict";

/** The prompt under which a group's responses are perfect and those of them that code does not find wanting, or why none. */
type RewrittenPrompt =
  | {
      readonly prompt: PreferenceRow["prompt"];
      readonly reversed: readonly string[];
      readonly responses: readonly WrittenResponse[];
    }
  | Obstacle;

/**
 * The RPO pairs of one turn. All rows with the same chosen group share one prompt object.
 *
 * The prompt of a pair reverses every constraint that the chosen response fails, also one that is null for the rejected
 * response: the chosen one has to be perfect. Such a constraint does not count in the gap. A direction is not built where
 * a failed constraint is protected or cannot be reversed, where code finds that every response of the chosen group violates
 * a reverse made by rule (of a group of which it finds some to, the others stand for it), where the texts in force
 * contradict one another, or where the two texts are the same; `drops` counts these.
 */
export function* rpoPairs(turn: Turn, options: RpoOptions, drops: Drops): Generator<PreferenceRow> {
  const groups = mergeEqual(writtenResponses(turn, drops));
  const texts = turn.constraints.map(({ text }) => text);
  let rewrite: ReturnType<typeof promptRewriter> | undefined;
  const prompts = new Map<ResponseGroup, RewrittenPrompt>();
  const query = turn.messages.at(-1)?.content ?? "";
  const promptOf = (group: ResponseGroup<WrittenResponse>): RewrittenPrompt => {
    const known = prompts.get(group);
    if (known !== undefined) return known;
    const inForce = textsInForce(turn, group, options);
    let prompt: RewrittenPrompt;
    if (typeof inForce === "string") prompt = inForce;
    else {
      const { texts: now, byRule, reversed } = inForce;
      const checked = [...byRule].map((index) => now[index] ?? "");
      const responses = group.responses.filter(
        (response) => !checked.some((text) => options.violates(text, query, response.text)),
      );
      rewrite ??= promptRewriter(turn.messages, texts);
      prompt = responses.length === 0 ? "violated" : { prompt: rewrite(now, byRule), reversed, responses };
    }
    prompts.set(group, prompt);
    return prompt;
  };

  type Candidate = {
    chosen: ResponseGroup<WrittenResponse>;
    rejected: ResponseGroup<WrittenResponse>;
    gap: number;
    /** The responses that stand for the two groups; shared by both directions, and drawn when the first is written. */
    couple: Map<ResponseGroup, Representative>;
  };
  let candidates: Candidate[] = [];
  for (const [index, first] of groups.entries()) {
    for (const second of groups.slice(index + 1)) {
      const gap = differing(first.verdicts, second.verdicts).length;
      if (gap === 0) continue;
      if (gap < options.minGap) {
        drop(drops, "min_gap", 2);
        continue;
      }
      const couple: Candidate["couple"] = new Map();
      for (const [chosen, rejected] of [
        [first, second],
        [second, first],
      ] as const) {
        const prompt = promptOf(chosen);
        if (typeof prompt === "string") drop(drops, prompt);
        else candidates.push({ chosen, rejected, gap, couple });
      }
    }
  }

  const limit = options.maxPairsPerTurn ?? Number.POSITIVE_INFINITY;
  if (candidates.length > limit) {
    drop(drops, "max_pairs_per_turn", candidates.length - limit);
    // The sort is stable: lots decide within a gap. Larger gaps train better (spec/method.md, "Training setting").
    candidates = shuffled(candidates, options.random)
      .sort((a, b) => b.gap - a.gap)
      .slice(0, limit);
  }

  const standFor = (group: ResponseGroup<WrittenResponse>, couple: Candidate["couple"]): Representative => {
    const known = couple.get(group);
    if (known !== undefined) return known;
    const prompt = promptOf(group);
    const drawn = representative(group, options.random, typeof prompt === "string" ? undefined : prompt.responses);
    couple.set(group, drawn);
    return drawn;
  };
  for (const { chosen, rejected, gap, couple } of candidates) {
    const prompt = promptOf(chosen);
    if (typeof prompt === "string") continue; // never a candidate
    const good = standFor(chosen, couple);
    const bad = standFor(rejected, couple);
    if (good.text === bad.text) {
      drop(drops, "same_text");
      continue;
    }
    const differ = differing(chosen.verdicts, rejected.verdicts).map((index) => turn.constraints[index]?.id ?? "");
    yield {
      kind: "preference",
      prompt: prompt.prompt,
      chosen: good.text,
      rejected: bad.text,
      margin: gap,
      provenance: {
        method: "rpo",
        turn: turn.id,
        profile: turn.profile,
        chosen: good.provenance,
        rejected: bad.provenance,
        reversed: prompt.reversed,
        differ,
        verdictSource: turn.verdictSource,
      },
    };
  }
}

/** The text of each constraint under which the group is perfect (null where it leaves the prompt), or why there is none. */
function textsInForce(
  { constraints, messages }: Turn,
  group: ResponseGroup,
  options: RpoOptions,
): { texts: (string | null)[]; byRule: Set<number>; reversed: string[] } | Obstacle {
  const texts: (string | null)[] = [];
  const byRule = new Set<number>();
  const reversed: string[] = [];
  const isFailed = (index: number): boolean => group.verdicts[index] === false;
  // First of all: what else this group fails need not be reversible, and must not be listed as if it helped.
  if (constraints.some(({ text }, index) => isFailed(index) && options.isProtected(text))) return "protected";
  let irreversible = false;
  for (const [index, constraint] of constraints.entries()) {
    const verdict = group.verdicts[index] ?? null;
    if (isFailed(index)) {
      const opposite = options.reverse(constraint);
      if (opposite === null) {
        irreversible = true; // and on: the caller lists all that stands in the way, not one a run
        continue;
      }
      texts.push(opposite.text);
      if (opposite.byRule) byRule.add(index);
      reversed.push(constraint.id);
    } else {
      texts.push(verdict === null && options.untriggered === "drop" ? null : constraint.text);
    }
  }
  if (irreversible) return "irreversible";
  // A constraint listed twice with different verdicts is in force both as it was and reversed.
  const fate = new Map<string, string | null>();
  for (const [index, { text }] of constraints.entries()) {
    const now = texts[index] ?? null;
    if (fate.has(text) && fate.get(text) !== now) return "conflict";
    fate.set(text, now);
  }
  const inForce = texts.filter((text) => text !== null);
  return options.findConflict(inForce, messages.at(-1)?.content ?? "") === null
    ? { texts, byRule, reversed }
    : "conflict";
}

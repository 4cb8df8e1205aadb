// The RPO pairs of a turn (spec/method.md, "The idea" and step 9): every two groups of equal verdicts with a gap of at
// least one give two pairs, one in each direction, each under the prompt that its chosen response satisfies in full.
// How a constraint is reversed and what contradicts what are the caller's functions; files and formats are dataset/'s.
import { promptRewriter } from "../profile/prompt.ts";
import { type Drops, drop } from "./drops.ts";
import { differing } from "./gap.ts";
import { type Representative, represent, type WrittenResponse, writtenResponses } from "./judged.ts";
import { likeness } from "./likeness.ts";
import { mergeEqual, type ResponseGroup } from "./merge.ts";
import { drawOne, type Random, shuffled } from "./seed.ts";
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

/**
 * "gap": the largest gaps, and any response of a group stands for it, as in the paper (spec/method.md, "Training setting").
 * "likeness": the two responses of a couple that are most alike, and the couples most alike: what the two differ in is then
 * little else than the constraints, which a training of few rows can learn from.
 */
export const PREFERENCES = ["gap", "likeness"] as const;
export type Preference = (typeof PREFERENCES)[number];

export interface RpoOptions {
  /** What becomes of constraints that are null for the chosen response: they stay unchanged, or leave the prompt. */
  readonly untriggered: "keep" | "drop";
  /** Smallest g of a pair, 1 or more. */
  readonly minGap: number;
  /** As many are kept as `prefer` says, by lot where that leaves it open; null for no limit. */
  readonly maxPairsPerTurn: number | null;
  /** What is kept, and which responses stand for two groups: see PREFERENCES. */
  readonly prefer: Preference;
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
interface RewrittenPrompt {
  readonly prompt: PreferenceRow["prompt"];
  readonly reversed: readonly string[];
  readonly responses: readonly WrittenResponse[];
}

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
  const prompts = new Map<ResponseGroup, RewrittenPrompt | Obstacle>();
  const query = turn.messages.at(-1)?.content ?? "";
  const promptOf = (group: ResponseGroup<WrittenResponse>): RewrittenPrompt | Obstacle => {
    const known = prompts.get(group);
    if (known !== undefined) return known;
    const inForce = textsInForce(turn, group, options);
    let prompt: RewrittenPrompt | Obstacle;
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

  let couples: Couple[] = [];
  for (const [index, first] of groups.entries()) {
    for (const second of groups.slice(index + 1)) {
      const gap = differing(first.verdicts, second.verdicts).length;
      if (gap === 0) continue;
      if (gap < options.minGap) {
        drop(drops, "min_gap", 2);
        continue;
      }
      const directions: Couple["directions"][number][] = [];
      for (const [chosen, rejected] of [
        [first, second],
        [second, first],
      ] as const) {
        const prompt = promptOf(chosen);
        if (typeof prompt === "string") drop(drops, prompt);
        else directions.push({ chosen, rejected, prompt });
      }
      if (directions.length > 0) couples.push({ gap, directions, ...standIns(first, second, directions, options) });
    }
  }

  // The sort is stable: lots decide among equals. Both directions of a couple stay side by side.
  const count = couples.reduce((sum, { directions }) => sum + directions.length, 0);
  const limit = options.maxPairsPerTurn ?? Number.POSITIVE_INFINITY;
  if (count > limit) {
    drop(drops, "max_pairs_per_turn", count - limit);
    const rank = options.prefer === "gap" ? (couple: Couple) => couple.gap : (couple: Couple) => couple.likeness;
    couples = shuffled(couples, options.random)
      .sort((a, b) => rank(b) - rank(a))
      .map((couple) => ({ ...couple, directions: shuffled(couple.directions, options.random) }));
  }
  const pairs = couples.flatMap(({ gap, directions, responses }) =>
    directions.map((direction) => ({ gap, responses, ...direction })),
  );

  for (const { chosen, rejected, prompt, gap, responses } of pairs.slice(0, limit)) {
    const good = standIn(chosen, responses);
    const bad = standIn(rejected, responses);
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

/** Two groups with the responses that stand for them, in the directions that there are. */
interface Couple {
  readonly gap: number;
  readonly directions: readonly {
    readonly chosen: ResponseGroup<WrittenResponse>;
    readonly rejected: ResponseGroup<WrittenResponse>;
    readonly prompt: RewrittenPrompt;
  }[];
  readonly responses: ReadonlyMap<ResponseGroup, WrittenResponse>;
  /** Of those two; 0 where it is not asked for. */
  readonly likeness: number;
}

/** The responses that stand for two groups: those that may be chosen, where the group is. */
function standIns(
  first: ResponseGroup<WrittenResponse>,
  second: ResponseGroup<WrittenResponse>,
  directions: Couple["directions"],
  { prefer, random }: RpoOptions,
): Pick<Couple, "responses" | "likeness"> {
  const able = (group: ResponseGroup<WrittenResponse>): readonly WrittenResponse[] =>
    directions.find(({ chosen }) => chosen === group)?.prompt.responses ?? group.responses;
  let [a, b] = [drawOne(able(first), random), drawOne(able(second), random)];
  let most = 0;
  if (prefer === "likeness")
    for (const one of able(first))
      for (const other of able(second)) {
        const alike = likeness(one.text, other.text);
        if (alike > most) [a, b, most] = [one, other, alike];
      }
  return {
    responses: new Map([
      [first, a],
      [second, b],
    ]),
    likeness: most,
  };
}

/** The response that stands for the group, with its provenance. */
function standIn(group: ResponseGroup<WrittenResponse>, responses: Couple["responses"]): Representative {
  return represent(
    responses.get(group) as WrittenResponse,
    group.responses.map(({ id }) => id),
  );
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

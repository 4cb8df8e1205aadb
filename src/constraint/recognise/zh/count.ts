// Everything that is counted is asked for in the same ways: 至少三个感叹号, 感叹号不超过三个, 包含感叹号, 一个感叹号都没有. A family
// names the thing, its measure word and its measure; the phrasings come from here.
import { all, atom, type Requirement } from "../../expression.ts";
import { type IntervalSet, NONE, SOME } from "../../interval.ts";
import type { Rule } from "../rule.ts";
import { amount, amountOf, type Groups } from "./number.ts";
import { ANY, HAVE, LINK, TALLY, whole } from "./words.ts";

/** A rule that needs something in the clause, so that its long pattern is not even compiled where that is missing. */
export interface HintedRule extends Rule {
  readonly needs?: RegExp;
}

export interface Counted {
  readonly name: string;
  /** Source of a pattern for the noun, without groups. */
  readonly noun: string;
  /** Source for its measure words: 个|种. */
  readonly unit: string;
  /** The requirement that the count lies in the set; the groups are those of the match. */
  readonly count: (set: IntervalSet, groups: Groups) => Requirement | null;
  /** Whether the noun may be asked for without an amount (包含表格). False where 包含句子 would say nothing. */
  readonly bare?: boolean;
  /** Verbs of its own, beside the verbs of having. */
  readonly verbs?: string;
  /** Verbs that make it a subject matter: 给出五个单词 asks for a list, not for a length. */
  readonly topical?: RegExp;
  /** What one of it means: 一个段落 is exactly one, 一个表情 at least one. */
  readonly bareOne?: "exact" | "some";
}

/** The count of a measure without arguments. */
export const countOf =
  (measure: string) =>
  (set: IntervalSet): Requirement =>
    atom(measure, set);

/** The rules for one thing that is counted. */
export function countRules(counted: Counted): HintedRule[] {
  const { name, noun, unit, count, bare = true, bareOne = "some" } = counted;
  const verbs = counted.verbs === undefined ? HAVE : `(?:${HAVE}|${counted.verbs})`;
  const read = (groups: Groups): Requirement | null => {
    // A naked number is no demand (三个感叹号), and 一个感叹号 after the noun is exactly one (感叹号一个).
    if (
      groups.verb === undefined &&
      groups.before === undefined &&
      groups.after === undefined &&
      groups.afterNoun === undefined &&
      groups.high === undefined
    )
      return null;
    if (groups.verb !== undefined && counted.topical?.test(groups.verb)) return null;
    const set = amountOf(groups, bareOne);
    return set === null ? null : count(set, groups);
  };
  const rules: Rule[] = [
    { name: `${name}/amount`, pattern: whole(`(?<verb>${verbs})?(?:了|出|上)?${ANY}${amount(unit, noun)}`), read },
    {
      name: `${name}/only`,
      pattern: whole(
        `(?<before>只|仅|只能|仅能|只可|仅可|只需|仅需)(?:能)?${verbs}${amount(unit, noun).replaceAll("?<before>", "?<inner>")}`,
      ),
      read: (groups) =>
        groups.inner === undefined ? withSet(amountOf({ ...groups, before: "只" }, bareOne), count, groups) : null,
    },
    {
      name: `${name}/noun-first`,
      pattern: whole(`(?:${verbs})?(?:的)?${noun}${TALLY}(?<link>${LINK})${amount(unit)}(?:个|次)?`),
      read: (groups) => withSet(amountOf(groups, "exact"), count, groups),
    },
    {
      name: `${name}/tally`,
      pattern: whole(`${noun}(?:的)?(?:总)?(?:数量|个数|数目|总数|数)${LINK}${amount(`|${unit}`)}`),
      read: (groups) => withSet(amountOf(groups, "exact"), count, groups),
    },
    {
      name: `${name}/not-one`,
      pattern: whole(`(?:一|半|任何一)(?:${unit})(?:的)?${noun}(?:也|都)(?:没有|不(?:得|能|要|许|准)?${HAVE}|不)`),
      read: (groups) => count(NONE, groups),
    },
  ];
  if (bare)
    rules.push({
      name: `${name}/some`,
      pattern: whole(`${verbs}(?:了|出|上)?${ANY}${noun}`),
      read: (groups) => count(SOME, groups),
    });
  const needs = new RegExp(noun, "iu");
  return rules.map((rule) => ({ ...rule, needs }));
}

function withSet(set: IntervalSet | null, count: Counted["count"], groups: Groups): Requirement | null {
  return set === null ? null : count(set, groups);
}

/** All of them, nested conjunctions opened: a list inside a list says the same. */
export const together = (parts: readonly Requirement[]): Requirement =>
  all(...parts.flatMap((part) => ("all" in part ? part.all : [part])));

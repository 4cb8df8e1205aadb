// Reads constraints phrased in Chinese: a trigger over the user's message, clauses joined by commas, 并且 and their kin, in each
// a subject, a mood (必须, 不得 …) and a predicate that some rule reads whole. What is left over anywhere makes the answer null.
import { complement } from "../../complement.ts";
import { any, atom, type Constraint, type Requirement } from "../../expression.ts";
import { atLeast, NONE, SOME, sameSet } from "../../interval.ts";
import { meets, viewOf } from "../../verdict.ts";
import type { Rule, RuleReading } from "../rule.ts";
import { type HintedRule, together } from "./count.ts";
import { EMOJI, EMOJI_RULES } from "./emoji.ts";
import { FORM_RULES } from "./form.ts";
import { LAYOUT_RULES } from "./layout.ts";
import { LENGTH_RULES } from "./length.ts";
import { MARK_RULES } from "./mark.ts";
import { LITERAL, LITERALS, type Masked, mask, unmask } from "./mask.ts";
import { PHRASE_RULES } from "./phrase.ts";
import { SCRIPT_RULES } from "./script.ts";
import { about, readings, type Target } from "./target.ts";
import { ALWAYS, conditionIn, INNER_END, isMarkedCondition } from "./trigger.ts";
import { AFTER_LITERAL, AT_END, AT_START, HAVE, whole } from "./words.ts";

/** Every rule about phrases holds a literal. */
const needsLiteral = (rule: Rule): HintedRule => ({ ...rule, needs: new RegExp(LITERAL, "u") });

const RULES: readonly HintedRule[] = [
  ...PHRASE_RULES.map(needsLiteral),
  ...EMOJI_RULES,
  ...FORM_RULES,
  ...MARK_RULES,
  ...LAYOUT_RULES,
  ...SCRIPT_RULES,
  ...LENGTH_RULES,
];

/** Demands that are clear only as prohibitions: 不分段, 不要加粗, 不要出现数字. */
const NEGATED_ONLY: readonly Rule[] = (
  [
    ["layout/bold", "(?:使用|用|进行)?(?:加粗|粗体)(?:显示)?(?:任何)?(?:文字|内容|字体|字|文本)?", "bold", SOME],
    ["layout/italic", "(?:使用|用|进行)?斜体(?:显示)?(?:任何)?(?:文字|内容|字体|字|文本)?", "italic", SOME],
    ["layout/highlights", "(?:使用|用|进行)?高亮(?:显示)?(?:任何)?(?:文字|内容|文本)?", "highlights", SOME],
    [
      "layout/items",
      "(?:分点|分条|逐条|使用列表|用列表|(?:以|用)列表(?:的)?形式|列表|用任何列表|使用任何列表|任何列表)(?:来|进行)?(?:作答|回答|输出|列出|列举|列示|叙述|呈现)?",
      "items",
      SOME,
    ],
    ["length/paragraphs", "分段(?:落)?(?:作答|回答|输出|书写)?", "paragraphs", atLeast(2)],
    ["length/lines", "(?:分行|换行)(?:作答|回答|输出|书写)?", "lines", atLeast(2)],
    ["emoji", EMOJI, "emoji", SOME],
    ["digits", `${HAVE}(?:任何|一个)?数字`, "digits", SOME],
    ["letters", `${HAVE}(?:任何|一个)?(?:英文|英语)`, "letters", SOME],
  ] as const
).map(([name, source, measure, set]) => ({
  name: `${name}/none`,
  pattern: whole(source),
  read: () => atom(measure, set, measure === "letters" ? { script: "Latin" } : undefined),
}));

/** Places where a clause may come apart are tried one after another; a text with more of them is no constraint. */
const MAX_JOINERS = 8;
const MAX_PIECES = 8;

/** List markers, headings and politeness before a constraint; nothing of it says anything. */
const LEAD =
  /^(?:(?:\d{1,2}[.、)]|\(\d{1,2}\)|[-*•·]|[一二三四五六七八九十]{1,2}、|\([一二三四五六七八九十]{1,2}\))(?!\d))?(?:(?:要求|约束|限制|规则|注意)：)?/u;
const POLITE =
  /^(?:请你?|请您|麻烦你?|你|您|注意|记住|记得|此外|另外|同时|然后|并且|而且|以及|并|而|且|还|也|则|那么|就|便|再|但是?|务必|请务必|确保|保证|要求|我希望|希望|我要求|让|使|另|其中|最终|都|均|一律|始终|全部|必须确保|需确保|统一|严格|每次都|每次|总是|永远|一定)+/u;
const MUST =
  /^(?:(?:都|均|一律|统一|始终|全程|也|还|仍然|仍旧|仍|依旧|依然|还是)?(?:必须|必需|需要|需|须|应该|应当|应|一定要|务必|要|得|请|会)(?:要|保证|确保|做到|满足|严格|至少要|都|均|同时)?|都|均|一律|统一|始终|也|还|仍然|仍旧|仍|依旧|依然|还是|被要求)+/u;
const MUST_NOT =
  /^(?:(?:都|均|也|全部|一律|绝对|绝|坚决|千万|请|且|永远|从|并|必须)*(?:不得|不要|不能够?|不可以?|不应该?|不应当|不许|不允许|不准|不该|不宜|不会|切勿|请勿|勿|切忌|禁止|严禁|避免|杜绝|别|没有|未曾|未|无|不再|不)(?:在)?(?:任何地方|任何位置)?(?:再)?(?:有|被允许|允许)?)/u;

/** The constraint that the text states and the rules that read it, or null. */
export function readChinese(text: string): { readonly constraint: Constraint; readonly rule: string } | null {
  const masked = mask(text.trim());
  if (masked === null) return null;
  const body = masked.text.replace(LEAD, "").replace(/[。；！.\s]+$/u, "");
  const pieces = body.split(/[，。；！]/u);
  if (pieces.length > MAX_PIECES || pieces.some((piece) => piece === "")) return null;
  const reader = new ClauseReader(masked);
  const [trigger, rest] = reader.trigger(pieces);
  if (trigger === undefined) return null;
  const must = reader.clauses(rest);
  if (must === null) return null;
  const rules = [...new Set([...(trigger?.rule.split(" + ") ?? []), ...must.rule.split(" + ")])];
  return {
    constraint: { ...(trigger && { when: trigger.requirement }), must: must.requirement },
    rule: rules.join(" + "),
  };
}

interface Clause extends RuleReading {
  readonly target: Target;
}

class ClauseReader {
  readonly #masked: Masked;

  constructor(masked: Masked) {
    this.#masked = masked;
  }

  /** The trigger (null: none; undefined: one that cannot be read) and the pieces that follow it. */
  trigger(pieces: readonly string[]): [RuleReading | null | undefined, readonly string[]] {
    let [first, ...rest] = pieces as [string, ...string[]];
    first = first.replace(POLITE_BEFORE_TRIGGER, "");
    if (ALWAYS.test(first) && rest.length > 0) return [null, rest];
    if (rest.length === 0) {
      const split = INNER_END.exec(first);
      if (split === null) return [null, pieces];
      const condition = conditionIn(split[1]!);
      const read = condition === null ? null : this.condition(condition);
      return read === null ? [null, pieces] : [read, [split[2]!]];
    }
    // 提到“X”，在其后加“Y” speaks of the reply all the while.
    if (this.joined(first + rest[0]!, undefined, 0)?.some((clause) => clause.rule === "phrase/unfollowed"))
      return [null, pieces];
    const condition = conditionIn(first);
    const read = condition === null ? null : this.condition(condition);
    if (read !== null) return [read, rest];
    if (isMarkedCondition(first)) return [undefined, rest];
    // 如果用户提到“X”时必须…，并且…
    const split = INNER_END.exec(first);
    const inner = split === null ? null : conditionIn(split[1]!);
    const readInner = inner === null ? null : this.condition(inner);
    return readInner === null ? [null, pieces] : [readInner, [split![2]!, ...rest]];
  }

  /** What a condition says of the user's message. */
  condition(text: string): RuleReading | null {
    const list = /^(?:同时)?(?:提到|提及|包含|出现|有|说到|问到|涉及|含有|使用)/u;
    if (/^(?:提问|提出问题|提出疑问|发问|问问题|是提问|是问题|是问句|是疑问句|询问|有疑问)$/u.test(text))
      return this.predicate("提出问题");
    const read = this.stated(text);
    // “A”和“B” in a condition is as often any of them as both: only 同时 settles it.
    if (
      read !== null &&
      list.test(text) &&
      !text.startsWith("同时") &&
      /[\ue000-\uefff](?:和|与|及|以及)[\ue000-\uefff]/.test(text)
    )
      return null;
    if (
      read !== null &&
      "all" in read.requirement &&
      !text.startsWith("同时") &&
      /[\ue000-\uefff](?:、|，)?[\ue000-\uefff]/.test(text)
    )
      return { ...read, requirement: any(...read.requirement.all) };
    return read;
  }

  stated(text: string): RuleReading | null {
    const plain = text.replace(/^同时/u, "");
    return this.predicate(plain) ?? this.negated(plain);
  }

  /** Clauses joined by commas; each must be read. */
  clauses(pieces: readonly string[]): RuleReading | null {
    const read: Clause[] = [];
    let choice = false;
    for (let i = 0; i < pieces.length; i += 1) {
      const piece = pieces[i]!;
      if (i > 0 && /^(?:例如|比如|譬如|如)[^，]/u.test(piece)) continue;
      if (i > 0 && /^(?:或者?|要么)/u.test(piece)) {
        if (read.length > 1 && !choice) return null;
        choice = true;
      } else if (choice) return null;
      const before = read.at(-1)?.target;
      // 提到“X”，在其后加“Y” is one clause, though its head could stand alone.
      if (MENTION.test(piece) && pieces[i + 1] !== undefined) {
        const pair = this.joined(piece + pieces[i + 1], before, 0);
        if (pair?.length === 1 && pair[0]!.rule === "phrase/unfollowed") {
          read.push(...pair);
          i += 1;
          continue;
        }
      }
      const alone = this.joined(piece.replace(/^(?:或者?|要么)/u, ""), before, 0);
      if (alone !== null) {
        read.push(...alone);
        continue;
      }
      const next = pieces[i + 1];
      const both = next === undefined ? null : this.joined(piece + next, before, 0);
      if (both === null) return null;
      read.push(...both);
      i += 1;
    }
    if (read.length === 0) return null;
    // 以“加油”结尾，没有标点: none at the end, or none at all?
    if (read.some((clause, i) => clause.rule === "punctuation/some" && /\/end/.test(read[i - 1]?.rule ?? "")))
      return null;
    const requirements = read.map((clause) => clause.requirement);
    const rule = read.map((clause) => clause.rule).join(" + ");
    const requirement = choice ? any(...requirements) : together(requirements);
    return contradictsItself(requirement) ? null : { requirement, rule };
  }

  /** One clause, or several joined by 并且, 且 and the like. */
  joined(text: string, before: Target | undefined, depth: number): Clause[] | null {
    const single = this.clause(text, before);
    if (single !== null) return [single];
    const joiners = [...text.matchAll(JOINER)];
    if (depth + joiners.length > MAX_JOINERS) return null;
    for (const match of joiners) {
      const head = this.clause(text.slice(0, match.index), before);
      if (head === null) continue;
      const tail = this.joined(text.slice(match.index), head.target, depth + 1);
      if (tail !== null) return [head, ...tail];
    }
    return null;
  }

  clause(text: string, before: Target | undefined): Clause | null {
    const carried = /^(?:并且|而且|且|并|同时|和|以及|、|还|也)/u.test(text);
    const bare = text.replace(PURPOSE, "");
    const stripped = bare.replace(/^(?:、|和|及)/u, "").replace(POLITE, "");
    for (const candidate of new Set([bare, stripped])) {
      if (candidate === "") continue;
      for (const { target, explicit, rest } of readings(candidate)) {
        // 第一段以…开头，不超过… : a bare clause after one about a part may speak of either, unless 并且 joins them.
        const inherits = !explicit && before !== undefined && before.kind !== "whole";
        if (inherits && !carried) continue;
        const predicate = this.commanded(rest.replace(POLITE_PREDICATE, ""));
        if (predicate === null) continue;
        const subject = inherits ? before : target;
        const requirement = about(subject, predicate.requirement);
        if (requirement !== null) return { requirement, rule: predicate.rule, target: subject };
      }
    }
    return null;
  }

  /** A predicate in the imperative: as it is, after 必须, or after 不得. */
  commanded(text: string): RuleReading | null {
    return this.predicate(text) ?? this.obliged(text) ?? this.negated(text) ?? this.negatedAt(text);
  }

  obliged(text: string): RuleReading | null {
    const must = MUST.exec(text);
    return must === null
      ? null
      : (this.predicate(text.slice(must[0].length)) ?? this.negated(text.slice(must[0].length)));
  }

  negated(text: string, place = ""): RuleReading | null {
    const not = MUST_NOT.exec(text);
    if (not === null) return null;
    const rest = place + text.slice(not[0].length);
    const read =
      this.predicate(rest) ??
      this.predicate(rest, NEGATED_ONLY) ??
      (/无|没有$/u.test(not[0]) ? this.predicate(`有${rest}`) : null);
    if (read === null || NOT_NEGATED.test(read.rule)) return null;
    const requirement = forbid(read.requirement);
    return requirement === null ? null : { ...read, requirement };
  }

  /** 结尾不要加标点: the place stands before the prohibition. */
  negatedAt(text: string): RuleReading | null {
    const place = PLACE.exec(text)?.[0];
    return place === undefined ? null : this.negated(text.slice(place.length), place);
  }

  predicate(text: string, rules: readonly HintedRule[] = RULES): RuleReading | null {
    if (text === "") return null;
    for (const rule of rules) {
      if (rule.needs?.test(text) === false) continue;
      const match = rule.pattern.exec(text);
      if (match === null) continue;
      const groups = Object.fromEntries(
        Object.entries(match.groups ?? {}).map(([name, group]) => [
          name,
          group === undefined ? undefined : unmask(group, this.#masked.phrases),
        ]),
      );
      const requirement = rule.read(groups);
      if (requirement !== null) return { requirement, rule: rule.name };
    }
    return null;
  }
}

const MENTION = /^(?:每次|每当)?(?:提到|提及|出现|写到|说到)[\ue000-\uefff]/u;
const PLACE = new RegExp(`^(?:${AT_START}|${AT_END}|${LITERALS}${AFTER_LITERAL}(?:都|均)?)`, "u");
const POLITE_BEFORE_TRIGGER = /^(?:请|注意|另外|此外|同时|并且|但)+/u;
const POLITE_PREDICATE = /^(?:请|同时|就|便|也|还|，|：)+/u;
/** Joiners; 和 and its kin join nouns too, so that a verb must follow (用中文和英文回答 is one clause). */
const JOINER = /并且|而且|且|并|同时|但|(?:、|和|以及|及)(?=[以不须需要必]|包含|出现|加上)/gu;
/** A purpose after a demand adds nothing that a text could fail: 使用表情以丰富形式. */
const PURPOSE = /(?:以|来|用来|用于|从而)(?:丰富|增强|增加|增添|提升|提高|活跃|点缀|装饰|突出)\p{sc=Han}{0,8}$/u;
/** Replacing one thing by another has no plain prohibition. */
const NOT_NEGATED = /replace|unfollowed|\/say|address|self|phrase\/only/;

const DEMANDS_PHRASE = new Set(["occurrences", "starts-with", "ends-with", "equals", "word-occurrences"]);

/**
 * Whether a phrase that is demanded holds what is forbidden beside it (end with “好的，再见”, and no commas): such a text means
 * something else than it seems to.
 */
function contradictsItself(requirement: Requirement): boolean {
  if (!("all" in requirement)) return false;
  const atoms = requirement.all.filter((part) => "measure" in part);
  const languages = atoms.filter(
    ({ measure, in: set, of }) => measure === "language" && sameSet(set, SOME) && of === undefined,
  );
  if (languages.length > 1) return true;
  const forbidden = atoms.filter((part) => sameSet(part.in, NONE) && part.of === undefined);
  return atoms.some(
    (part) =>
      DEMANDS_PHRASE.has(part.measure) &&
      sameSet(part.in, SOME) &&
      forbidden.some(
        (not) =>
          not.measure !== "starts-with" &&
          not.measure !== "ends-with" &&
          meets(not, viewOf(Object.values(part.arg ?? {}).join(""))) === false,
      ),
  );
}

/** What a prohibition of the requirement asks: of a list, that none is there. */
function forbid(requirement: Requirement): Requirement | null {
  if (!("all" in requirement)) return complement(requirement);
  const atoms = requirement.all;
  if (!atoms.every((part) => "measure" in part && sameSet(part.in, SOME))) return null;
  return { all: atoms.map((part) => ({ ...(part as { measure: string; in: typeof NONE }), in: NONE })) };
}

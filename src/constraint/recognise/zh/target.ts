// What a clause is about: the whole reply, its nth part, every part, some part. The rest of the clause is the predicate.

import { type Atom, all, atom, type Requirement } from "../../expression.ts";
import { contains, SOME, sameSet } from "../../interval.ts";
import type { Segment } from "../../text-view.ts";
import { COUNT_OF_SEGMENT } from "../rule.ts";
import { NUMBER, numberOf } from "./number.ts";

export type Target =
  | { readonly kind: "whole" }
  | { readonly kind: "part"; readonly segment: Segment; readonly at: number }
  | { readonly kind: "every"; readonly segment: Segment }
  | { readonly kind: "some"; readonly segment: Segment };

const WHOLE: Target = { kind: "whole" };

/** A clause taken apart: what it is about (`explicit` if it says so), and what it says of it. */
export interface Reading {
  readonly target: Target;
  readonly explicit: boolean;
  readonly rest: string;
}

const IN = "(?:之中|当中|中|里面|里|内|上|时)?";
const ALL_OF =
  "(?:每一?次的?|每一?轮的?|每一?条的?|每一?个|所有的?|全部的?|全部|整个|整条|整篇|整段|整体|本次的?|最终的?|一次|该|该条|你的|你|您的|助手的|AI的|模型的|系统的)*";
const REPLY_NOUN =
  "(?:回复消息|回复|回答|答复|答案|输出|响应|回应|应答|内容|文本|全文|正文|全篇|通篇|整体|全程|结果|台词|广播词|文案|故事|文章|作文|信件?|全信|诗歌?|脚本|评论|消息|正文内容|接话|话术|报告|短文|邮件|通知|祝福语?|日记|对话)";
const REPLY = `(?:(?:在|对|对于|于)?${ALL_OF}${REPLY_NOUN}(?:的)?(?:内容|文本|文字|结果|信息|消息|正文|全文|文案|语言|语句)?${IN}|(?:在)?(?:全文|通篇|全篇|文中|文内|全程|文本)${IN}|每一?次(?:都)?|每一?轮(?:都)?|始终|一律|一直|永远|你|您|整体上?)`;
const OF_REPLY = `(?:在)?(?:${REPLY}的?)?`;

const KIND: Readonly<Record<string, Segment>> = {
  段: "paragraph",
  句: "sentence",
  行: "line",
  项: "item",
  题: "heading",
  粗: "bold",
  词: "word",
};

/** Nouns of parts; the named group tells the kind by its key character. */
const PART_NOUN =
  "(?:(?:个)?(?:自然)?(?<段>段落|段话|段文字|段(?!子))|(?:个)?(?:完整的?)?(?<句>句子|句话|句(?![号式型]))|(?<行>行文字|行内容|行(?![为业程动政首]))|(?:个|条|项)?(?<项>列表项目?|列表条目|列表|无序列表项|有序列表项|编号列表项|项目符号(?:项|要点|列表项)?)|(?:个|级)?(?<题>markdown(?:格式的?)?(?:小)?标题)|(?:处|个|段)?(?<粗>加粗(?:的)?(?:文字|文本|内容|部分|词语|字体)?)|(?:个)?(?<词>(?:英文|英语)?单词))";
/** After 列表的: 每一条, 每项. */
const LIST_OF = "(?:列表(?:的|中的?|里的?)?)";
const LIST_NOUN = "(?<项>项|条|个条目|条目|点|个项目|个要点|行)";
const TAIL = `(?:的?(?:内容|文字|文本|里面|中间|中|里|内|上|部分))?`;

const EVERY = "(?:每一|每|各|所有的?|全部的?|任何一?|任意一?)";
const PATTERNS: readonly (readonly [Target["kind"] | "none" | "first" | "last" | "nth" | "nth-last", RegExp])[] = [
  ["every", new RegExp(`^${OF_REPLY}${EVERY}${PART_NOUN}${TAIL}`, "iu")],
  ["every", new RegExp(`^${OF_REPLY}${LIST_OF}${EVERY}${LIST_NOUN}${TAIL}`, "iu")],
  ["every", new RegExp(`^${OF_REPLY}${EVERY}条(?<项>列表)${IN}${TAIL}`, "iu")],
  ["none", new RegExp(`^${OF_REPLY}没有(?:任何)?[一1]?${PART_NOUN}${TAIL}(?:是|能|可以|会)?`, "iu")],
  [
    "some",
    new RegExp(`^${OF_REPLY}(?:必须)?(?:至少|起码|最少)(?:有|要有|需有)?(?:其中)?[一1]${PART_NOUN}${TAIL}`, "iu"),
  ],
  [
    "some",
    new RegExp(
      `^${OF_REPLY}(?:必须)?(?:至少|起码|最少)?(?:有|存在)[一1]${PART_NOUN}${TAIL}(?=要|必须|需|应|以|包含|是|不)`,
      "iu",
    ),
  ],
  [
    "first",
    new RegExp(`^${OF_REPLY}(?:开头)?(?:的)?(?:第[一1]|首|开头第?[一1]?|开篇第?[一1]?)${PART_NOUN}${TAIL}`, "iu"),
  ],
  [
    "last",
    new RegExp(
      `^${OF_REPLY}(?:结尾)?(?:的)?(?:最后的?(?:[一1])?|末尾?(?:[一1])?|结尾(?:[一1])?|尾|倒数第[一1])${PART_NOUN}${TAIL}`,
      "iu",
    ),
  ],
  ["nth-last", new RegExp(`^${OF_REPLY}倒数第(?<n>${NUMBER})${PART_NOUN}${TAIL}`, "iu")],
  ["nth", new RegExp(`^${OF_REPLY}(?:正数)?第(?<n>${NUMBER})${PART_NOUN}${TAIL}`, "iu")],
  ["first", new RegExp(`^${OF_REPLY}${LIST_OF}第[一1]${LIST_NOUN}${TAIL}`, "iu")],
  ["last", new RegExp(`^${OF_REPLY}${LIST_OF}(?:最后[一1]|末)${LIST_NOUN}${TAIL}`, "iu")],
  ["nth", new RegExp(`^${OF_REPLY}${LIST_OF}第(?<n>${NUMBER})${LIST_NOUN}${TAIL}`, "iu")],
];
const REPLY_HEAD = new RegExp(`^${REPLY}的?`, "iu");

/** The ways to take a clause apart, the most telling first. */
export function readings(clause: string): Reading[] {
  const found: Reading[] = [];
  for (const [kind, pattern] of PATTERNS) {
    const match = pattern.exec(clause);
    if (match === null) continue;
    const segment = segmentOf(match.groups ?? {});
    if (segment === null) continue;
    const rest = clause.slice(match[0].length);
    if (kind === "none") found.push({ target: { kind: "every", segment }, explicit: true, rest: `不${rest}` });
    else if (kind === "every" || kind === "some") found.push({ target: { kind, segment }, explicit: true, rest });
    else {
      const n = kind === "first" || kind === "last" ? 1 : numberOf(match.groups?.n ?? "");
      if (n === null || n === 0) continue;
      const at = kind === "last" || kind === "nth-last" ? -n : n;
      found.push({ target: { kind: "part", segment, at }, explicit: true, rest });
    }
    return found; // a part that is named is what the clause is about
  }
  found.push({ target: WHOLE, explicit: false, rest: clause });
  for (let rest = clause, i = 0; i < 3; i += 1) {
    const match = REPLY_HEAD.exec(rest);
    if (match === null) break;
    rest = rest.slice(match[0].length);
    found.push({ target: WHOLE, explicit: true, rest });
  }
  return found;
}

function segmentOf(groups: Readonly<Record<string, string | undefined>>): Segment | null {
  for (const [key, segment] of Object.entries(KIND)) if (groups[key] !== undefined) return segment;
  return null;
}

/**
 * The requirement, of what the clause is about; null where it cannot be said of that. “Every” supposes that there is one,
 * except in prohibitions and upper bounds, which a text without such parts keeps.
 */
export function about(target: Target, requirement: Requirement): Requirement | null {
  if (target.kind !== "whole" && target.segment === "sentence" && isEquals(requirement)) {
    // A sentence holds its stop, which the phrase it must be may leave out: starting and ending with it lets that pass.
    const { phrase } = requirement.arg as { phrase: string };
    return about(target, all(atom("starts-with", SOME, { phrase }), atom("ends-with", SOME, { phrase })));
  }
  switch (target.kind) {
    case "whole":
      return requirement;
    case "part":
      return onPart(requirement, target.segment, target.at);
    case "some":
      return { some: target.segment, is: requirement };
    case "every": {
      const every: Requirement = { every: target.segment, is: requirement };
      return holdsOfNothing(requirement) ? every : all(atom(COUNT_OF_SEGMENT[target.segment], SOME), every);
    }
  }
}

const isEquals = (requirement: Requirement): requirement is Atom =>
  "measure" in requirement && requirement.measure === "equals" && sameSet(requirement.in, SOME);

function onPart(requirement: Requirement, segment: Segment, at: number): Requirement | null {
  if ("measure" in requirement) return requirement.of === undefined ? { ...requirement, of: { segment, at } } : null;
  if ("all" in requirement || "any" in requirement) {
    const parts = ("all" in requirement ? requirement.all : requirement.any).map((part) => onPart(part, segment, at));
    if (parts.includes(null)) return null;
    return "all" in requirement ? { all: parts as Requirement[] } : { any: parts as Requirement[] };
  }
  return null;
}

function holdsOfNothing(requirement: Requirement): boolean {
  if ("measure" in requirement) return contains(requirement.in, 0);
  if ("all" in requirement) return requirement.all.every(holdsOfNothing);
  if ("any" in requirement) return requirement.any.some(holdsOfNothing);
  return false;
}

// How English and Chinese put a requirement together: who it is about, must or is, every and some, and and or.
import type { WordingLanguage } from "../argument.ts";
import type { Part } from "../expression.ts";
import type { Segment } from "../text-view.ts";

/** What a clause is about: the response, the user's message (in a trigger), or the segment that a quantifier speaks of. */
export type Scope = "response" | "query" | "segment";
/** A requirement commands; a trigger states. */
export type Mood = "must" | "is";

export interface Grammar {
  readonly subject: Readonly<Record<Scope, string>>;
  /** "The first paragraph" of the scope. */
  part(part: Part, scope: Scope): string;
  /**
   * Subject of a clause about each, or at least one, segment. "Each" holds where there is none, and says so ("if any"):
   * people's plain "every list item …" supposes that there is one, and is left to the recogniser.
   */
  quantified(quantifier: "every" | "some", segment: Segment, scope: Scope): string;
  /** Head of a bracketed requirement about each, or at least one, segment. */
  forEach(quantifier: "every" | "some", segment: Segment, scope: Scope): string;
  /** A template's predicate in a mood, `!` before it or not, with the space that parts it from the subject. */
  predicate(template: string, mood: Mood): string;
  readonly and: string;
  readonly or: string;
  readonly open: string;
  readonly close: string;
  readonly trigger: readonly [before: string, after: string];
  readonly judge: Readonly<Record<Mood, (question: string, answer: string) => string>>;
  readonly yes: string;
  readonly no: string;
  readonly listComma: string;
  readonly stop: string;
}

const THIRD_PERSON: Readonly<Record<string, string>> = { be: "is", have: "has", match: "matches" };
const thirdPerson = (verb: string): string => THIRD_PERSON[verb] ?? `${verb}s`;

const SEGMENT_EN: Readonly<Record<Segment, string>> = {
  paragraph: "paragraph",
  line: "line",
  sentence: "sentence",
  item: "list item",
  heading: "heading",
  bold: "bold passage",
  word: "word",
};
const OF_EN: Readonly<Record<Scope, string>> = { response: "", query: " of the user's message", segment: " of it" };

function ordinal(n: number): string {
  if (n === 1) return "first";
  const suffix = n % 100 >= 11 && n % 100 <= 13 ? "th" : (["th", "st", "nd", "rd"][n % 10] ?? "th");
  return `${n}${suffix}`;
}

const en: Grammar = {
  subject: { response: "the response", query: "the user's message", segment: "it" },
  part: ({ segment, at }, scope) => {
    const which = at > 0 ? ordinal(at) : at === -1 ? "last" : `${ordinal(-at)}-to-last`;
    return `the ${which} ${SEGMENT_EN[segment]}${OF_EN[scope]}`;
  },
  quantified: (quantifier, segment, scope) =>
    quantifier === "every"
      ? `every ${SEGMENT_EN[segment]}${OF_EN[scope]} (if any)`
      : `at least one ${SEGMENT_EN[segment]}${OF_EN[scope]}`,
  forEach: (quantifier, segment, scope) => `for ${en.quantified(quantifier, segment, scope)}: `,
  predicate: (template, mood) => {
    const negated = template.startsWith("!");
    const body = negated ? template.slice(1) : template;
    if (mood === "must") return ` must ${negated ? "not " : ""}${body}`;
    const [verb, ...rest] = body.split(" ");
    if (!negated) return ` ${[thirdPerson(verb!), ...rest].join(" ")}`;
    return verb === "be" ? ` is not ${rest.join(" ")}` : ` does not ${body}`;
  },
  and: "; and ",
  or: "; or ",
  open: "(",
  close: ")",
  trigger: ["if ", ", then "],
  judge: {
    must: (question, answer) => `the answer to the question ${question} must be ${answer}`,
    is: (question, answer) => `the answer to the question ${question} is ${answer}`,
  },
  yes: "yes",
  no: "no",
  listComma: ", ",
  stop: ".",
};

const SEGMENT_ZH: Readonly<Record<Segment, string>> = {
  paragraph: "个段落",
  line: "行",
  sentence: "个句子",
  item: "个列表项",
  heading: "个标题",
  bold: "处加粗",
  word: "个单词",
};
const OF_ZH: Readonly<Record<Scope, string>> = { response: "", query: "用户消息的", segment: "它的" };

const zh: Grammar = {
  subject: { response: "回复", query: "用户消息", segment: "它" },
  part: ({ segment, at }, scope) => {
    const which = at > 0 ? `第${at}` : at === -1 ? "最后一" : `倒数第${-at}`;
    return `${OF_ZH[scope]}${which}${SEGMENT_ZH[segment]}`;
  },
  quantified: (quantifier, segment, scope) =>
    quantifier === "every"
      ? `${OF_ZH[scope]}每一${SEGMENT_ZH[segment]}（如有）都`
      : `${OF_ZH[scope]}至少有一${SEGMENT_ZH[segment]}`,
  forEach: (quantifier, segment, scope) =>
    `对${OF_ZH[scope]}${quantifier === "every" ? "每一" : "至少一"}${SEGMENT_ZH[segment]}${quantifier === "every" ? "（如有）" : ""}：`,
  predicate: (template, mood) => {
    const negated = template.startsWith("!");
    const body = negated ? template.slice(1) : template;
    if (mood === "must") return `${negated ? "不得" : "必须"}${body}`;
    return negated ? `不${body}` : body;
  },
  and: "；并且",
  or: "；或者",
  open: "（",
  close: "）",
  trigger: ["如果", "，那么"],
  judge: {
    must: (question, answer) => `对问题${question}的回答必须为${answer}`,
    is: (question, answer) => `对问题${question}的回答为${answer}`,
  },
  yes: "是",
  no: "否",
  listComma: "、",
  stop: "。",
};

export const GRAMMARS: Readonly<Record<WordingLanguage, Grammar>> = { en, zh };

// Punctuation marks by name, punctuation as such, digits and numbers.
import { MARKS } from "../../argument.ts";
import { all, any, atom, type Requirement } from "../../expression.ts";
import { NONE, SOME } from "../../interval.ts";
import { countOf, countRules, type HintedRule } from "./count.ts";
import { phraseIn } from "./literals.ts";
import { LITERAL } from "./mask.ts";
import { AFTER_LITERAL, AT_END, HAVE, whole } from "./words.ts";

/** Names of marks that people use beside the names of the wording. */
const SYNONYMS: Readonly<Record<string, string>> = {
  惊叹号: "exclamation mark",
  叹号: "exclamation mark",
  疑问号: "question mark",
  双引号: "quotation mark",
};
const NAMED: ReadonlyMap<string, string> = new Map([
  ...Object.entries(MARKS).map(([key, mark]): [string, string] => [mark.zh, key]),
  ...Object.entries(SYNONYMS),
]);
const NAME = `(?:中文|英文|中英文)?(?<mark>${[...NAMED.keys()].join("|")})`;
const PUNCTUATION = "(?:标点符号|标点)";

const markOf = (name: string | undefined): string | null => NAMED.get(name ?? "") ?? null;

/** Marks that are one character in either width, for 以感叹号结尾. */
const WIDTHS: Readonly<Record<string, readonly [string, string]>> = {
  comma: ["，", ","],
  "full stop": ["。", "."],
  "exclamation mark": ["！", "!"],
  "question mark": ["？", "?"],
  semicolon: ["；", ";"],
  colon: ["：", ":"],
};

const marksOf = (groups: Readonly<Record<string, string | undefined>>): string[] | null => {
  const names = [groups.mark, groups.mark2, groups.mark3].filter((name) => name !== undefined).map(markOf);
  return names.includes(null) ? null : (names as string[]);
};

/** Whether the measure of punctuation counts something in the phrase. */
const hasPunctuation = (phrase: string): boolean => /\p{P}|[~～^`|<>+=]/u.test(phrase);

const REPLACE =
  "(?:(?:都|均|全部|全|一律)?(?:必须|需要|需|须|应该|应|要)?(?:都|均|全部|全|一律)?(?:被)?(?:用|使用|以|替换[为成]|替代[为成]?|替换|换[成为]|改[成为]|由))";
const INSTEAD = "(?:来|进行)?(?:代替|替代|替换|表示|取代)?";

export const MARK_RULES: readonly HintedRule[] = [
  ...countRules({
    name: "mark",
    noun: NAME,
    unit: "个|处",
    count: (set, groups) => {
      const mark = markOf(groups.mark);
      return mark === null ? null : atom("marks", set, { mark });
    },
  }),
  {
    name: "mark/list",
    pattern: whole(
      `${HAVE}(?:任何)?${NAME}(?:、|和|或|与|及|以及|或者)${NAME.replace("<mark>", "<mark2>")}(?:(?:、|和|或|与|及|以及|或者)${NAME.replace("<mark>", "<mark3>")})?`,
    ),
    read: (groups) => {
      const marks = marksOf(groups);
      return marks === null ? null : all(...marks.map((mark) => atom("marks", SOME, { mark })));
    },
  },
  {
    name: "mark/end",
    pattern: whole(
      `(?:以|用)(?:一个|1个)?${NAME}(?:来|作为|为)?(?:结尾|收尾|结束|作结)|(?:${AT_END})(?:都|均)?(?:必须|要|需|需要)?(?:是|为|用|使用|加上?)(?:一个|1个)?${NAME}`,
    ),
    read: (groups) => {
      const widths = WIDTHS[markOf(groups.mark) ?? ""];
      return widths === undefined ? null : any(...widths.map((phrase) => atom("ends-with", SOME, { phrase })));
    },
  },
  {
    name: "mark/replace",
    pattern: whole(
      `(?:把|将)?(?:全文|文|回答|回复|输出|文本)?(?:中|里)?(?:的)?(?:所有的?|全部的?|每个|文中的?|出现的?)?(?:的)?${NAME}${REPLACE}(?:符号|表情符号|表情|emoji)?(?<next>${LITERAL})${AFTER_LITERAL}${INSTEAD}`,
    ),
    read: (groups) => markReplaced(markOf(groups.mark), phraseIn(groups.next)),
  },
  {
    name: "mark/replace-with",
    pattern: whole(
      `(?:用|以|使用)(?:符号|表情符号|表情|emoji)?(?<next>${LITERAL})(?:来)?(?:代替|替代|替换|取代)(?:所有的?|全部的?|全文的?|每个|文中的?)?${NAME}`,
    ),
    read: (groups) => markReplaced(markOf(groups.mark), phraseIn(groups.next)),
  },
  {
    name: "mark/unfollowed",
    pattern: whole(
      `(?:在)?(?:所有的?|全部的?|每个|每一个)?${NAME}(?:的)?(?:后面?|之后|后边)(?:都|均)?(?:必须|要|需要|需|应)?(?:加上?|添加上?|加入|插入|紧跟|跟上|带上?|附上)(?:一个|1个)?(?:表情符号|表情|emoji|符号)?(?<next>${LITERAL})${AFTER_LITERAL}`,
    ),
    read: (groups) => {
      const [phrase] = WIDTHS[markOf(groups.mark) ?? ""] ?? [];
      return phrase === undefined ? null : atom("unfollowed", NONE, { phrase, next: phraseIn(groups.next) });
    },
  },
  {
    name: "mark/replace-mark",
    pattern: whole(
      `(?:把|将)?(?:所有的?|全部的?|每个)?${NAME}${REPLACE}${NAME.replace("<mark>", "<mark2>")}${INSTEAD}`,
    ),
    read: (groups) => {
      const [old, next] = [markOf(groups.mark), markOf(groups.mark2)];
      if (old === null || next === null || old === next) return null;
      return all(atom("marks", NONE, { mark: old }), atom("marks", SOME, { mark: next }));
    },
  },
  {
    name: "punctuation/replace",
    pattern: whole(
      `(?:把|将)?(?:全文|文|回答|回复|输出|文本)?(?:中|里)?(?:的)?(?:所有的?|全部的?|一切|文中的?)?(?:出现的?)?${PUNCTUATION}${REPLACE}(?:符号|表情符号|表情|emoji)?(?<next>${LITERAL})${AFTER_LITERAL}${INSTEAD}`,
    ),
    read: (groups) => unpunctuated(phraseIn(groups.next)),
  },
  {
    name: "punctuation/replace-with",
    pattern: whole(
      `(?:用|以|使用)(?:符号|表情符号|表情|emoji)?(?<next>${LITERAL})${AFTER_LITERAL}(?:来)?(?:代替|替代|替换|取代)(?:所有的?|全部的?|文中的?|全文的?)?${PUNCTUATION}`,
    ),
    read: (groups) => unpunctuated(phraseIn(groups.next)),
  },
  {
    name: "punctuation/end",
    pattern: whole(
      `(?:(?:${AT_END})(?:${HAVE}|添加|加)?(?:任何|一个)?${PUNCTUATION}|(?:以|用)(?:一个|任何)?${PUNCTUATION}(?:来)?(?:结尾|收尾|结束))`,
    ),
    read: () => atom("ends-with-punctuation", SOME),
  },
  ...countRules({ name: "punctuation", noun: PUNCTUATION, unit: "个|处|种", count: countOf("punctuation") }),
  ...countRules({ name: "digits", noun: "(?:阿拉伯数字|数字字符|数字符号)", unit: "个|位", count: countOf("digits") }),
  ...countRules({
    name: "numbers",
    noun: "用(?:阿拉伯)?数字(?:书写|写|表示)(?:出来)?的(?:数|数值|数目)",
    unit: "个",
    count: countOf("numbers"),
  }),
];

function unpunctuated(next: string): Requirement | null {
  if (next === "" || hasPunctuation(next)) return null;
  return all(atom("punctuation", NONE), atom("occurrences", SOME, { phrase: next }));
}

function markReplaced(mark: string | null, next: string): Requirement | null {
  if (mark === null || new RegExp(MARKS[mark]!.characters.source, "u").test(next)) return null;
  return all(atom("marks", NONE, { mark }), atom("occurrences", SOME, { phrase: next }));
}

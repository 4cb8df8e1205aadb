// Length: 字 (Han characters), 单词, 字符, 句, 行, 段.
import type { Rule } from "../rule.ts";
import { countOf, countRules, type HintedRule } from "./count.ts";
import { amount, amountOf } from "./number.ts";
import { LINK, whole } from "./words.ts";

const WRITE =
  "写|讲|分|分成|分为|分作|由|占|回|说|设置|划分为|组织成|控制成|以|用|列|限|限制|控制|保持|控制在|限制在|保持在";

export const LENGTH_RULES: readonly HintedRule[] = [
  {
    name: "length/han",
    pattern: whole(
      `(?:(?:总)?(?:汉字|文本|中文|文字|全文|内容)?(?:的)?(?:总)?(?:汉字字数|汉字数量?|汉字|字数|篇幅|长度)(?:的)?(?:总)?(?:数量|总数)?)?${LINK}(?:写|用|有|说)?${amount("个?(?:汉字|中文字符?|中文汉字|字)")}(?:之间|的篇幅|的长度)?`,
    ),
    read: (groups) => lengthOf("han", groups),
  },
  {
    name: "length/han-tally",
    pattern: whole(
      `(?:总)?(?:汉字|文本|中文|文字|全文|内容)?(?:的)?(?:总)?(?:汉字字数|汉字数|汉字数量|汉字字数数量|字数)(?:的)?(?:总)?(?:数量|总数)?${LINK}${amount("|个")}`,
    ),
    read: (groups) => lengthOf("han", groups),
  },
  ...(
    [
      ["paragraphs", "段落|段话|段文字|段内容|段", "个|"],
      ["sentences", "句话|句子|句", "个|"],
      ["lines", "行文字|行", ""],
    ] as const
  ).map(([measure, noun, unit]): Rule => {
    const parts = amount(unit, `(?:自然|语言|完整的?)*(?:${noun})`);
    // 用两段话回答, 分为三段, 回答为一段话: as the form of the whole a number is exact, and one is one.
    return {
      name: `length/${measure}/form`,
      pattern: whole(
        `(?:只能|仅能|只|仅)?(?:(?:分成|分为|分|输出为|设置为|写成|写为|回答为|为|是|共|由|划分为|结构为|格式为)${parts}(?:的形式|形式|的格式|组成|构成)?(?:来|进行)?(?:回答|作答|输出|回复|阐述|呈现|内容|进行阐述|写|组成|叙述)?|(?:用|以|使用|通过)${parts}(?:的形式|形式|的格式|的篇幅)?(?:来|进行)*(?:回答|作答|输出|回复|阐述|呈现|完成|写完|答复|组成|叙述|描述))`,
      ),
      read: (groups) => lengthOf(measure, groups),
    };
  }),
  ...countRules({
    name: "length/han",
    noun: "(?:汉字|中文汉字|中文字符|中文文字|中文字|中文)",
    unit: "个",
    count: countOf("han"),
    bareOne: "exact",
  }),
  ...countRules({
    name: "length/words",
    noun: "(?:英文|英语)?(?:单词|英文词)",
    unit: "个",
    count: countOf("words"),
    verbs: WRITE,
    bare: false,
    topical: /^(?:输出|给出|列出|提到|提及|说出|写出|说|讲|提)$/,
    bareOne: "exact",
  }),
  ...countRules({
    name: "length/characters",
    noun: "字符",
    unit: "个|",
    count: countOf("characters"),
    verbs: WRITE,
    bare: false,
    bareOne: "exact",
  }),
  ...countRules({
    name: "length/sentences",
    noun: "(?:完整的?)?(?:句子|句话|句)",
    unit: "个|",
    count: countOf("sentences"),
    verbs: WRITE,
    bare: false,
    bareOne: "exact",
  }),
  ...countRules({
    name: "length/lines",
    noun: "行(?:文字|文本|内容|字)?",
    unit: "",
    count: countOf("lines"),
    verbs: WRITE,
    bare: false,
    bareOne: "exact",
  }),
  ...countRules({
    name: "length/paragraphs",
    noun: "(?:自然|语言)*段(?:落|话|文字|内容)?",
    unit: "个|",
    count: countOf("paragraphs"),
    verbs: WRITE,
    bare: false,
    bareOne: "exact",
  }),
];

function lengthOf(measure: string, groups: Parameters<Rule["read"]>[0]): ReturnType<Rule["read"]> {
  const set = amountOf(groups, "exact");
  return set === null ? null : countOf(measure)(set);
}

// The form of a whole text: a question, JSON, wrapped in marks, a pattern.
import { atom, type Requirement } from "../../expression.ts";
import { SOME } from "../../interval.ts";
import { faultOfSchema } from "../../json-form.ts";
import { faultOfPattern } from "../../pattern.ts";
import type { Rule } from "../rule.ts";
import { phraseIn, phrasesIn } from "./literals.ts";
import { LITERAL, LITERALS } from "./mask.ts";
import { HAVE, whole } from "./words.ts";

/** Brackets by name. */
const BRACKETS: Readonly<Record<string, readonly [string, string]>> = {
  方括号: ["[", "]"],
  中括号: ["[", "]"],
  方头括号: ["【", "】"],
  花括号: ["{", "}"],
  大括号: ["{", "}"],
  书名号: ["《", "》"],
  尖括号: ["<", ">"],
  单引号: ["'", "'"],
};
const NAME = Object.keys(BRACKETS).join("|");
/** A pair of brackets shown as such: 【】, { }, （ ）. */
const PAIR = "「」|『』|“”|【】|《》|〖〗|〔〕|\\[\\]|\\{\\}|<>|\\(\\)";
const AROUND =
  "(?:来|把|将|整个|全部|都|回答|回复|内容|输出|文本)*(?:括起来|括起|括住|包裹起来|包裹|包起来|包围起来|包围|围起来|框起来|括出来|扩起来)";

/** What is wrapped, where it comes last: 用【】包裹整个回复. */
const ALL = "(?:整个|全部|整条|整段|你的|所有)*(?:回复|回答|输出|内容|全文|答案)?";

const wrapped = (open: string, close: string): Requirement => atom("wrapped", SOME, { open, close });

function pairOf(groups: Readonly<Record<string, string | undefined>>): Requirement | null {
  if (groups.name !== undefined) {
    const pair = BRACKETS[groups.name];
    return pair === undefined ? null : wrapped(...pair);
  }
  if (groups.pair !== undefined) {
    const [open, close] = [...groups.pair];
    // Round brackets come in two widths, and masking has made them one.
    return open === "(" ? null : wrapped(open!, close!);
  }
  const phrases = phrasesIn(groups.list).map((phrase) => phrase.replace(/\s+/g, ""));
  if (phrases.length === 2) return wrapped(phrases[0]!, phrases[1]!);
  const [open, close, ...rest] = [...(phrases[0] ?? "")];
  if (phrases.length !== 1 || close === undefined || rest.length > 0) return null;
  return open === "(" || open === "（" ? null : wrapped(open!, close);
}

export const FORM_RULES: readonly Rule[] = [
  {
    name: "question/ask",
    pattern: whole(
      `(?:(?:${HAVE}|提出?|问|抛出|提问|反问)(?:用户)?(?:至少)?(?:一个|1个|一句|1句|一些)?(?:问题|疑问句|问句|提问)|(?:向|对)用户(?:提问|提出(?:一个|1个)?问题|发问)|提问|发问|提出疑问)`,
    ),
    read: () => atom("question", SOME),
  },
  {
    name: "question/is",
    pattern: whole("(?:是|为|属于)(?:一个|1个|一句)?(?:提问|问句|疑问句|问题)(?:的形式|形式)?"),
    read: () => atom("question", SOME),
  },
  {
    name: "question/end",
    pattern: whole(
      `(?:以|用)(?:一个|1个|一句)?(?:问句|疑问句|问题|提问)(?:来|作为|为)?(?:的形式|形式)?(?:结尾|收尾|结束|作结)`,
    ),
    read: () => atom("question", SOME, undefined, { segment: "sentence", at: -1 }),
  },
  {
    name: "repeats-query",
    pattern: whole(
      `(?:(?:首先|先|开头先?|一开始先?)(?:要|需要|必须)?(?:把|将)?(?:逐字|原样|一字不差|完整)(?:地)?(?:重复|复述|重述|照抄)(?:一遍)?(?:用户|对方)的?(?:问题|消息|提问|请求|原话|话)(?:一遍)?|(?:以|用)(?:逐字|原样)?(?:重复|复述)(?:用户|对方)的?(?:问题|消息|提问|请求|原话|话)(?:作为|为|来)?(?:开头|开始)|(?:首先|先)(?:把|将)(?:用户|对方)的?(?:问题|消息|提问|请求|原话|话)(?:逐字|原样|一字不差|完整)(?:地)?(?:重复|复述|抄写)一遍)`,
    ),
    read: () => atom("repeats-query", SOME),
  },
  {
    name: "json",
    pattern: whole(
      `(?:只|仅|直接|只能|仅能|必须)*(?:以|用|使用|采用|按照?|输出|返回|给出|是|为|回复|提供|生成|遵循)(?:一个|1个|一段|一份)?(?:有效|合法|标准|可解析|完整|纯|有效且可解析|合法且完整|可直接解析)?(?:的)?json(?:对象|数组|字符串|数据|文本|文档|格式|形式|内容)*(?:的)?(?:来|进行)?(?:输出|回答|回复|返回|呈现|给出|结果|回应|内容|数据|文本|字符串|对象|形式|格式|的)*`,
    ),
    read: () => atom("json", SOME),
  },
  {
    name: "json-schema",
    pattern: whole(
      `(?:输出|返回|给出|是|为|回复)?(?:一个|1个)?(?:符合|满足|遵循|匹配)(?:如下|以下|下列|这个)?(?:的)?(?:json)?(?:schema|模式|结构模式)(?:：)?(?<list>${LITERAL})(?:的)?(?:有效)?(?:json)?(?:对象|数据)?`,
    ),
    read: (groups) => {
      const schema = phraseIn(groups.list);
      return faultOfSchema(schema) === null ? atom("json-schema", SOME, { schema }) : null;
    },
  },
  {
    name: "wrapped",
    pattern: whole(
      `(?:全部|整个|全文|整体|都|均|必须|要|需要|需)*(?:用|以|使用|由|被|放在|写在|置于|放入)(?:一对)?(?:(?<list>${LITERALS})|(?<pair>${PAIR})|(?<name>${NAME})(?:\\[\\]|\\{\\}|【】|《》|<>|${LITERAL})?)(?:符号|括号)?(?:${AROUND}${ALL}|之?[中内里间]|之间|里面)`,
    ),
    read: pairOf,
  },
  {
    name: "quoted",
    pattern: whole(
      `(?:全部|整个|全文|整体|都|均|必须|要|需要|需)*(?:用|以|使用|由|被|放在|写在|置于|放入)(?:一对|英文|中文)?(?:双引号|引号)(?:[(]?(?:“”|""|${LITERAL})[)]?)?(?:${AROUND}${ALL}|之?[中内里间]|之间|里面)`,
    ),
    read: () => atom("quoted", SOME),
  },
  {
    name: "matches",
    pattern: whole(
      `(?:匹配|符合|满足)(?:如下|以下|下列)?(?:正则表达式|正则|模式)(?:：)?(?<list>${LITERAL})|(?:与)?(?:正则表达式|正则)(?<list>${LITERAL})(?:相匹配|匹配)`,
    ),
    read: (groups) => {
      const pattern = phraseIn(groups.list);
      return pattern === "" || faultOfPattern(pattern) !== null ? null : atom("matches", SOME, { pattern });
    },
  },
];

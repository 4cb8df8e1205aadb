// Layout: lists and their numbering, headings, tables, code, rules, emphasis, links, placeholders, titles.
import { all, atom, type Requirement } from "../../expression.ts";
import { NONE, SOME } from "../../interval.ts";
import type { Rule } from "../rule.ts";
import { countOf, countRules, type HintedRule } from "./count.ts";
import { phrasesIn } from "./literals.ts";
import { LITERALS } from "./mask.ts";
import { amount, amountOf } from "./number.ts";
import { HAVE, whole } from "./words.ts";

const FORM = "(?:的)?(?:形式|格式|方式|样式|结构)";
const SHOW =
  "(?:来|进行|的形式|的格式|的方式)*(?:输出|回答|回复|呈现|展示|展现|列出|列举|给出|作答|罗列|整理|显示|表示|返回|说明|组织|书写|编写|写|表达|出现|体现)?(?:结果|内容|信息|答案)?(?:出来)?";
const WITH = "(?:以|用|使用|采用|按照?|通过|列成|写成|排成|做成|整理成|画成?|需要|呈现为|输出为|表现为|转换为|遵循)";

/** A thing asked for as a form of the whole: 以表格的形式输出, 使用表格, 用表格回答. */
const asForm = (name: string, noun: string, read: () => Requirement): Rule => ({
  name,
  pattern: whole(`(?:${HAVE}|${WITH})(?:一个|1个|一张|一份)?(?:${noun})(?:${FORM})?${SHOW}`),
  read,
});

const MARKDOWN = "(?:markdown|md)(?:格式|语法)?(?:的)?";
const BOLD = "(?:加粗|粗体|黑体加粗)";
const BOLD_NOUN = `(?:(?:${MARKDOWN})?${BOLD}(?:显示)?(?:的)?(?:文字|文本|内容|字体|字|词语|词|强调|部分|片段|格式|标记|样式|短语|关键词)?)`;
const ITALIC_NOUN = `(?:(?:${MARKDOWN})?斜体(?:显示)?(?:的)?(?:文字|文本|内容|字体|字|词语|词|强调|部分|片段|格式|标记|样式|短语)?)`;
const EMPHASIS: Readonly<Record<string, string>> = { 加粗: "bold", 高亮: "highlights", 斜体: "italic" };
const WHOLLY = "(?:全部|全文|全篇|通篇|全都|整体|整个|全程|均|都|一律)";

const FROM_ONE = ["1", "2", "3", "4", "5", "6", "7", "8", "9", "10"];
const ROMAN = ["I", "II", "III", "IV", "V", "VI", "VII", "VIII", "IX", "X"];
const HAN_NUMBERS = [..."一二三四五六七八九十"];
/** The first signs of each numbering style. */
const SERIES: Readonly<Record<string, readonly string[]>> = {
  "1.": FROM_ONE.map((n) => `${n}.`),
  "1)": FROM_ONE.map((n) => `${n})`),
  "(1)": FROM_ONE.map((n) => `(${n})`),
  "1、": FROM_ONE.map((n) => `${n}、`),
  "I.": ROMAN.map((n) => `${n}.`),
  "i.": ROMAN.map((n) => `${n.toLowerCase()}.`),
  "A.": [..."ABCDEFGH"].map((letter) => `${letter}.`),
  "a.": [..."abcdefgh"].map((letter) => `${letter}.`),
  "一、": HAN_NUMBERS.map((n) => `${n}、`),
  "（一）": HAN_NUMBERS.map((n) => `(${n})`),
  "①": [..."①②③④⑤⑥⑦⑧⑨⑩"],
  "-": ["-"],
  "*": ["*"],
  "•": ["•"],
};

/** The numbering style that people show by its first signs, quoted or bare. */
function styleOf(sample: string): string | null {
  const quoted = phrasesIn(sample);
  const signs = (quoted.length > 0 ? quoted : [sample]).flatMap(signsIn);
  if (signs.length === 0) return null;
  const bare = (sign: string): string => sign.replace("（", "(").replace("）", ")");
  for (const [style, series] of Object.entries(SERIES))
    if (signs.every((sign, i) => bare(sign) === series[i])) return style;
  // A lone letter or numeral may be anything (以“A”); I, II, III number as I., II., III. do.
  for (const style of ["I.", "i.", "A.", "a.", "一、"])
    if (signs.length > 1 && signs.every((sign, i) => `${sign}${style.at(-1)}` === SERIES[style]![i])) return style;
  return null;
}

const SIGN = /[①-⑳]|(?:\d{1,2}|[IVX]{1,4}|[ivx]{1,4}|[A-Ha-h]|[(（]\d{1,2})[.)）]|[(（][一二三四五六七八九十]+[)）]/gu;

/** “1.、2.、3.…” as its signs. The enumeration comma parts signs, and belongs to 一、 where nothing else could. */
function signsIn(sample: string): string[] {
  const trimmed = sample.replace(/[.…]{2,6}$|等$/u, "").trim();
  if (/^(?:[一二三四五六七八九十]、){1,10}$/.test(trimmed) || /^(?:\d{1,2}、){1,10}$/.test(trimmed))
    return trimmed.match(/[^、]+、/g) ?? [];
  const separated = trimmed.split(/[、，,;；\s]+/u).filter((sign) => sign !== "");
  if (separated.length > 1) return separated;
  const run = trimmed.match(SIGN) ?? [];
  return run.join("") === trimmed ? run : [trimmed];
}

/** Signs of a numbering, shown in a row. */
const SAMPLE = `(?<sample>${LITERALS}|(?:[(]?(?:\\d{1,2}|[ivx]{1,4}|[a-h]|[一二三四五六七八九十])[.)、]?[，、]?){2,8}|[①②③④⑤⑥⑦⑧⑨、，]{1,16}|\\d\\.|[(]\\d[)])(?:[.…]{2,6})?`;
const NUMBER_WORD =
  "(?:编号|序号|标号|项目符号|列表符号|数字|罗马数字|大写罗马数字|小写罗马数字|中文数字|汉字数字|阿拉伯数字|字母|大写字母|小写字母|圆圈数字|带圈数字|符号)";

/** Every item marked so, and at least one. */
const allMarked = (style: string): Requirement => all(atom("items", SOME), atom("items-not-numbered", NONE, { style }));

const NAMED_STYLES: readonly (readonly [RegExp, string])[] = [
  [/大写罗马数字|^罗马数字/, "I."],
  [/小写罗马数字/, "i."],
  [/大写(?:英文)?字母/, "A."],
  [/小写(?:英文)?字母/, "a."],
  [/带圈数字|圆圈数字|圈码/, "①"],
];

const ANGLES = `(?:<<>>|双尖括号|双角括号|<<(?:和|与|、)>>|(?<angles>${LITERALS}))`;
const ENCLOSED = "(?:括起来?|包裹|包围|括住|包起来|标出|之间|之中|中|里|内)";

export const LAYOUT_RULES: readonly HintedRule[] = [
  ...countRules({
    name: "layout/items",
    noun: "(?:列表项目?|列表条目|列表内容|列表)",
    unit: "个|条|项",
    count: countOf("items"),
    bare: false,
  }),
  {
    name: "layout/list",
    pattern: whole(`(?:${HAVE}|${WITH})(?:一个|1个)?(?:列表)(?:${FORM})?${SHOW}`),
    read: () => atom("items", SOME),
  },
  {
    name: "layout/list-has",
    pattern: whole(
      `(?:列表)(?:中|里)?(?:必须|要|需|应)?(?:包含|有|共有?|为)?${amount("个|条|项", "(?:列表项|项目|条目|项)?")}`,
    ),
    read: (groups) => {
      const set = amountOf(groups, "exact");
      return set === null ? null : atom("items", set);
    },
  },
  ...countRules({
    name: "layout/bullets",
    noun: "(?:项目符号(?:列表)?(?:项目?|条目|要点|点)?|无序列表(?:项目?|条目|要点)?|(?:以|用)项目符号(?:标记|列出|标示|开头)的(?:要点|条目|内容|项))",
    unit: "个|条|项|点",
    count: countOf("bullets"),
    bare: true,
  }),
  {
    name: "layout/bullets-listed",
    pattern: whole(
      `${WITH}(?:项目符号|无序列表)(?:列表|标记)?(?:的形式|的方式|形式)?(?:来)?(?:列出|给出|列举|写出|呈现|输出|标出|写|列)${amount("个|条|项|点", "(?:要点|意见|建议|内容|条目|项目|信息)?")}`,
    ),
    read: (groups) => {
      const set = amountOf(groups);
      return set === null ? null : atom("bullets", set);
    },
  },
  {
    name: "layout/numbered-listed",
    pattern: whole(
      `${WITH}(?:有序列表|编号列表|数字编号|数字列表|编号|序号)(?:的形式|的方式|形式)?(?:来)?(?:列出|给出|列举|写出|呈现|输出|标出|写|列)${amount("个|条|项|点", "(?:要点|意见|建议|内容|条目|项目|步骤|信息)?")}`,
    ),
    read: (groups) => {
      const set = amountOf(groups);
      return set === null ? null : atom("numbered-items", set);
    },
  },
  asForm("layout/bulleted", "无序列表|项目符号列表|项目符号|项目列表", () => atom("bullets", SOME)),
  ...countRules({
    name: "layout/numbered",
    noun: "(?:编号列表(?:项目?|条目)?|有序列表(?:项目?|条目)?|编号(?:的)?(?:列表项|条目|项目|要点)|数字编号)",
    unit: "个|条|项|点",
    count: countOf("numbered-items"),
    bare: true,
  }),
  asForm("layout/ordered", "有序列表|编号列表|数字列表|数字编号列表", () => atom("numbered-items", SOME)),
  {
    name: "layout/numbering-style",
    pattern: whole(
      `(?:(?:所有的?|每个|各个?|每条|每一条|各条)?(?:步骤|要点|列表(?:的)?编号|列表项?|条目|序号|编号|标号|建议|分点|内容|列表的?每一?项|项目符号|项目)(?:都|均|一律|统一)?(?:必须|要|需要|需|应)?)?(?:用|使用|以|按照?|采用)(?<named>${NUMBER_WORD})*(?:如|例如|比如|：)?${SAMPLE}(?:等|这样的?|这种|这类|式|格式的?|形式的?|的)*(?:${NUMBER_WORD}|标记|标注|格式|形式|样式|的|列表|序数法)*(?:来|进行|作为|为|做|排列|列出|标明|标出|标记|编号|编排|排序|分点|作答|回答|呈现|列表|标号|序号|项目符号|建议|步骤|标记序号|输出|组织|列举|各?条目|各?步骤|各?要点)*`,
    ),
    read: (groups) => {
      const sample = groups.sample ?? "";
      if (/[或和]/.test(sample.replace(/“[^”]*”/g, ""))) return null;
      const style = styleOf(sample);
      return style === null ? null : allMarked(style);
    },
  },
  {
    name: "layout/numbering-named",
    pattern: whole(
      `(?:(?:列表|列表项|编号|序号|条目|步骤|要点)(?:必须|要|需|应)?)?(?:使用|用|采用|以)(?<named>大写罗马数字|罗马数字|小写罗马数字|大写英文字母|大写字母|小写英文字母|小写字母|带圈数字|圆圈数字)(?:来|进行|作为|做|给|为|对)?(?:列表|列表项|步骤|要点|条目)?(?:编号|标号|序号|分点|标记|排序|编排)(?:列表|列出|作答|回答|的列表|要点|步骤|条目)?`,
    ),
    read: (groups) => {
      const style = NAMED_STYLES.find(([pattern]) => pattern.test(groups.named ?? ""))?.[1];
      return style === undefined ? null : allMarked(style);
    },
  },
  ...countRules({
    name: "layout/items-marked",
    noun: "(?:(?:标号|编号|序号)为(?<style>[\ue000-\ue7ff])(?:式|样式|形式)?的(?:列表项|条目))",
    unit: "个|条|项",
    count: (set, groups) => {
      const style = styleOf(groups.style ?? "");
      return style === null ? null : atom("items-numbered", set, { style });
    },
    bare: true,
  }),
  ...countRules({
    name: "layout/headings",
    noun: `(?:${MARKDOWN}(?:小|大|各级|一级|二级)?标题|标题格式|(?:以|用)[#\ue000-\ue7ff](?:号)?(?:开头|表示|标记)的标题|井号标题)`,
    unit: "个|级",
    count: countOf("headings"),
  }),
  ...countRules({
    name: "layout/tables",
    noun: `(?:${MARKDOWN})?(?:表格|图表表格)`,
    unit: "个|张|份",
    count: countOf("tables"),
    verbs: "画|绘制|列|制作|展示|提供",
  }),
  asForm("layout/table", `(?:${MARKDOWN})?(?:表格)`, () => atom("tables", SOME)),
  ...countRules({
    name: "layout/code",
    noun: `(?:${MARKDOWN})?代码块(?:格式)?`,
    unit: "个|段|处",
    count: countOf("code-blocks"),
    verbs: "提供|展示",
  }),
  asForm("layout/code-block", `(?:${MARKDOWN})?代码块`, () => atom("code-blocks", SOME)),
  ...countRules({
    name: "layout/rules",
    noun: `(?:${MARKDOWN})?(?:水平)?(?:分隔线|分割线|水平线|横线分隔)(?:[(](?:---|\\*\\*\\*|[\ue000-\ue7ff])[)])?`,
    unit: "条|个|道|根",
    count: countOf("rules"),
  }),
  ...countRules({ name: "layout/bold", noun: BOLD_NOUN, unit: "处|个|段|次|块", count: countOf("bold") }),
  {
    name: "layout/bold-verb",
    pattern: whole(`加粗${amount("处|个|段")}(?:文字|内容|重点|关键词|关键信息|文本)?`),
    read: (groups) => {
      const set = amountOf(groups);
      return set === null ? null : atom("bold", set);
    },
  },
  {
    name: "layout/bold-verb-first",
    pattern: whole(
      `(?<before>至少|最多|至多|恰好|正好)(?<emphasis>加粗|高亮|斜体)(?<low>[一1两二2三3四4五5六6七7八8九9十]|\\d{1,3})(?:处|个|段)(?:文字|内容|重点|关键词|关键信息|文本)?`,
    ),
    read: (groups) => {
      const set = amountOf(groups);
      return set === null ? null : atom(EMPHASIS[groups.emphasis!]!, set);
    },
  },
  ...countRules({ name: "layout/italic", noun: ITALIC_NOUN, unit: "处|个|段|次", count: countOf("italic") }),
  ...countRules({
    name: "layout/highlights",
    noun: "(?:高亮(?:显示)?(?:的)?(?:文字|文本|内容|部分|片段|段落|区域|标记|章节)?|用(?:星号|\\*|[\ue000-\ue7ff])(?:标记|突出|高亮|括起)的(?:文字|部分|内容))",
    unit: "处|个|段|次",
    count: countOf("highlights"),
  }),
  {
    name: "layout/all-bold",
    pattern: whole(
      `(?:(?:用|使用|以|需要|进行|的全部内容|的所有内容|全部内容|所有内容|的内容)*${WHOLLY}(?:的)?(?:文字|内容|文本|回答)?(?:都|均)?(?:需要|必须|要|需|应)?(?:使用|用|以|进行|进行了|为|是)*(?:${MARKDOWN})?${BOLD}(?:显示|展示|表示|字体|文字|格式|处理)?(?:输出|回答|呈现)?)`,
    ),
    read: () => atom("all-bold", SOME),
  },
  {
    name: "layout/all-italic",
    pattern: whole(
      `(?:(?:用|使用|以|需要|进行|的全部内容|的所有内容|全部内容|所有内容|的内容)*${WHOLLY}(?:的)?(?:文字|内容|文本|回答)?(?:都|均)?(?:需要|必须|要|需|应)?(?:使用|用|以|进行|进行了|为|是)*(?:${MARKDOWN})?斜体(?:显示|展示|表示|字体|文字|格式|处理)?(?:输出|回答|呈现)?)`,
    ),
    read: () => atom("all-italic", SOME),
  },
  ...countRules({
    name: "layout/links",
    noun: `(?:(?:${MARKDOWN})(?:超?链接)(?:语法|格式)?)`,
    unit: "个|条|处",
    count: countOf("links"),
  }),
  ...countRules({
    name: "layout/placeholders",
    noun: "(?:(?:用|以|由)?(?:方括号|\\[\\]|[\ue000-\ue7ff])(?:表示|括起来|括起|标记|标注|包裹|形式)?(?:的)?占位符?|占位符)(?:[(](?:例如|如|比如)[^()]{1,40}[)])?",
    unit: "个|处",
    count: countOf("placeholders"),
  }),
  {
    name: "layout/title",
    pattern: whole(
      `(?:(?:${HAVE}|起|拟|加)?(?:一个|1个)?(?:用|以|由)?${ANGLES}${ENCLOSED}(?:的)?(?:标题|题目)|(?:(?:${HAVE}|起|拟|加|给\\p{sc=Han}{0,6}起)(?:一个|1个|个)?)?(?:标题|题目)，?(?:并|且)?(?:必须|需要|要|需|应)?(?:用|以|由|放在|写在)${ANGLES}${ENCLOSED})`,
    ),
    read: (groups) =>
      groups.angles === undefined || /^<<.*>>$/.test(phrasesIn(groups.angles).join("")) ? atom("titles", SOME) : null,
  },
];

// Language, writing system and case.
import { LANGUAGES, SCRIPTS } from "../../argument.ts";
import { all, any, atom, type Requirement } from "../../expression.ts";
import { NONE, SOME } from "../../interval.ts";
import { countOf, countRules, type HintedRule } from "./count.ts";
import { amount, amountOf } from "./number.ts";
import { HAVE, whole } from "./words.ts";

/** Names of languages that people use beside the names of the wording. */
const SYNONYMS: Readonly<Record<string, string>> = {
  汉语: "zh",
  英文: "en",
  日文: "ja",
  韩文: "ko",
  韩国语: "ko",
  朝鲜语: "ko",
  法文: "fr",
  德文: "de",
  俄文: "ru",
  西班牙文: "es",
  西语: "es",
  葡萄牙文: "pt",
  葡语: "pt",
  意大利文: "it",
  意语: "it",
  阿拉伯文: "ar",
  泰文: "th",
  越南文: "vi",
  越语: "vi",
  希腊文: "el",
  荷兰文: "nl",
  土耳其文: "tr",
  希伯来文: "he",
};
const NAMES: ReadonlyMap<string, string> = new Map([
  ...Object.entries(LANGUAGES).map(([code, names]): [string, string] => [names.zh, code]),
  ...Object.entries(SYNONYMS),
]);
const LANGUAGE = `(?<language>${[...NAMES.keys()].sort((a, b) => b.length - a.length).join("|")})`;
const FULLY = "(?:全程|全部|全文|通篇|完全|始终|统一|一律|都|均|全|整体|仅|只|仅能|只能|只可以?|仅限于?|必须|要)*";
const SPEAK =
  "(?:来|进行|的形式|形式|的方式|的语言|语言|书写|撰写|编写|写作|写成|作为|的文本|的内容|文字)*(?:来|进行)?(?:回答|回复|输出|作答|答复|回应|响应|书写|撰写|编写|写作|写成|写|表达|交流|沟通|对话|呈现|展示|表述|给出|返回|提问|发问|发消息|留言|发言|提出问题|写消息|说话|输入)?(?:的|内容|文本|问题|结果|用户|用户的?问题|回答|回复|即可|消息)*";

const languageOf = (name: string | undefined): string | null => NAMES.get(name ?? "") ?? null;
const inLanguage = (name: string | undefined): Requirement | null => {
  const language = languageOf(name);
  return language === null ? null : atom("language", SOME, { language });
};

const SCRIPT_OF: Readonly<Record<string, string>> = {
  ...Object.fromEntries(Object.entries(SCRIPTS).map(([script, names]) => [names.zh, script])),
  英文: "Latin",
  英语: "Latin",
  汉字: "Han",
  韩语: "Hangul",
  俄文: "Cyrillic",
};
const ALPHABET = "(?<script>英文|英语|拉丁|西里尔|希腊|希伯来|平假名|片假名|泰文|天城文|阿拉伯)";

/** "All English letters in capitals" asks nothing of a text that has none; "in capitals" alone asks for some. */
function ofLetters(measure: "uppercase" | "lowercase", letters: string | undefined): Requirement {
  const letterCase = atom(measure, SOME);
  return letters === undefined ? letterCase : any(atom("letters", NONE, { script: "Latin" }), letterCase);
}

export const SCRIPT_RULES: readonly HintedRule[] = [
  {
    name: "language/in",
    pattern: whole(
      `${FULLY}(?:使用|用|以|采用|通过|说|讲|是|为|改用|转用|应是|应为)${FULLY}${LANGUAGE}(?:一种语言)?${SPEAK}`,
    ),
    read: (groups) => inLanguage(groups.language),
  },
  {
    name: "language/bare",
    pattern: whole(
      `${FULLY}${LANGUAGE}(?:来|进行|的形式)?(?:回答|回复|输出|作答|答复|提问|书写|撰写|发言|留言)(?:即可|问题|用户|内容)?`,
    ),
    read: (groups) => inLanguage(groups.language),
  },
  {
    name: "language/is",
    pattern: whole(
      `(?:使用的|所用的?|的)?(?:语言|语种)(?:都|均)?(?:必须|需要|需|须|应|要|只能|仅能)?(?:使用|用|是|为|限于|限定为|设为|设定为)${LANGUAGE}`,
    ),
    read: (groups) => inLanguage(groups.language),
  },
  ...countRules({
    name: "letters",
    noun: `(?:${ALPHABET}(?:字母|字符))`,
    unit: "个",
    count: (set, groups) => {
      const script = SCRIPT_OF[groups.script ?? ""];
      return script === undefined ? null : atom("letters", set, { script });
    },
  }),
  {
    name: "letters/foreign",
    pattern: whole(`${HAVE}(?:任何|一个|半个)?(?:英文|英语)(?:内容|文字|文本|字样|单词|词汇|词)?`),
    read: () => atom("letters", SOME, { script: "Latin" }),
  },
  {
    name: "script-share",
    pattern: whole(
      `(?:有|使|让)?(?:(?:${ALPHABET}|(?<han>汉字|中文|中文字符))(?:字母|字符|文字)?(?:的)?(?:占比|比例|占)(?:必须|要|应|需)?(?:为|是|在|达到|占)?${amount("%|％")})`,
    ),
    read: (groups) => {
      const set = amountOf(groups, "exact");
      const script = groups.han === undefined ? SCRIPT_OF[groups.script ?? ""] : "Han";
      return set === null || script === undefined ? null : atom("script-share", set, { script });
    },
  },
  ...countRules({
    name: "capital-words",
    noun: "(?:(?:全部|全|完全|全都|都)?(?:是)?大写(?:字母)?的?(?:英文|英语)?(?:单词|词))",
    unit: "个",
    count: countOf("capital-words"),
  }),
  {
    name: "capital-words/all-caps",
    pattern: whole(
      `${amount("个", "(?:英文|英语)?(?:单词|词)")}(?:全部|全|完全|全都|都)(?:用|使用|为|是)?大写(?:字母)?`,
    ),
    read: (groups) => {
      const set = amountOf(groups);
      return set === null ? null : atom("capital-words", set);
    },
  },
  {
    name: "case/upper",
    pattern: whole(
      `(?:(?:所有的?|全部的?)?(?:(?<letters>(?:英文|英语)(?:字母|单词)?)|字母|单词)?${FULLY}(?:使用|用|以|采用|为|是)?${FULLY}(?:英文|英语|的)?大写(?:(?:英文|英语)?字母)?(?:的形式|形式|书写|输出|回答|回复|来|进行|表示)*)`,
    ),
    read: (groups) => ofLetters("uppercase", groups.letters),
  },
  {
    name: "case/lower",
    pattern: whole(
      `(?:(?:所有的?|全部的?)?(?:(?<letters>(?:英文|英语)(?:字母|单词)?)|字母|单词)?${FULLY}(?:使用|用|以|采用|为|是)?${FULLY}(?:英文|英语|的)?小写(?:(?:英文|英语)?字母)?(?:的形式|形式|书写|输出|回答|回复|来|进行|表示)*)`,
    ),
    read: (groups) => ofLetters("lowercase", groups.letters),
  },
  {
    name: "case/in-language",
    pattern: whole(
      `${FULLY}(?:使用|用|以)${FULLY}(?<case>大写|小写)(?:的)?${LANGUAGE}(?:来|进行)?(?:回答|回复|输出|书写|作答)?`,
    ),
    read: (groups) => {
      const language = inLanguage(groups.language);
      return language === null ? null : all(language, atom(groups.case === "大写" ? "uppercase" : "lowercase", SOME));
    },
  },
  {
    name: "case/language-upper",
    pattern: whole(
      `(?:全部|全文|整个回复|完全)?(?:使用|用|以)${LANGUAGE}(?:，)?(?:并|且|并且)?(?:全部|都|均)?(?:使用|用|以)?(?<case>大写|小写)(?:字母)?(?:书写|输出|回答|回复|来|进行|表示)*`,
    ),
    read: (groups) => {
      const language = inLanguage(groups.language);
      return language === null ? null : all(language, atom(groups.case === "大写" ? "uppercase" : "lowercase", SOME));
    },
  },
  {
    name: "han/none",
    pattern: whole(`${HAVE}(?:任何|一个|半个)?(?:汉字|中文字符|中文汉字|中文文字|中文字|中文)`),
    read: () => atom("han", SOME),
  },
];

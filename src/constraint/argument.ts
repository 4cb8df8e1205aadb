// What measures can be asked about, by kind: how each kind is checked, and (for the closed ones) what its members are called
// in English and Chinese.
import { z } from "zod";
import { faultOfSchema } from "./json-form.ts";
import { faultOfPattern } from "./pattern.ts";

export type WordingLanguage = "en" | "zh";

/**
 * `text`: any phrase; `texts`: a list of them; `pattern`: a regular expression (RE2); `schema`: a JSON schema as text; `kwargs`: a
 * JSON object as text; `benchmark`: whose program decides; `detected`: a language that langdetect tells.
 */
export type ArgumentKind =
  | "text"
  | "texts"
  | "pattern"
  | "schema"
  | "kwargs"
  | "benchmark"
  | "language"
  | "detected"
  | "script"
  | "numbering"
  | "mark";

type Names = Readonly<Record<string, Readonly<Record<WordingLanguage, string>>>>;

/** Languages by ISO 639-1 code. */
export const LANGUAGES: Names = {
  ar: { en: "Arabic", zh: "阿拉伯语" },
  bg: { en: "Bulgarian", zh: "保加利亚语" },
  bn: { en: "Bengali", zh: "孟加拉语" },
  cs: { en: "Czech", zh: "捷克语" },
  da: { en: "Danish", zh: "丹麦语" },
  de: { en: "German", zh: "德语" },
  el: { en: "Greek", zh: "希腊语" },
  en: { en: "English", zh: "英语" },
  es: { en: "Spanish", zh: "西班牙语" },
  fa: { en: "Persian", zh: "波斯语" },
  fi: { en: "Finnish", zh: "芬兰语" },
  fr: { en: "French", zh: "法语" },
  gu: { en: "Gujarati", zh: "古吉拉特语" },
  he: { en: "Hebrew", zh: "希伯来语" },
  hi: { en: "Hindi", zh: "印地语" },
  hu: { en: "Hungarian", zh: "匈牙利语" },
  it: { en: "Italian", zh: "意大利语" },
  ja: { en: "Japanese", zh: "日语" },
  kn: { en: "Kannada", zh: "卡纳达语" },
  ko: { en: "Korean", zh: "韩语" },
  ml: { en: "Malayalam", zh: "马拉雅拉姆语" },
  mr: { en: "Marathi", zh: "马拉地语" },
  nl: { en: "Dutch", zh: "荷兰语" },
  no: { en: "Norwegian", zh: "挪威语" },
  pa: { en: "Punjabi", zh: "旁遮普语" },
  pl: { en: "Polish", zh: "波兰语" },
  pt: { en: "Portuguese", zh: "葡萄牙语" },
  ro: { en: "Romanian", zh: "罗马尼亚语" },
  ru: { en: "Russian", zh: "俄语" },
  sv: { en: "Swedish", zh: "瑞典语" },
  ta: { en: "Tamil", zh: "泰米尔语" },
  te: { en: "Telugu", zh: "泰卢固语" },
  th: { en: "Thai", zh: "泰语" },
  tr: { en: "Turkish", zh: "土耳其语" },
  uk: { en: "Ukrainian", zh: "乌克兰语" },
  ur: { en: "Urdu", zh: "乌尔都语" },
  vi: { en: "Vietnamese", zh: "越南语" },
  zh: { en: "Chinese", zh: "中文" },
};

/** Languages that langdetect 1.0.9 tells, by its codes; "zh" is Chinese of either script. */
export const DETECTED_LANGUAGES: Names = {
  ...LANGUAGES,
  af: { en: "Afrikaans", zh: "南非荷兰语" },
  ca: { en: "Catalan", zh: "加泰罗尼亚语" },
  cy: { en: "Welsh", zh: "威尔士语" },
  et: { en: "Estonian", zh: "爱沙尼亚语" },
  hr: { en: "Croatian", zh: "克罗地亚语" },
  id: { en: "Indonesian", zh: "印度尼西亚语" },
  lt: { en: "Lithuanian", zh: "立陶宛语" },
  lv: { en: "Latvian", zh: "拉脱维亚语" },
  mk: { en: "Macedonian", zh: "马其顿语" },
  ne: { en: "Nepali", zh: "尼泊尔语" },
  sk: { en: "Slovak", zh: "斯洛伐克语" },
  sl: { en: "Slovene", zh: "斯洛文尼亚语" },
  so: { en: "Somali", zh: "索马里语" },
  sq: { en: "Albanian", zh: "阿尔巴尼亚语" },
  sw: { en: "Swahili", zh: "斯瓦希里语" },
  tl: { en: "Tagalog", zh: "他加禄语" },
  "zh-cn": { en: "simplified Chinese", zh: "简体中文" },
  "zh-tw": { en: "traditional Chinese", zh: "繁体中文" },
};

/** Benchmarks whose programs give verdicts on instructions. */
export const BENCHMARKS: Names = {
  ifeval: { en: "IFEval", zh: "IFEval" },
  multi_if: { en: "Multi-IF", zh: "Multi-IF" },
  ifbench: { en: "IFBench", zh: "IFBench" },
  ifbench_2026: { en: "IFBench of 2026", zh: "2026年版IFBench" },
};

/** Writing systems by Unicode script name. */
export const SCRIPTS: Names = {
  Arabic: { en: "Arabic", zh: "阿拉伯" },
  Cyrillic: { en: "Cyrillic", zh: "西里尔" },
  Devanagari: { en: "Devanagari", zh: "天城文" },
  Greek: { en: "Greek", zh: "希腊" },
  Han: { en: "Chinese", zh: "中文" },
  Hangul: { en: "Korean", zh: "韩文" },
  Hebrew: { en: "Hebrew", zh: "希伯来" },
  Hiragana: { en: "hiragana", zh: "平假名" },
  Katakana: { en: "katakana", zh: "片假名" },
  Latin: { en: "Latin", zh: "拉丁" },
  Thai: { en: "Thai", zh: "泰文" },
};

/** Ways to number a list, by their first number, with the pattern of the marker. */
export const NUMBERINGS: Readonly<Record<string, RegExp>> = {
  "1.": /^\d+\.$/,
  "1)": /^\d+[)）]$/,
  "(1)": /^[（(]\d+[)）]$/,
  "1、": /^\d+、$/,
  "I.": /^[IVXLC]+[.)]$/,
  "i.": /^[ivxlc]+[.)]$/,
  "A.": /^[A-Z][.)]$/,
  "a.": /^[a-z][.)]$/,
  "一、": /^[一二三四五六七八九十]+[、．]$/,
  "（一）": /^[（(][一二三四五六七八九十]+[)）]$/,
  "①": /^[①-⑳]$/,
  "-": /^[-–—]$/,
  "*": /^\*$/,
  "•": /^[•·●▪]$/,
};

/** Marks that are counted in either width, with their characters. */
export const MARKS: Readonly<Record<string, { en: readonly [string, string]; zh: string; characters: RegExp }>> = {
  comma: { en: ["comma", "commas"], zh: "逗号", characters: /[,，،﹐︐፣՝᠂߸꓾꘍⹁]/g },
  "full stop": { en: ["full stop", "full stops"], zh: "句号", characters: /[。．]|\.(?!\d)/g },
  "exclamation mark": { en: ["exclamation mark", "exclamation marks"], zh: "感叹号", characters: /[!！]/g },
  "question mark": { en: ["question mark", "question marks"], zh: "问号", characters: /[?？]/g },
  semicolon: { en: ["semicolon", "semicolons"], zh: "分号", characters: /[;；]/g },
  colon: { en: ["colon", "colons"], zh: "冒号", characters: /[:：]/g },
  "enumeration comma": { en: ["enumeration comma", "enumeration commas"], zh: "顿号", characters: /、/g },
  dash: { en: ["dash", "dashes"], zh: "破折号", characters: /—+|–|(?<=\s)--?(?=\s)/g },
  hyphen: { en: ["hyphen", "hyphens"], zh: "连字符", characters: /-/g },
  ellipsis: { en: ["ellipsis", "ellipses"], zh: "省略号", characters: /…+|\.{3,}/g },
  parenthesis: { en: ["opening parenthesis", "opening parentheses"], zh: "左括号", characters: /[(（]/g },
  "quotation mark": { en: ["quotation mark", "quotation marks"], zh: "引号", characters: /["“”„«»「」『』]/g },
};

const nonEmpty = z.string().min(1);
const oneOf = (table: object, what: string): z.ZodType<string> =>
  z.string().refine((name) => Object.hasOwn(table, name), { error: `not a known ${what}` });

function isJsonObject(text: string): boolean {
  try {
    return z.record(z.string(), z.json()).safeParse(JSON.parse(text)).success;
  } catch {
    return false;
  }
}

const KINDS: Record<ArgumentKind, z.ZodType<string | readonly string[]>> = {
  text: nonEmpty.refine((text) => text.trim() === text, { error: "phrases carry no white space around them" }),
  texts: z.array(nonEmpty).min(1),
  pattern: nonEmpty.superRefine((pattern, context) => {
    const fault = faultOfPattern(pattern);
    if (fault !== null) context.addIssue(fault);
  }),
  schema: nonEmpty.superRefine((schema, context) => {
    const fault = faultOfSchema(schema);
    if (fault !== null) context.addIssue(fault);
  }),
  benchmark: oneOf(BENCHMARKS, "benchmark"),
  kwargs: z.string().refine(isJsonObject, { error: "not a JSON object" }),
  language: oneOf(LANGUAGES, "language code"),
  detected: oneOf(DETECTED_LANGUAGES, "code of a language that langdetect tells"),
  script: oneOf(SCRIPTS, "script"),
  numbering: oneOf(NUMBERINGS, "numbering style"),
  mark: oneOf(MARKS, "mark"),
};

/** What is wrong with a value as an argument of a kind, or null. */
export function faultOfArgument(kind: ArgumentKind, value: unknown): string | null {
  const parsed = KINDS[kind].safeParse(value);
  return parsed.success ? null : (parsed.error.issues[0]?.message ?? "invalid");
}

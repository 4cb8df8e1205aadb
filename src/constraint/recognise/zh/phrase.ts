// Phrases: contained, how often, at the start or the end, alone, one after another, one in place of another, between separators.
import { all, any, atom, type Requirement } from "../../expression.ts";
import { NONE, SOME } from "../../interval.ts";
import type { Rule } from "../rule.ts";
import { joinerOf, phraseIn, phrasesIn } from "./literals.ts";
import { LITERAL, LITERALS } from "./mask.ts";
import { amount, amountOf, type Groups } from "./number.ts";
import { AFTER_LITERAL, AT_END, AT_START, BEFORE_LITERAL, HAVE, LINK, whole } from "./words.ts";

const contains = (phrase: string): Requirement => atom("occurrences", SOME, { phrase });

const EACH =
  "(?:所有出现的?|所有|全部|每(?:一)?个|每(?:一)?处|每次出现的?|每当出现|每次提到|每次写到|每次使用|提到|提及|出现|写到)?(?:的)?(?:汉字|词语?|关键词|单词|符号|字)?";
const WORD = "(?:(?:这|一)?(?:个|二|两个)?(?:汉字词语|汉字|字|词语|词|单词|符号|表情))?";
const IN_TEXT = "(?:回答|回复|文|文本|文章|输出|全文)?(?:中|里|里面)?(?:的)?";
const OUGHT = "(?:必须|需要|需|须|应该|应|要|得|请)?";

/** A list of phrases, all or any of them. */
function listed(groups: Groups, one: (phrase: string) => Requirement): Requirement | null {
  const phrases = phrasesIn(groups.list);
  const joiner = joinerOf(groups.list ?? "");
  if (phrases.length === 0 || joiner === null) return null;
  return (groups.of ?? joiner) === "all" ? all(...phrases.map(one)) : any(...phrases.map(one));
}

/** “《》” speaks of what stands between the brackets. */
const BRACKET_PAIR = /^[《【（([{「『<〈〖].?[》】）)\]}」』>〉〗]$/;
/** 回答“否” asks for that answer, not for the sign somewhere in one. */
const SHORT_ANSWER = /^[\p{L}\p{N}]{1,2}$/u;

/** 回答“什么是雪？” may ask for an answer to the question. */
const QUESTION = /[?？]$|什么|如何|怎么|怎样|为何|是否|哪/;

/** One pair of quotation marks around a list (“背景、目标、进度”) names topics to speak of, not words to write. */
const namesTopics = (phrase: string): boolean =>
  (phrase.match(/[、，]/g) ?? []).length >= 2 &&
  !/[。！？!?~～]/.test(phrase) &&
  phrase.split(/[、，]/).every((item) => item.length <= 12);

/** “中的任意一个” after a list makes it a choice. */
const ONE_OF =
  "(?<choice>(?:中的|之中的|里的|其中|中)?(?:任意|任何|至少|其中)?(?:的)?(?:一个|一种|一项|一句|之一|其一)(?:或多个)?)?";
const TIMES = "次|处|遍|回|个|句|朵|枚|颗|条|行";

const times = (groups: Groups): Requirement | null => {
  const set = amountOf(groups);
  const phrases = phrasesIn(groups.list);
  if (set === null || phrases.length === 0 || joinerOf(groups.list!) !== "all") return null;
  // 两个“A”和“B” may mean two of each or two together.
  if (phrases.length > 1 && groups.each === undefined) return null;
  return all(...phrases.map((phrase) => atom("occurrences", set, { phrase })));
};

/** The phrase as often as the number says, for 以两个“A”结尾. */
function repeated(groups: Groups): string | null {
  const phrases = phrasesIn(groups.list);
  if (phrases.length !== 1) return null;
  const counts: Readonly<Record<string, number>> = {
    一: 1,
    1: 1,
    两: 2,
    二: 2,
    2: 2,
    三: 3,
    3: 3,
    四: 4,
    4: 4,
    五: 5,
    5: 5,
  };
  const count = groups.repeat === undefined ? 1 : counts[groups.repeat];
  // Words said twice may stand apart; signs stand side by side.
  if (count === undefined || (count > 1 && /\p{L}/u.test(phrases[0]!))) return null;
  return phrases[0]!.repeat(count);
}
const REPEAT = "(?:(?<repeat>[一两二三四五1-5])(?:个|朵|颗|枚))?";
const PUT =
  "(?:都|均|也)?(?:必须|需要|需|须|应该|应当|应|要|得|请|务必)?(?:都|均)?(?:先)?(?:是|为|：|说明|说道?|回复|回答|答复|告诉用户|告知用户|提醒用户|提示用户|告诉|声明|表明|表示|补充|写上?|写道|写明|用上?|使用|加上?|加入|添加上?|添上|增加|附上|附带|带上?|插入|放上?|放置|输出|出现|包含|有|标注|标上|注明|引入|问候|打招呼)(?:上|一下)?";

/** 以“大家好，我是……”开头: the dots stand for what comes next. */
const starts = (phrase: string): Requirement =>
  atom("starts-with", SOME, { phrase: phrase.replace(/(?<=[\p{L}\p{N}，])(?:…+|\.{3,})$/u, "") });
const ends = (phrase: string): Requirement => atom("ends-with", SOME, { phrase });
const OPENING = "(?:开头语?|开场白?|开始|起始|打头|起头|开篇|开端|首句|起笔|开场语|开头的话)";
const CLOSING = "(?:结尾语?|收尾|结束语?|作结|结语|落款|结束回答|收束)";
const AS = "(?:来|做|作|作为|为|当作?|进行)?(?:你|回复|回答|答复|输出|对话)?(?:的)?";

const SAY =
  "(?:说道?|回答道?|回复道?|答道?|输出|告知|告诉|提示|提醒|表示|表明|声明|询问|问|回应|答复|补充|回一句|说一句)";
const TO_USER = "(?:并|再)?(?:明确|礼貌|委婉)?(?:地)?";
const USER = "(?:用户|对方|玩家|客户|顾客|他们?|她|我|客人|访客|游客|同学)?";

export const PHRASE_RULES: readonly Rule[] = [
  {
    name: "phrase/contain",
    pattern: whole(
      `(?:至少)?(?<verb>${HAVE}|融合|体现|保证有|确保有|确保包含)${BEFORE_LITERAL}(?<list>${LITERALS})${AFTER_LITERAL}(?:出现)?${ONE_OF}`,
    ),
    read: (groups) =>
      phrasesIn(groups.list).some(
        (phrase) =>
          namesTopics(phrase) ||
          BRACKET_PAIR.test(phrase) ||
          groups.verb === "包括" || // 包括“背景”和“目标” names parts
          (/^(?:回答|回复|输出)$/.test(groups.verb!) && (SHORT_ANSWER.test(phrase) || QUESTION.test(phrase))),
      )
        ? null
        : listed({ ...groups, of: groups.choice === undefined ? undefined : "any" }, contains),
  },
  {
    name: "phrase/appear",
    pattern: whole(
      `(?<list>${LITERALS})${AFTER_LITERAL}(?:都|均)?(?:必须|需要|需|须|应该|应当|应|要|得)?(?:至少)?(?:出现|使用|提到|包含)(?:在内)?`,
    ),
    read: (groups) => listed(groups, contains),
  },
  {
    name: "phrase/word",
    pattern: whole(`${HAVE}(?:一个)?(?:英文|英语)?单词(?:：)?(?<list>${LITERALS})`),
    read: (groups) => listed(groups, (word) => atom("word-occurrences", SOME, { word })),
  },
  {
    name: "phrase/say",
    pattern: whole(
      `${TO_USER}(?:向${USER})?(?<verb>${SAY})${USER}(?:一句|一声|这句话|这样一句话)?(?:：)?(?<list>${LITERAL})(?:这句话|的话|这样的话)?`,
    ),
    read: (groups) =>
      SHORT_ANSWER.test(phraseIn(groups.list)) || (groups.verb === "回答" && QUESTION.test(phraseIn(groups.list)))
        ? null
        : contains(phraseIn(groups.list)),
  },
  {
    name: "phrase/say-first",
    pattern: whole(
      `(?:首先|先|一开始就?)(?:说|输出|回答|回复|写|写上|给出|告诉${USER})(?:一句|：)?(?<list>${LITERAL})`,
    ),
    read: (groups) => starts(phraseIn(groups.list)),
  },
  {
    name: "phrase/times-before",
    pattern: whole(
      `(?<verb>${HAVE})?(?<each>分别|各)?(?:有)?(?:了|出|上)?${amount(TIMES)}(?:的)?(?:${HAVE})?(?:表情符号|表情|emoji|符号|单词|词|字)?(?<list>${LITERALS})${AFTER_LITERAL}`,
    ),
    read: (groups) =>
      groups.verb === undefined && groups.before === undefined && groups.after === undefined ? null : times(groups),
  },
  {
    name: "phrase/times-after",
    pattern: whole(
      `(?:${HAVE})?(?:表情符号|表情|emoji|符号|单词|词语|词|字|关键词)?(?<list>${LITERALS})${AFTER_LITERAL}(?:在文中|在全文中|在回复中)?(?<each>都|均|分别|各)?${LINK}(?:重复|提到|提及)?(?:的)?(?:出现|使用)?(?:的)?(?:总)?(?:次数|频率|频次|数量|个数)?(?:都|均)?${LINK}${amount(TIMES)}`,
    ),
    read: times,
  },
  {
    name: "phrase/times-only",
    pattern: whole(
      `(?:只|仅|只能|仅能|只可|只允许)(?:${HAVE})(?<low>[一1两二2三3])(?:次|处|遍|个)(?:的)?(?<list>${LITERAL})${AFTER_LITERAL}`,
    ),
    read: (groups) => times({ ...groups, before: "恰好" }),
  },
  {
    name: "phrase/start",
    pattern: whole(
      `(?:(?:${AT_START})${OUGHT})?(?:以|用|拿|由|从|使用)${REPEAT}${BEFORE_LITERAL}(?<list>${LITERAL})${AFTER_LITERAL}${AS}${OPENING}(?:进行)?(?:回答|回复|输出)?`,
    ),
    read: (groups) => (repeated(groups) === null ? null : starts(repeated(groups)!)),
  },
  {
    name: "phrase/start-choice",
    pattern: whole(`以(?<list>${LITERALS})${ONE_OF}${AS}${OPENING}`),
    read: (groups) =>
      joinerOf(groups.list!) === "any" || groups.choice !== undefined ? listed({ ...groups, of: "any" }, starts) : null,
  },
  {
    name: "phrase/start-place",
    pattern: whole(`(?:${AT_START})${PUT}${REPEAT}${BEFORE_LITERAL}(?<list>${LITERAL})${AFTER_LITERAL}`),
    read: (groups) => (repeated(groups) === null ? null : starts(repeated(groups)!)),
  },
  {
    name: "phrase/both-ends",
    pattern: whole(
      `(?:(?:在)?(?:的)?(?:开头|首)(?:和|与|及|、)?(?:结尾|末尾|尾)(?:处)?(?:都|均|各|分别)?${PUT}${BEFORE_LITERAL}(?<list>${LITERAL})${AFTER_LITERAL}|(?:以|用)(?<list>${LITERAL})${AS}(?:开头)(?:和|与|及|、)(?:结尾|收尾|结束))`,
    ),
    read: (groups) => all(starts(phraseIn(groups.list)), ends(phraseIn(groups.list))),
  },
  {
    name: "phrase/first-word",
    pattern: whole(`(?:的)?(?:第一个|首个)(?:英文|英语)?单词(?:必须|要|应该|应|需)?(?:是|为)(?<list>${LITERAL})`),
    read: (groups) => atom("starts-with-word", SOME, { word: phraseIn(groups.list) }),
  },
  {
    name: "phrase/last-word",
    pattern: whole(`(?:的)?最后(?:一个|1个)(?:英文|英语)?单词(?:必须|要|应该|应|需)?(?:是|为)(?<list>${LITERAL})`),
    read: (groups) => atom("ends-with-word", SOME, { word: phraseIn(groups.list) }),
  },
  {
    name: "phrase/word-ends",
    pattern: whole(`(?:以|用)(?:英文|英语)?单词(?<list>${LITERAL})(?:来|作为|为)?(?:(?<start>开头|开始)|结尾|结束)`),
    read: (groups) =>
      atom(groups.start === undefined ? "ends-with-word" : "starts-with-word", SOME, { word: phraseIn(groups.list) }),
  },
  {
    name: "phrase/first-character",
    pattern: whole(
      `(?:的)?(?:第一个|首个|首)(?:字符?|符号|词|字词)(?:必须|要|应该|应|需)?(?:是|为)(?<list>${LITERAL})`,
    ),
    read: (groups) => starts(phraseIn(groups.list)),
  },
  {
    name: "phrase/end",
    pattern: whole(
      `(?:(?:${AT_END})${OUGHT})?(?:以|用|拿|由|使用)${REPEAT}${BEFORE_LITERAL}(?<list>${LITERAL})${AFTER_LITERAL}${AS}${CLOSING}(?:回答|回复|输出|对话)?`,
    ),
    read: (groups) => (repeated(groups) === null ? null : ends(repeated(groups)!)),
  },
  {
    name: "phrase/end-choice",
    pattern: whole(`以(?<list>${LITERALS})${ONE_OF}${AS}${CLOSING}`),
    read: (groups) =>
      joinerOf(groups.list!) === "any" || groups.choice !== undefined ? listed({ ...groups, of: "any" }, ends) : null,
  },
  {
    name: "phrase/end-place",
    pattern: whole(`(?:${AT_END})${PUT}${REPEAT}${BEFORE_LITERAL}(?<list>${LITERAL})${AFTER_LITERAL}`),
    read: (groups) => (repeated(groups) === null ? null : ends(repeated(groups)!)),
  },
  {
    name: "phrase/last-character",
    pattern: whole(`(?:的)?最后(?:一个|1个)(?:字符?|符号|词|字词)(?:必须|要|应该|应|需)?(?:是|为)(?<list>${LITERAL})`),
    read: (groups) => ends(phraseIn(groups.list)),
  },
  {
    name: "phrase/only",
    pattern: whole(
      `(?:只能|只需要?|仅能|仅需要?|只可以|只可|仅可|只允许|只|仅|必须只|必须仅)(?:被?允许)?(?:输出|回复|回答|说|返回|答复|回应|写|包含|给出)(?:用户)?(?:这?一句话?|这句话|固定内容|固定话术|内容)?(?:：)?(?<list>${LITERAL})(?:这?一句话?|这?[一二两三四五六七八九十](?:个)?字|字样)?(?:即可|就行|就可以了?)?`,
    ),
    read: (groups) => atom("equals", SOME, { phrase: phraseIn(groups.list) }),
  },
  {
    name: "phrase/only-choice",
    pattern: whole(
      `(?:只能|仅能|只|仅|只可以|必须)?(?:是|为|回答|回复|输出|说|从|在)(?<list>${LITERAL}(?:(?:、|，|或者?)*${LITERAL})+)(?:(?:中|之中|里)(?:选择?|挑选?)(?:一个|其一|一项)(?:回答|回复|输出|作答)?|(?<either>之一|中的一个|其中之一|中的一项|两者之一))?`,
    ),
    read: (groups) =>
      joinerOf(groups.list!) === "any" || groups.either !== undefined
        ? any(...phrasesIn(groups.list).map((phrase) => atom("equals", SOME, { phrase })))
        : null,
  },
  {
    name: "phrase/equals",
    pattern: whole(
      `(?:只能|必须|完全|恰好|严格|一字不差地)?(?:等于|就是|是且仅是|有且仅有|一字不差地是|为|是)(?<list>${LITERAL})`,
    ),
    read: (groups) => atom("equals", SOME, { phrase: phraseIn(groups.list) }),
  },
  {
    name: "phrase/unfollowed",
    pattern: whole(
      `(?:在|于)?(?:文中|文本中|回答中|回复中)?${EACH}(?<list>${LITERAL})(?:这?(?:个|一|两个|三个|四个)?(?:字|汉字|词语?|汉字词语|单词|表情|符号))?(?:时|的时候)?(?:都|均)?${OUGHT}(?:在)?(?:的)?(?:之|它|其|他)?(?:的)?(?:后面?|后边|之后|右边)(?:都|均)?${OUGHT}(?:紧跟着?|紧接着?|跟着?|跟上|接上?|加上?|加入|添加上?|增加|附上|带上?|插入|写上|标注|括注|有|使用|用)(?:一个|1个)?(?:表情符号|表情|emoji|符号|标签)?(?<next>${LITERAL})${AFTER_LITERAL}`,
    ),
    read: (groups) => atom("unfollowed", NONE, { phrase: phraseIn(groups.list), next: phraseIn(groups.next) }),
  },
  {
    name: "phrase/replace",
    pattern: whole(
      `(?:把|将)?${IN_TEXT}${EACH}(?<list>${LITERAL})${WORD}(?:都|均|全部|全)?${OUGHT}(?:都|均|全部|全)?(?:替换[为成]|替代[为成]?|替换|换[成为]|改[成为]|改写[成为]|写[成作]|转换[为成])(?:符号|表情符号|表情|emoji)?(?<next>${LITERAL})${AFTER_LITERAL}`,
    ),
    read: (groups) => replaced(phraseIn(groups.list), phraseIn(groups.next)),
  },
  {
    name: "phrase/replace-by",
    pattern: whole(
      `(?:把|将)?${IN_TEXT}${EACH}(?<list>${LITERAL})${WORD}(?:都|均|全部|全)?${OUGHT}(?:都|均|全部|全)?(?:用|使用|以)(?:符号|表情符号|表情|emoji)?(?<next>${LITERAL})${WORD}(?:来)?(?:代替|替代|替换|取代)`,
    ),
    read: (groups) => replaced(phraseIn(groups.list), phraseIn(groups.next)),
  },
  {
    name: "phrase/replace-with",
    pattern: whole(
      `(?:全文|通篇|全程)?(?:用|以|使用)(?<next>${LITERAL})${WORD}(?:来)?(?:代替|替代|替换|取代)${EACH}(?<list>${LITERAL})${AFTER_LITERAL}`,
    ),
    read: (groups) => replaced(phraseIn(groups.list), phraseIn(groups.next)),
  },
  {
    name: "phrase/parts",
    pattern: whole(
      `(?:(?:${HAVE}|分成|分为|由|写成|分)(?:了)?${amount("个|种|份|段")}(?<distinct>(?:互不相同|完全不同|不同|不一样)的?)?(?<what>部分|回复|回答|答案|版本|段落|内容|小节|章节|段)?(?:组成|构成)?，?(?:并|且)?(?:各?(?:部分|段落|段|回复|回答|版本|答案|两者|彼此|它们)?之间|中间|每(?:两)?(?:段|部分)之间)?(?:必须|需要|需|要)?(?:仅|只)?(?:用|以|使用|由)(?:[一二三四五六七八九十]个星号|星号|符号|分隔符|分隔线)?(?<list>${LITERAL})(?:来|进行|作为)?(?:分隔|隔开|分开|分割|间隔|区分|分隔符)(?:开)?)`,
    ),
    read: (groups) => {
      return partsOf(groups, groups.distinct !== undefined);
    },
  },
  {
    name: "phrase/separated-parts",
    pattern: whole(
      `(?:用|以|由)?(?:符号|分隔符)?(?<list>${LITERAL})(?:来|将|把)*(?:分隔|隔开|分开|分割)(?:的|出|成|为|开)*(?<distinct>不同的)?${amount("个|段|份")}(?<different>不同的|互不相同的)?(?:部分|回复|回答|段落|小节|内容|段)?(?:组成|构成)?`,
    ),
    read: (groups) => {
      return partsOf(groups, groups.different !== undefined || groups.distinct !== undefined);
    },
  },
  {
    name: "phrase/postscript",
    pattern: whole(
      `(?:(?:${AT_END})${PUT}|${HAVE}|(?:${AT_END})?(?:必须|要|需)?(?:加上?|附上|添加|写)?)(?:一[条段个则句])?(?:以|用)(?<list>${LITERAL})(?:为)?(?:开头|开始|打头|起头)的(?:附言|附注|后记|附笔)|(?:(?:${AT_END})${PUT}|${HAVE})(?:一[条段个则句])?(?:附言|附注|后记|附笔)，?(?:并|且)?(?:必须|要|需)?(?:以|用)(?<list>${LITERAL})(?:为|作为)?(?:开头|开始|打头|起头)`,
    ),
    read: (groups) => atom("postscript", SOME, { marker: phraseIn(groups.list) }),
  },
  {
    name: "phrase/sections",
    pattern: whole(
      `(?:${HAVE}|分成|分为)(?:了)?${amount("个|段|节")}(?:部分|章节|小节|节|段落)?，?(?:且|并)?(?:每个?(?:部分|章节|小节|节|段落)?)?(?:开头|的开头)?(?:都|均)?(?:必须|要|需)?(?:以|用|标为|标有|标注为|标记为)(?<list>${LITERAL})(?:加(?:上)?(?:编号|数字|序号))(?:标记|标注|标明|开头|的形式标记)?(?:的部分)?`,
    ),
    read: (groups) => {
      const set = amountOf(groups, "exact");
      return set === null ? null : atom("sections", set, { label: phraseIn(groups.list) });
    },
  },
  {
    name: "phrase/address",
    pattern: whole(
      `(?:(?:只能|仅|只)?(?:用|以|使用)(?<list>${LITERAL})(?:来|去)?称呼${USER}|(?:称呼|称|叫|尊称)${USER}(?:为|作|叫)?(?:：)?(?<list>${LITERAL})|(?:对${USER}的称呼(?:为|是|用))(?<list>${LITERAL}))`,
    ),
    // One sign stands in too many other words to tell an address by.
    read: (groups) => (phraseIn(groups.list).length < 2 ? null : contains(phraseIn(groups.list))),
  },
];

/** So many parts; different ones, if they are all different. */
function partsOf(groups: Groups, different: boolean): Requirement | null {
  const set = amountOf(groups, "exact");
  if (set === null) return null;
  const separator = phraseIn(groups.list);
  const parts = atom("parts", set, { separator });
  return different ? all(parts, atom("distinct-parts", set, { separator })) : parts;
}

/** Every `old` replaced by `next`: none of the old, some of the new. Impossible where the new holds the old. */
export function replaced(old: string, next: string): Requirement | null {
  if (next.toLowerCase().includes(old.toLowerCase()) || BRACKET_PAIR.test(old)) return null;
  return all(atom("occurrences", NONE, { phrase: old }), contains(next));
}

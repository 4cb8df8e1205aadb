// Emoji: how many, how many different ones, which ones, and where.
import { all, atom, type Requirement } from "../../expression.ts";
import { exactly, NONE, SOME } from "../../interval.ts";
import type { Rule } from "../rule.ts";
import { countOf, countRules, type HintedRule } from "./count.ts";
import { phrasesIn } from "./literals.ts";
import { LITERALS } from "./mask.ts";
import { amount, amountOf, type Groups } from "./number.ts";
import { AT_END, AT_START, HAVE, whole } from "./words.ts";

export const EMOJI = "(?:(?:emoji|表情)(?:表情|小?符号|小?图标|包|文字|字符)*|绘文字)";
const UNIT = "个|枚|种|颗|款";
const ONE = "(?:一个|1个|一枚)?(?:任意的?)?";

/** The emoji of a group of literals: each quoted phrase may hold several. */
function emojiIn(group: string | undefined): string[] | null {
  const set: string[] = [];
  for (const phrase of phrasesIn(group)) {
    const found = phrase.match(/\p{RGI_Emoji}|[\p{Emoji_Presentation}\p{Extended_Pictographic}]\ufe0f?/gv) ?? [];
    if (found.length === 0 || found.join("") !== phrase.replace(/[\s、,，]/g, "")) return null;
    set.push(...found);
  }
  return set.length === 0 ? null : [...new Set(set)];
}

const among = (groups: Groups, measure: string, set: ReturnType<typeof amountOf>): Requirement | null => {
  const emoji = emojiIn(groups.list);
  return emoji === null || set === null ? null : atom(measure, set, { set: emoji });
};

const THESE = "(?:这|以下|下列)?(?:[一二两三四五六七八九十\\d]+)?(?:个|种|类)?";

/** Emoji at the end: any, all of them different, or one of them repeated. */
const ENDINGS: readonly (readonly [name: string, sort: string, distinct: "as-many" | "one" | null])[] = [
  ["ending", "", null],
  ["ending-different", "(?:不同|不一样|不重复|互不相同|各不相同)的", "as-many"],
  ["ending-same", "(?:相同|同样|一样)的", "one"],
];

export const EMOJI_RULES: readonly HintedRule[] = [
  ...countRules({ name: "emoji", noun: EMOJI, unit: UNIT, count: countOf("emoji") }),
  ...countRules({
    name: "emoji/distinct",
    noun: `(?:(?:不同|不一样|不重复|互不相同|各不相同)(?:的|种类的|类型的)?${EMOJI})`,
    unit: UNIT,
    count: countOf("distinct-emoji"),
    bare: false,
  }),
  {
    name: "emoji/start",
    pattern: whole(
      `(?:(?:以|用|由)${ONE}${EMOJI}(?:来|作为|为|做)?(?:开头|开始|打头|开场)|(?:${AT_START})(?:都|均)?(?:必须|要|需要|需|应)?(?:都|均)?(?:是|为|加上?|加入|添加|使用|用|有|插入|放|带)(?:上)?(?:一个|1个)${EMOJI})`,
    ),
    read: () => atom("starts-with-emoji", SOME),
  },
  {
    name: "emoji/end",
    pattern: whole(
      `(?:(?:以|用|由)${ONE}${EMOJI}(?:来|作为|为|做)?(?:结尾|收尾|结束|作结)|(?:${AT_END})(?:都|均)?(?:必须|要|需要|需|应)?(?:都|均)?(?:是|为|加上?|加入|添加|使用|用|有|插入|放|带|附上|附)(?:上)?(?:一个|1个)${EMOJI})`,
    ),
    read: () => atom("ends-with-emoji", SOME),
  },
  ...ENDINGS.map(
    ([name, sort, distinct]): Rule => ({
      name: `emoji/${name}`,
      pattern: whole(
        `(?:(?:${AT_END})(?:都|均)?(?:必须|要|需要|需|应)?(?:是|为|加上?|加入|添加上?|添|使用|用|有|含有|包含|插入|放|带|附上|附带|附|增加|给出|输出|输入)(?:上)?${amount(UNIT, sort + EMOJI)}|(?:以|用|使用)${amount(UNIT, sort + EMOJI)}(?:来|作为|为|做)?(?:结尾|收尾|结束|作结))`,
      ),
      read: (groups) => {
        const set = amountOf(groups);
        if (set === null) return null;
        const ending = atom("ending-emoji", set);
        if (distinct === null) return ending;
        return all(ending, atom("distinct-ending-emoji", distinct === "one" ? exactly(1) : set));
      },
    }),
  ),
  {
    name: "emoji/only-among",
    pattern: whole(
      `(?:${EMOJI})?(?:只能|只可以?|仅能|仅可|仅限|只允许|只|仅)(?:限于)?(?:使用|用|出现|包含|从)?(?:${EMOJI})?(?:：)?(?<list>${LITERALS})(?:等)?${THESE}(?:${EMOJI})?(?:里|中|之中|当中)?(?:选|选择|选用|挑选|挑)?`,
    ),
    read: (groups) => among(groups, "emoji-outside", NONE),
  },
  {
    name: "emoji/none-outside",
    pattern: whole(
      `(?:${HAVE})?(?:(?:除|除了)?(?<list>${LITERALS})(?:以外|之外|外)?(?:的)?(?:其他|其它|任何其他|别的|任何)?(?:的)?${EMOJI})`,
    ),
    read: (groups) => among(groups, "emoji-outside", SOME),
  },
  {
    name: "emoji/except",
    pattern: whole(
      `除了?(?<list>${LITERALS})(?:以外|之外|外)，?(?:都|均)?(?:不得|不要|不能|不可|不可以|禁止|不)(?:再)?(?:使用|用|出现|包含)(?:任何)?(?:其他|其它|别的)(?:的)?(?:任何)?${EMOJI}`,
    ),
    read: (groups) => among(groups, "emoji-outside", NONE),
  },
  {
    name: "emoji/from-set",
    pattern: whole(
      `(?:从)(?<list>${LITERALS})(?:中|里|之中|当中)(?:选择?|选用|挑选?|使用|选取)(?:使用)?${amount(UNIT)}(?:${EMOJI})?(?:使用)?`,
    ),
    read: (groups) => among(groups, "emoji-among", amountOf(groups)),
  },
];

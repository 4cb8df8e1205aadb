// Chinese numbers and amounts: 三, 十二, 两百, 1,000, １２; 至少3个, 三个以上, 3到5个, 不得超过一百, 100字以内. Amounts are read as the
// law reads them (Civil Code, art. 1259): 以上, 以下 and 以内 hold the number itself, 超过 and 不满 do not. 约, 左右, 几 are no amounts.
import { atLeast, atMost, between, exactly, type IntervalSet } from "../../interval.ts";

const DIGITS: Readonly<Record<string, number>> = {
  零: 0,
  〇: 0,
  一: 1,
  二: 2,
  两: 2,
  三: 3,
  四: 4,
  五: 5,
  六: 6,
  七: 7,
  八: 8,
  九: 9,
};
const UNITS: Readonly<Record<string, number>> = { 十: 10, 百: 100, 千: 1_000 };
const MYRIAD = 10_000;

/** Source of a pattern (without groups) that matches a number; text is already in half-width digits. */
export const NUMBER = "(?:\\d{1,3}(?:,\\d{3})+|\\d{1,9}|[零〇一二两三四五六七八九十百千万]{1,12})";

/** The number written, or null: 三五 (some three to five) and the like are none. */
export function numberOf(text: string): number | null {
  if (/^\d/.test(text)) return Number(text.replaceAll(",", ""));
  let total = 0; // whole myriads
  let section = 0; // under ten thousand
  let digit: number | null = null;
  let lastUnit = Number.POSITIVE_INFINITY;
  for (const sign of text) {
    if (sign === "零" || sign === "〇") {
      if (digit !== null) return null;
      if (text.length === 1) return 0;
      lastUnit = MYRIAD; // 一百零五: what follows stands for itself
      continue;
    }
    const value = DIGITS[sign];
    if (value !== undefined) {
      if (digit !== null) return null;
      digit = value;
      continue;
    }
    if (sign === "万") {
      if (total > 0) return null;
      total = (section + (digit ?? 0)) * MYRIAD;
      if (total === 0) return null;
      section = 0;
      digit = null;
      lastUnit = Number.POSITIVE_INFINITY;
      continue;
    }
    const unit = UNITS[sign]!;
    if (unit >= lastUnit && lastUnit !== MYRIAD) return null;
    if (digit === null && unit !== 10) return null;
    section += (digit ?? 1) * unit;
    digit = null;
    lastUnit = unit;
  }
  // 一百五 is 150: a last digit right after 百, 千 or 万 counts tenths of it.
  if (digit !== null && text.length > 1 && /[百千万][一二三四五六七八九]$/.test(text)) {
    const unit = { 百: 10, 千: 100, 万: 1_000 }[text.at(-2) as "百" | "千" | "万"];
    return total + section + digit * unit;
  }
  return total + section + (digit ?? 0);
}

const NOT = "(?:(?:绝对|一定|都|均)?不(?:得|能够?|可以?|应该?|应当|要|许|允许|准|该|会)?|切勿|勿|禁止|严禁|请勿|避免)";
const MORE = "(?:超过|超出|多于|大于|高于|>)";
const FEWER = "(?:少于|小于|低于|短于|<)";
const UNDER = "(?:不足|不到|不满)";
const EXACT =
  "(?:不多不少(?:正好|恰好)?|有且仅有|有且只有|恰好|正好|刚好|恰|整整|总共|一共|共计|共|精确|精确地|严格|只|仅|只有|仅有|只能有?|仅能有?|只能是|仅限)";

/** Words before the number, by what they make of it. */
const BEFORE: readonly (readonly [pattern: string, set: (n: number) => IntervalSet | null])[] = [
  [
    `${NOT}(?:超过|超出|多于|大于|高于|长于)|至多|最多|顶多|不超|小于等于|小于或等于|少于或等于|少于等于|≤|<=|上限为|上限是|最大为`,
    atMost,
  ],
  [
    `${NOT}${FEWER}|${NOT}(?:不足|不到)|至少有?|最少|起码|大于等于|大于或等于|多于等于|多于或等于|≥|>=|下限为|下限是|达到`,
    atLeast,
  ],
  [MORE, (n) => atLeast(n + 1)],
  [`${FEWER}|${UNDER}`, (n) => (n === 0 ? null : atMost(n - 1))],
  [
    `不(?:等于|是|为)|≠`,
    (n) =>
      n === 0
        ? atLeast(1)
        : [
            [0, n - 1],
            [n + 1, null],
          ],
  ],
  [`${EXACT}(?:为|是)?|等于|=`, exactly],
];
const BEFORE_PATTERN = `(?:${BEFORE.map(([pattern]) => pattern).join("|")})`;

/** Words after the number and its unit. */
const AFTER: readonly (readonly [pattern: string, set: (n: number) => IntervalSet])[] = [
  ["(?:及|或|或者|和|以及|以)?以上|或更多|及更多|或者更多|起步", atLeast],
  ["(?:及|或|或者|和)?以[内下]|之内|或更少|及更少|为限|封顶", atMost],
];
/** A verb may stand inside an amount: 至少出现三次, 恰好分两段. */
const INSIDE =
  "(?:为|是|出现|存在|具有|要有|使用|用到?|写出?|写成|写|分成|分为|分|附上?|留出?|有|包含有?|包括|含有?|加入|加上?|列出|给出|输出|提到|提及|重复|插入|放|要有|提供|占|回|说)?(?:了)?";
const AFTER_PATTERN = `(?:${AFTER.map(([pattern]) => pattern).join("|")})`;

/**
 * Source of a pattern for an amount of a unit, with the named groups before, low, high and after: 至少3个, 3到5个, 3个以上.
 * `noun` may stand before or after 以上.
 */
export function amount(unit: string, noun = ""): string {
  const named = noun === "" ? "" : `(?:的)?${noun}`;
  return (
    `(?:(?<before>${BEFORE_PATTERN})${INSIDE})?(?<low>${NUMBER})(?:(?:${unit})?(?:-|–|—|~|～|到|至)(?<high>${NUMBER}))?` +
    `(?:${unit})(?:之间)?(?<after>${AFTER_PATTERN})?${named}(?<afterNoun>${AFTER_PATTERN}|之间)?`
  );
}

export type Groups = Readonly<Record<string, string | undefined>>;

const whole = (pattern: string): RegExp => new RegExp(`^(?:${pattern})$`, "u");
const BEFORE_READERS = BEFORE.map(([pattern, set]) => [whole(pattern), set] as const);
const AFTER_READERS = AFTER.map(([pattern, set]) => [whole(pattern), set] as const);

/**
 * The set that the groups of `amount` name, or null where they make no sense together. A bare number is taken to be exact,
 * but a bare one is at least one: 包含一个表情符号 asks for an emoji, not against a second.
 */
export function amountOf(groups: Groups, bareOne: "exact" | "some" = "some"): IntervalSet | null {
  const low = numberOf(groups.low ?? "");
  if (low === null) return null;
  const after = [groups.after, groups.afterNoun].filter((word) => word !== undefined && word !== "之间");
  if (groups.high !== undefined) {
    const high = numberOf(groups.high);
    if (high === null || high <= low || after.length > 0) return null;
    return groups.before === undefined || /^(?:仅|只|共|恰)/.test(groups.before) ? between(low, high) : null;
  }
  if (after.length > 1) return null;
  if (groups.before !== undefined) {
    const set = BEFORE_READERS.find(([pattern]) => pattern.test(groups.before!))?.[1](low) ?? null;
    if (after.length === 0) return set;
    // 不超过100字以内 and 至少3个以上 say the same thing twice; anything else is a muddle.
    const again = AFTER_READERS.find(([pattern]) => pattern.test(after[0]!))?.[1](low);
    return set !== null && again !== undefined && JSON.stringify(set) === JSON.stringify(again) ? set : null;
  }
  if (after.length === 1) return AFTER_READERS.find(([pattern]) => pattern.test(after[0]!))?.[1](low) ?? null;
  if (low === 1 && bareOne === "some") return atLeast(1);
  return exactly(low);
}

// Numbers and quantities in English: "three", "1,000", "no fewer than 3", "3 to 5", "120 … or fewer". A quantity is an
// interval set with the way it was put, since "not" treats them differently: "not any", "not more than 3", but never "not 3".
// Approximations ("about 100", "a few") are no quantities here.
import {
  atLeast,
  atMost,
  between,
  complementOf,
  exactly,
  type IntervalSet,
  intersection,
  NONE,
  normalise,
  SOME,
  sameSet,
} from "../../interval.ts";

const UNITS = (
  "zero one two three four five six seven eight nine ten eleven twelve thirteen fourteen fifteen sixteen seventeen " +
  "eighteen nineteen"
).split(" ");
const TENS = "_ _ twenty thirty forty fifty sixty seventy eighty ninety".split(" ");
const LARGEST = 999_999_999;

const WORD_NUMBER = new RegExp(
  `^(?:${[...UNITS, ...TENS.slice(2), "hundred", "thousand", "and", "a", "dozen"].join("|")})$`,
);

/** The natural number that digits or number words say, or null. */
export function numberOf(text: string): number | null {
  const plain = text.trim().toLowerCase();
  if (/^\d{1,9}$|^\d{1,3}(?:,\d{3}){1,2}$/.test(plain)) return Number(plain.replaceAll(",", ""));
  const words = plain.split(/[\s-]+/);
  if (words.length > 8 || !words.every((word) => WORD_NUMBER.test(word))) return null;
  if (plain === "a dozen" || plain === "one dozen") return 12;
  if (plain === "two dozen") return 24;
  let total = 0;
  let group = 0;
  let last = ""; // kind of the word before: a number is units after tens after hundreds
  for (const [i, word] of words.entries()) {
    const unit = UNITS.indexOf(word);
    const ten = TENS.indexOf(word);
    if (unit >= 0) {
      if (last === "unit" || (last === "ten" && (unit === 0 || unit > 9))) return null;
      group += unit;
      last = "unit";
    } else if (ten >= 2) {
      if (last === "unit" || last === "ten") return null;
      group += 10 * ten;
      last = "ten";
    } else if (word === "a") {
      if (i > 0 || (words[1] !== "hundred" && words[1] !== "thousand")) return null;
      group = 1;
      last = "unit";
    } else if (word === "hundred") {
      if (group === 0 || group > 99) return null;
      group *= 100;
      last = "hundred";
    } else if (word === "thousand") {
      if (group === 0 || total > 0) return null;
      total = group * 1000;
      group = 0;
      last = "thousand";
    } else if (word !== "and" || (last !== "hundred" && last !== "thousand") || i === words.length - 1) return null;
  }
  return total + group <= LARGEST ? total + group : null;
}

const ORDINALS = (
  "zeroth first second third fourth fifth sixth seventh eighth ninth tenth eleventh twelfth thirteenth fourteenth " +
  "fifteenth sixteenth seventeenth eighteenth nineteenth twentieth"
).split(" ");
/** Pattern source of an ordinal. */
export const ORDINAL = `(?:${ORDINALS.slice(1).join("|")}|\\d{1,3}(?:st|nd|rd|th))`;

/** The position that an ordinal says ("third", "3rd"), from 1. */
export function ordinalOf(text: string): number | null {
  const plain = text.toLowerCase();
  const named = ORDINALS.indexOf(plain);
  const position = named > 0 ? named : Number(/^(\d{1,3})(?:st|nd|rd|th)$/.exec(plain)?.[1] ?? 0);
  return position > 0 ? position : null;
}

/**
 * How a quantity was put. `bound`: with a limit ("at most 3"); `bare`: the number alone, read as exactly so many;
 * `article`: "a" or "some"; `single`: "a single"; `any`; `none`: "no"; `plural`: nothing before the plural.
 */
export type QuantityKind = "bound" | "bare" | "article" | "single" | "any" | "none" | "plural";

export interface Quantity {
  readonly set: IntervalSet;
  readonly kind: QuantityKind;
}

const N = "(\\d[\\d,]*|(?:(?:and|a) )?[a-z]+(?:[ -](?:and )?[a-z]+)*?)";
type Bound = readonly [pattern: RegExp, of: (n: number, m: number) => IntervalSet | null];
const below = (n: number): IntervalSet | null => (n > 0 ? atMost(n - 1) : null);
const range = (n: number, m: number): IntervalSet | null => (n <= m ? between(n, m) : null);

const bound = (source: string, of: Bound[1]): Bound => [new RegExp(`^(?:${source})$`, "u"), of];
const BOUNDS: readonly Bound[] = [
  bound(
    `(?:at (?:the very |the )?least|(?:a |the )?minimum(?: of)?|min\\.?|(?:no|not|never) (?:fewer|less|shorter|lower) than|not (?:under|below)|greater than or equal to|>=|≥) ?${N}`,
    atLeast,
  ),
  bound(
    `(?:at (?:the very |the )?most|up to|(?:a |the )?max(?:imum|\\.)?(?: of)?|(?:no|not|never) (?:more|greater|longer|higher) than|not (?:over|above)|within|a limit of|less than or equal to|<=|≤) ?${N}`,
    atMost,
  ),
  bound(`(?:fewer than|less than|under|below|lower than|shorter than|<) ?${N}`, below),
  bound(
    `(?:more than|over|above|greater than|longer than|higher than|in excess of|upwards of|exceeding|>) ?${N}`,
    (n) => atLeast(n + 1),
  ),
  bound(
    `${N}(?:\\+| or (?:more|longer|above|greater|over)| and (?:more|above|up)| at (?:the )?(?:least|minimum)| minimum| min\\.?| plus)`,
    atLeast,
  ),
  bound(`${N}(?: or (?:fewer|less|shorter|below|under)| at (?:the )?(?:most|maximum)| maximum| max\\.?| tops)`, atMost),
  bound(
    `(?:exactly|precisely|an exact|exact(?: number of)?|only|just|a total of|exactly a total of|no more and no (?:less|fewer) than|neither more nor (?:less|fewer) than) ${N}`,
    exactly,
  ),
  bound(`${N} exactly`, exactly),
  bound(`(?:anywhere )?(?:between|from) ${N} (?:and|to) ${N}`, range),
  bound(`(?:anywhere )?(?:between |from )?${N} ?(?:-|–|—|~) ?${N}`, range),
  bound(`${N} to ${N}(?: inclusive)?`, range),
  bound(`(?:(?:exactly )?either |exactly )?${N} or ${N}`, (n, m) => [
    [n, n],
    [m, m],
  ]),
  bound(
    `(?:not exactly|anything (?:but|other than)(?: exactly)?|any number (?:but|other than)|other than(?: exactly)?) ${N}`,
    (n) => complementOf(exactly(n)),
  ),
];
const FIXED: Readonly<Record<string, Quantity>> = {
  "": { set: SOME, kind: "plural" },
  a: { set: SOME, kind: "article" },
  an: { set: SOME, kind: "article" },
  some: { set: SOME, kind: "article" },
  "a single": { set: exactly(1), kind: "single" },
  "one single": { set: exactly(1), kind: "bound" },
  "a solitary": { set: exactly(1), kind: "bound" },
  any: { set: SOME, kind: "any" },
  "any kind of": { set: SOME, kind: "any" },
  "any form of": { set: SOME, kind: "any" },
  "any type of": { set: SOME, kind: "any" },
  "any sort of": { set: SOME, kind: "any" },
  "even a single": { set: SOME, kind: "any" },
  "even one": { set: SOME, kind: "any" },
  no: { set: NONE, kind: "none" },
  "absolutely no": { set: NONE, kind: "none" },
  "not a single": { set: NONE, kind: "none" },
  "not any": { set: NONE, kind: "none" },
  zero: { set: NONE, kind: "none" },
  "exactly zero": { set: NONE, kind: "none" },
  "one or more": { set: SOME, kind: "bound" },
  multiple: { set: atLeast(2), kind: "bound" },
  "more than one": { set: atLeast(2), kind: "bound" },
};

function simple(text: string): Quantity | null {
  if (Object.hasOwn(FIXED, text)) return FIXED[text]!;
  const number = numberOf(text);
  if (number !== null) return { set: exactly(number), kind: "bare" };
  for (const [pattern, of] of BOUNDS) {
    const match = pattern.exec(text);
    if (match === null) continue;
    const [n, m] = match.slice(1).map((found) => numberOf(found ?? ""));
    if (n === null || n === undefined || m === null) continue;
    const set = of(n, m ?? 0);
    if (set !== null) return { set: normalise(set), kind: "bound" };
  }
  return null;
}

/** The quantity that words say ("between 3 and 5", "no more than 10 but at least 2"), or null. No empty or full set. */
export function quantityOf(words: string): Quantity | null {
  const text = words.trim().toLowerCase();
  if (text.length > 120) return null;
  const whole = simple(text);
  if (whole !== null) return sound(whole);
  for (const match of text.matchAll(/,? (but|and|yet|or) (?:also )?/g)) {
    const left = simple(text.slice(0, match.index));
    const right = simple(text.slice(match.index + match[0].length));
    if (left?.kind !== "bound" || right?.kind !== "bound") continue;
    const set = match[1] === "or" ? normalise([...left.set, ...right.set]) : intersection(left.set, right.set);
    return sound({ set, kind: "bound" });
  }
  return null;
}

const sound = (quantity: Quantity): Quantity | null =>
  quantity.set.length === 0 || sameSet(quantity.set, [[0, null]]) ? null : quantity;

/** What the quantity demands, under a negation or not; null where that would be a guess ("do not use three commas"). */
export function demanded(quantity: Quantity, negated: boolean): IntervalSet | null {
  const { kind, set } = quantity;
  if (!negated) return kind === "any" ? null : set;
  if (kind === "bound") return complementOf(set);
  return kind === "bare" || kind === "none" ? null : NONE;
}

/** "once" and "twice" as any other number of times. */
export const spellTimes = (text: string): string =>
  text
    .replace(/\bonce\b/gi, "1 times")
    .replace(/\btwice\b/gi, "2 times")
    .replace(/\bthrice\b/gi, "3 times");

/** Source of a tail that says how often: "at least 3 times", "twice", "2 times or more". */
export const TIMES =
  "(?<times>(?:for )?[a-z\\d](?:[a-z\\d ]*? times?,? (?:but|and) )??[a-z\\d ,+–-]*? (?:times?|occasions)(?: or (?:more|fewer|less)| at (?:most|least)| exactly| only| max(?:imum)?| min(?:imum)?)?)";

/** The quantity in such a tail. */
export function timesOf(text: string): Quantity | null {
  // "at least 1 times but no more than 3 times"
  const once = text.trim().replace(/ times?(?=,? (?:but|and) (?:at|no|not|fewer|less|up) )/i, "");
  const match = /^(?:for |a total of |on )?(.*?) (?:times?|occasions)(?: (.+))?$/i.exec(once);
  if (match === null) return null;
  const after = match[2] === undefined || match[2].toLowerCase() === "only" ? "" : ` ${match[2]}`;
  return quantityOf(match[1]! + after);
}

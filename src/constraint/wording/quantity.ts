// Interval sets in words: "at most 2 or at least 4", 至多2或至少4; and back.
import type { WordingLanguage } from "../argument.ts";
import { type Interval, type IntervalSet, normalise } from "../interval.ts";

interface QuantityWords {
  readonly exactly: (n: string) => string;
  readonly atMost: (n: string) => string;
  readonly atLeast: (n: string) => string;
  readonly between: (low: string, high: string) => string;
  readonly or: string;
}

const WORDS: Record<WordingLanguage, QuantityWords> = {
  en: {
    exactly: (n) => `exactly ${n}`,
    atMost: (n) => `at most ${n}`,
    atLeast: (n) => `at least ${n}`,
    between: (low, high) => `between ${low} and ${high}`,
    or: " or ",
  },
  zh: {
    exactly: (n) => `恰好${n}`,
    atMost: (n) => `至多${n}`,
    atLeast: (n) => `至少${n}`,
    between: (low, high) => `${low}到${high}`,
    or: "或",
  },
};

/** The set in words; `unit` ("%") stands right after each number. */
export function renderQuantity(set: IntervalSet, language: WordingLanguage, unit = ""): string {
  const words = WORDS[language];
  return set
    .map(([low, high]) => {
      if (high === null) return words.atLeast(`${low}${unit}`);
      if (low === high) return words.exactly(`${low}${unit}`);
      return low === 0 ? words.atMost(`${high}${unit}`) : words.between(`${low}${unit}`, `${high}${unit}`);
    })
    .join(words.or);
}

/** Whether English puts the noun after this quantity in the singular. */
export const isSingular = (set: IntervalSet): boolean => {
  const [low, high] = set.at(-1)!;
  return high === null ? low === 1 : high === 1;
};

const NUMBER = "(\\d{1,15})";
const alternatives = (language: WordingLanguage, unit: string): string => {
  const { exactly, atMost, atLeast, between } = WORDS[language];
  const n = `${NUMBER}${unit}`;
  return `(?:${[exactly(n), atMost(n), atLeast(n), between(n, n)].join("|")})`;
};

/** Source of a pattern (without groups) that matches every quantity. */
export function quantityPattern(language: WordingLanguage, unit = ""): string {
  const one = alternatives(language, unit).replaceAll(NUMBER, "\\d{1,15}");
  return `${one}(?:${WORDS[language].or}${one})*`;
}

/** The set that the words name; `text` must match quantityPattern. Throws RangeError on an empty interval. */
export function parseQuantity(text: string, language: WordingLanguage, unit = ""): IntervalSet {
  const pattern = new RegExp(alternatives(language, unit), "g");
  return normalise(
    [...text.matchAll(pattern)].map((match): Interval => {
      const [exact, most, least, low, high] = match.slice(1).map((n) => (n === undefined ? undefined : Number(n)));
      if (exact !== undefined) return [exact, exact];
      if (most !== undefined) return [0, most];
      if (least !== undefined) return [least, null];
      return [low!, high!];
    }),
  );
}

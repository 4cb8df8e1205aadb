// The part of speech that NLTK's averaged perceptron gives to the first word of a text (nltk.pos_tag()[0]; the rest of the tags
// is not needed by any instruction). The tag of a word hangs on itself, on the two words after it and on the tags before it.
import { hasDigitValue } from "../python/characters.ts";
import { length } from "../python/str.ts";

/** What was learnt. */
export interface TaggerWeights {
  /** Feature → weights of parts of speech. */
  readonly weights: ReadonlyMap<string, Readonly<Record<string, number>>>;
  /** Words that have nearly always the same part of speech. */
  readonly tags: ReadonlyMap<string, string>;
  readonly classes: readonly string[];
}

/** What stands for the words beyond both ends. */
const BEFORE = ["-START-", "-START2-"] as const;
const AFTER = ["-END-", "-END2-"] as const;

/** The tag of the Penn Treebank that the first of the words gets; null where there is no word. */
export function firstTag(words: readonly string[], { weights, tags, classes }: TaggerWeights): string | null {
  const [first, ...rest] = words;
  if (first === undefined) return null;
  const known = tags.get(first);
  if (known !== undefined) return known;
  const scores = new Map<string, number>();
  // Sums of floating-point numbers: in NLTK's order of features.
  for (const feature of features(first, rest))
    for (const [tag, weight] of Object.entries(weights.get(feature) ?? {}))
      scores.set(tag, (scores.get(tag) ?? 0) + weight);
  const score = (tag: string): number => scores.get(tag) ?? 0;
  // Of equals the last by its name.
  return classes.reduce((best, tag) =>
    score(tag) > score(best) || (score(tag) === score(best) && tag > best) ? tag : best,
  );
}

function features(word: string, rest: readonly string[]): string[] {
  const [before, beforeThat] = BEFORE;
  const [own, next, afterNext] = [normalised(word), ...rest.slice(0, 2).map(normalised), ...AFTER] as const;
  return [
    "bias",
    `i suffix ${suffix(word)}`,
    `i pref1 ${[...word][0] ?? ""}`,
    `i-1 tag ${before}`,
    `i-2 tag ${beforeThat}`,
    `i tag+i-2 tag ${before} ${beforeThat}`,
    `i word ${own}`,
    `i-1 tag+i word ${before} ${own}`,
    `i-1 word ${beforeThat}`,
    `i-1 suffix ${suffix(beforeThat)}`,
    `i-2 word ${before}`,
    `i+1 word ${next}`,
    `i+1 suffix ${suffix(next as string)}`,
    `i+2 word ${afterNext}`,
  ];
}

const suffix = (word: string): string => [...word].slice(-3).join("");

function normalised(word: string): string {
  if (word.includes("-") && word[0] !== "-") return "!HYPHEN";
  if (length(word) === 4 && [...word].every(hasDigitValue)) return "!YEAR";
  if (word !== "" && hasDigitValue([...word][0] as string)) return "!DIGITS";
  return word.toLowerCase();
}

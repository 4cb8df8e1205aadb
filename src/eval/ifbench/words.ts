// words:*, what each word of a response has to be. Words are what stands between white space unless a rule says otherwise.
import { z } from "zod";
import { counted, instruction } from "../ifeval/instruction.ts";
import { PythonError } from "../ifeval/python-error.ts";
import { firstTag } from "../nltk/tagger.ts";
import { isAlnum } from "../python/characters.ts";
import { PUNCTUATION, stripCharacters, withoutPunctuation } from "../python/punctuation.ts";
import { length, split, strip } from "../python/str.ts";
import { AROUND_WORDS, element, firstCharacter } from "./python-list.ts";
import { sentencesOf } from "./sentences.ts";
import { syllables } from "./syllables.ts";
import { tokensOf } from "./tokens.ts";

const NONE = z.strictObject({});
const ALPHABET = "abcdefghijklmnopqrstuvwxyz";

/** Each word begins with the next letter, after z with a; the first with any. */
export const alphabet = instruction(NONE, () => (text, { suite }) => {
  const [first, ...rest] = split(stripCharacters(withoutPunctuation(text), AROUND_WORDS));
  if (first === undefined) {
    if (suite === "ifbench_2026") return false;
    throw new PythonError("IndexError");
  }
  const letter = firstCharacter(first).toLowerCase();
  let place = letter.length === 1 ? ALPHABET.indexOf(letter) : -1;
  if (place === -1) return false;
  return rest.every((word) => {
    place = (place + 1) % ALPHABET.length;
    return firstCharacter(word.toLowerCase()) === ALPHABET[place];
  });
});

/** One line, of at most three of the five vowels. */
export const vowel = counted(
  NONE,
  () => (text) => {
    const line = strip(text);
    return line.includes("\n") ? Number.NaN : new Set(line.toLowerCase().match(/[aeiou]/g)).size;
  },
  () => [0, 3],
);

export const consonants = instruction(
  NONE,
  () => (text) => split(text.toLowerCase()).every((word) => /[b-df-hj-np-tv-z]{2}/.test(word)),
);

export const palindrome = counted(
  NONE,
  () => (text) => split(withoutPunctuation(text).toLowerCase()).filter(isPalindrome).length,
  () => [10, Number.POSITIVE_INFINITY],
);

function isPalindrome(word: string): boolean {
  const characters = [...word];
  return characters.length >= 5 && characters.every((character, i) => character === characters.at(-1 - i));
}

/** Those that the official program lists: a longer word has no prime length. */
const PRIMES = new Set([
  2, 3, 5, 7, 11, 13, 17, 19, 23, 29, 31, 37, 41, 43, 47, 53, 59, 61, 67, 71, 73, 79, 83, 89, 97,
]);

export const primeLengths = instruction(
  NONE,
  () => (text) => split(withoutPunctuation(text)).every((word) => PRIMES.has(length(word))),
);

export const repeats = counted(
  z.strictObject({ small_n: z.number().min(0) }),
  () => (text) => {
    const counts = new Map<string, number>();
    let most = 0;
    for (const word of split(withoutPunctuation(text.toLowerCase()))) {
      const count = (counts.get(word) ?? 0) + 1;
      counts.set(word, count);
      most = Math.max(most, count);
    }
    return most;
  },
  ({ small_n }) => [0, small_n],
);

export const startVerb = instruction(
  NONE,
  () => (text, context) => firstTag(tokensOf(text, context), context.tagger())?.includes("VB") === true,
);

/** Odd, even, odd … or the other way round. */
export const oddEvenSyllables = instruction(NONE, () => (text, context) => {
  const dictionary = context.syllables();
  const parities = split(withoutPunctuation(text).toLowerCase()).map((word) => syllables(word, dictionary) % 2 !== 0);
  return parities.every((odd, i) => i === 0 || odd !== parities[i - 1]);
});

/** The last word of a sentence is the first of the next. */
export const lastFirst = instruction(NONE, () => (text, context) => {
  const sentences = sentencesOf(text, context);
  return sentences.every((sentence, i) => {
    if (i === 0) return true;
    const last = split(stripCharacters(sentences[i - 1] as string, AROUND_WORDS, "right")).at(-1);
    const first = split(stripCharacters(sentence, AROUND_WORDS, "left"))[0];
    if (last !== undefined && first !== undefined) return last.toLowerCase() === first.toLowerCase();
    if (context.suite === "ifbench_2026") return false;
    throw new PythonError("IndexError");
  });
});

export const paragraphLastFirst = instruction(
  NONE,
  () => (text) =>
    text.split("\n").every((line) => {
      const words = split(stripCharacters(strip(line).toLowerCase(), AROUND_WORDS));
      return words[0] === words.at(-1);
    }),
);

export const noConsecutive = instruction(NONE, () => (text) => {
  const letters = split(withoutPunctuation(text.toLowerCase())).map(firstCharacter);
  return letters.every((letter, i) => letter !== letters[i - 1]);
});

/** A place in a list; the official program draws one in the place of 0. */
const place = z.number().refine((number) => number !== 0, {
  message: "is 0: the official program then draws a random one, so there is no verdict",
  params: { drawn: true },
});

export const keywordsSpecificPosition = instruction(
  z.strictObject({ keyword: z.string().min(1), n: place, m: place }),
  ({ keyword, n, m }) => {
    const wanted = strip(keyword);
    return (text, context) => {
      const sentences = sentencesOf(text, context);
      if (sentences.length < n) return false;
      const tokens = tokensOf(element(sentences, n - 1), context);
      if (context.suite !== "ifbench_2026") return tokens.length >= m && element(tokens, m - 1) === wanted;
      const words = tokens.filter((token) => [...token].some(isAlnum));
      return words.length >= m && element(words, m - 1).toLowerCase() === wanted.toLowerCase();
    };
  },
);

/** The second word and the last but one; since 2026 a sign at the end doesn't count as a word, nor does case. */
export const wordsPosition = instruction(z.strictObject({ keyword: z.string() }), ({ keyword }) => {
  const wanted = strip(keyword);
  return (text, context) => {
    const words = tokensOf(text, context);
    if (words.length < 2) return false;
    if (context.suite !== "ifbench_2026") return words[1] === words.at(-2) && words[1] === wanted;
    const signLast = PUNCTUATION.includes(words.at(-1) as string);
    if (signLast && words.length < 3) return false;
    const [second, lastButOne] = [words[1], words.at(signLast ? -3 : -2)].map((word) => word?.toLowerCase());
    return second === lastButOne && second === wanted.toLowerCase();
  };
});

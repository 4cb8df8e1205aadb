// Numbers of syllables as the Python package syllapy 0.7.2 counts them: by its list of words, else by runs of vowels. Its list
// (MIT) comes out of its wheel, taken only with the SHA-256 pinned here.
import { readFile } from "node:fs/promises";
import { join } from "node:path";
import { checkedFile } from "../../model/checked-file.ts";
import { cacheDirectory } from "../../model/model-cache.ts";
import { type PullOptions, pullFromWheels } from "../../model/pull.ts";
import { DIGIT } from "../python/characters.ts";
import { stripCharacters } from "../python/punctuation.ts";
import { strip } from "../python/str.ts";

const WHEEL = {
  distribution: "syllapy",
  version: "0.7.2",
  wheelBytes: 24_882,
  wheelSha256: "198a7413033c32d7b31e21962efb3f284bcea80d3346e954b938ca1ebe6bee20",
  entry: "syllapy/data.csv",
  entryBytes: 61_478,
};
const SHA256 = "15dbc605f4b03690ccf4fbfe14f634b52efcea866c21310664253fadb718bc0d";
const NAME = "syllapy's words and their syllables";

/** What `rpo eval tables` tells of them. */
export const SYLLABLE_TABLE = {
  name: "syllables-english",
  what: NAME,
  licence: "MIT",
  source: `pypi:${WHEEL.distribution}==${WHEEL.version}`,
};

/** Word → its syllables. */
export type SyllableDictionary = ReadonlyMap<string, number>;

const placeIn = (env: PullOptions["env"]): string =>
  join(cacheDirectory(env ?? process.env), "eval", "syllables-english.csv");

const dictionaryOf = (bytes: Buffer): SyllableDictionary =>
  new Map(
    bytes
      .toString()
      .split(/\r?\n/)
      .flatMap((line) => {
        const [word, syllables] = line.split(",");
        return syllables === undefined ? [] : [[word as string, Number(syllables)] as const];
      }),
  );

/** The dictionary if its file is in the cache; else null. Uses no network. */
export function cachedSyllables(env: PullOptions["env"] = process.env): SyllableDictionary | null {
  const bytes = checkedFile(placeIn(env), SHA256);
  return bytes === null ? null : dictionaryOf(bytes);
}

/**
 * The dictionary, fetched if it is not in the cache.
 * @throws WheelIndexError or DownloadError saying what to do where it can't be had.
 */
export async function syllableDictionary(options: PullOptions = {}): Promise<SyllableDictionary> {
  const { path } = await pullFromWheels({ name: NAME, path: placeIn(options.env), sha256: SHA256 }, [WHEEL], options);
  return dictionaryOf(await readFile(path));
}

const digit = new RegExp(`[${DIGIT}]`, "u");

/** Syllables of a word, which holds no white space; 0 where it has a digit, or nothing but punctuation. */
export function syllables(word: string, dictionary: SyllableDictionary): number {
  const own = stripCharacters(strip(word).toLowerCase());
  if (own === "" || digit.test(own)) return 0;
  const known = dictionary.get(own);
  if (known !== undefined) return known;
  const hyphen = own.indexOf("-");
  if (hyphen > 0 && hyphen + 1 < own.length) {
    const [first, rest] = [own.slice(0, hyphen), own.slice(hyphen + 1)].map((part) => syllables(part, dictionary));
    return first === 0 || rest === 0 ? 0 : (first as number) + (rest as number);
  }
  return byVowels(own);
}

const VOWELS = "aeiouy";
const isVowel = (character: string | undefined): boolean => character !== undefined && VOWELS.includes(character);

/** Runs of vowels, less a silent e at the end; at least one. */
function byVowels(word: string): number {
  let count = 0;
  for (let i = 0; i < word.length; i += 1) if (isVowel(word[i]) && !isVowel(word[i - 1])) count += 1;
  if (word.endsWith("e")) count -= 1;
  if (word.endsWith("le") && word.length > 2 && !isVowel(word.at(-3))) count += 1;
  return count === 0 ? 1 : count;
}
